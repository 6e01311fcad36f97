// PLA-12: what is kept no longer loses everything that leads to a person; figures and journals stay. A service says which kinds of records
// it has, how many years each is kept and what to erase; when, for whom and how much at once is the same for all of them.
//
// What happens when …     crash, stop: whoever still has something to erase is found by the next round · two instances: a lease; where it is
// lost the same record twice, which is once, and is said once · a record that fails: logged, the others go on · the years are changed: they hold from the next round on.
import { PLATFORM_TENANT, type TenantId } from '@tongpiao/kernel';
import { Scope } from '@tongpiao/persistence';
import type { TrailDetail } from './audit-trail.store.ts';
import type { Foundation } from './foundation.ts';

/** A kind of records whose time can be over. */
export type KeptRecords = {
  /** Its plural, as the audit trail and the figures name it. */
  readonly kind: string;
  /** For how many years the tenant keeps it. */
  yearsOf(scope: Scope): number | Promise<number>;
  /** Those that were over before then and have something left to erase, oldest first. */
  over(scope: Scope, before: Date, limit: number): Promise<readonly string[]>;
  /** @returns what the audit trail is to say of this one; undefined: it cannot be yet, and comes again, or another instance has done it */
  erase(scope: Scope, id: string, before: Date): Promise<TrailDetail | undefined>;
  /** The audit trail names each, not how many of a round. */
  readonly eachInTrail?: boolean;
};

const EVERY_MS = 15 * 60_000;
/** Tickets and orders, and what others have of them: the least that the law on electronic commerce asks for. */
const ORDERS_KEPT_YEARS = 3;
/** Read at once. */
const PAGE = 500;
/** Of one kind and tenant in one round, one after another: some 200,000 a day, and nobody waits for it. */
const ROUND_MAX = 2_000;

type Span = { readonly years: number; readonly before: Date };
type Round = { readonly erased: number; readonly left: number };

/** For how many years this tenant keeps tickets and orders, in whatever service something of them lies. */
export function ordersKeptYearsOf({ tenants }: Pick<Foundation, 'tenants'>, { tenantId }: Scope): number {
  return tenants.get(tenantId)?.retention?.ordersYears ?? ORDERS_KEPT_YEARS;
}

/** @param everyMs how often is looked */
export function eraseWhatIsOver(foundation: Foundation, kinds: readonly KeptRecords[], everyMs = EVERY_MS): void {
  const { clock, logger, metrics, tenants, trail } = foundation;
  const looking = foundation.acrossTenants('records whose time is over');
  const counted = metrics.counter('personal_data_erased_total', 'Records that nobody is to be found in any more.', [
    'kind',
  ]);
  const behind = metrics.gauge('personal_data_to_erase', 'Records that are kept longer than they may be.', ['kind']);
  let stopping = false;
  const goesOn = (): boolean => !stopping;
  /** Travellers belong to the platform. */
  const everybody = (): ReadonlySet<string> =>
    new Set([...tenants.all().map(({ tenantId }) => tenantId), PLATFORM_TENANT]);

  async function eraseOne(scope: Scope, kept: KeptRecords, id: string, { years, before }: Span): Promise<boolean> {
    const { kind, eachInTrail } = kept;
    try {
      const detail = await kept.erase(scope, id, before);
      if (detail === undefined) return false;
      if (eachInTrail === true) await trail.record(scope, 'erased', id, { years, ...detail });
      return true;
    } catch (error) {
      logger.warn({ err: error, kind, id }, 'a record whose time is over was not erased; the next round tries again');
      return false;
    }
  }

  async function erase(scope: Scope, kept: KeptRecords): Promise<Round> {
    const { kind } = kept;
    const years = await kept.yearsOf(scope);
    const before = new Date(clock());
    before.setUTCFullYear(before.getUTCFullYear() - years);
    let erased = 0;
    while (goesOn() && erased < ROUND_MAX) {
      const page = await kept.over(scope, before, PAGE);
      const done = erased;
      for (const id of page) if (goesOn() && (await eraseOne(scope, kept, id, { years, before }))) erased += 1;
      // Whoever could not be erased stands at the front again.
      if (page.length < PAGE || erased === done) break;
    }
    if (erased > 0 && kept.eachInTrail !== true) await trail.record(scope, 'erased', kind, { years, records: erased });
    return { erased, left: (await kept.over(scope, before, PAGE)).length };
  }

  foundation.every(
    'erase-what-is-over',
    everyMs,
    async () => {
      for (const kept of kinds) {
        let left = 0;
        for (const tenantId of everybody()) {
          if (!goesOn()) return;
          const done = await erase(Scope.ofTenant(tenantId as TenantId, looking.origin), kept);
          counted.inc({ kind: kept.kind }, done.erased);
          left += done.left;
        }
        behind.set({ kind: kept.kind }, left);
      }
    },
    { lease: true },
  );
  // Registered last and so told first: a round ends with the record that it is at.
  foundation.onStop(() => {
    stopping = true;
  });
}
