// What an instance that decides holds read or wrote last. Old counters are harmless: the guard of the revision refuses a decision on
// them, and they are read before the holds either way. The facts of a hold never change.
import type { HoldFacts, SiteDay } from '../site-day/site-day.ts';

const SITE_DAYS_REMEMBERED = 2_000;
const HOLDS_REMEMBERED = 50_000;

export class DecisionMemory {
  readonly #siteDays = new Map<string, SiteDay>();
  readonly #facts = new Map<string, HoldFacts>();

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

  facts(tenantId: string, holdId: string): HoldFacts | undefined {
    return this.#facts.get(`${tenantId}/${holdId}`);
  }

  keepFacts(tenantId: string, hold: HoldFacts): void {
    if (this.#facts.size >= HOLDS_REMEMBERED) this.#facts.clear();
    this.#facts.set(`${tenantId}/${hold.holdId}`, hold);
  }
}
