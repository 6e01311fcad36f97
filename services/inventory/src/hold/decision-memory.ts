// What an instance that decides holds read or wrote last. Old counters are harmless: the guard of the revision refuses a decision on
// them. So is a hold as it was written here, beside counters that are remembered: whoever takes it further moves the revision first.
import type { SiteDay } from '../site-day/site-day.ts';
import type { StoredHold } from './hold.store.ts';

const SITE_DAYS_REMEMBERED = 2_000;
const HOLDS_REMEMBERED = 50_000;

export class DecisionMemory {
  readonly #siteDays = new Map<string, SiteDay>();
  readonly #holds = new Map<string, StoredHold>();

  siteDay(tenantId: string, id: string): SiteDay | undefined {
    return this.#siteDays.get(`${tenantId}/${id}`);
  }

  keep(tenantId: string, siteDay: SiteDay): void {
    if (this.#siteDays.size >= SITE_DAYS_REMEMBERED) this.#siteDays.clear();
    this.#siteDays.set(`${tenantId}/${siteDay.id}`, siteDay);
  }

  cleared(tenantId: string, id: string, pendingIds: ReadonlySet<string>): void {
    const known = this.siteDay(tenantId, id);
    if (known !== undefined)
      this.keep(tenantId, { ...known, pending: known.pending.filter((entry) => !pendingIds.has(entry.id)) });
  }

  forget(tenantId: string, id: string): void {
    this.#siteDays.delete(`${tenantId}/${id}`);
  }

  hold(tenantId: string, holdId: string): StoredHold | undefined {
    return this.#holds.get(`${tenantId}/${holdId}`);
  }

  keepHold(hold: StoredHold): void {
    if (this.#holds.size >= HOLDS_REMEMBERED) this.#holds.clear();
    this.#holds.set(`${hold.tenantId}/${hold.facts.holdId}`, hold);
  }

  forgetHold(tenantId: string, holdId: string): void {
    this.#holds.delete(`${tenantId}/${holdId}`);
  }
}
