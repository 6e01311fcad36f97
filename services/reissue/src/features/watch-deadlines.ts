// REI-42: what staff have let pass is in the figures, and a deadline that was counted into a year whose working days nobody had told is
// counted again when the tenant's calendar has them. Both are looked at again and again: a round that fails costs a minute.
import type { TenantId } from '@tongpiao/kernel';
import { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import { DESKS, LYING, VERIFYING } from '../application/application.policy.ts';
import { currentPolicy, type Policies } from '../policy/policy.store.ts';
import type { Applications } from '../stores.ts';

const EVERY_MS = 60_000;
/** Held in memory at a time. */
const RECOUNTED_AT_ONCE = 500;
/** Nobody needs to know how many more. */
const COUNTED_MAX = 10_000;

/** Cases that lie on a desk, or are verified, although their time there has passed. */
export const OVERDUE = {
  'state.overdueSince': { $exists: true },
  'state.status': { $in: [...LYING, ...VERIFYING] },
};

export type DeadlineWatch = {
  /** A tenant has other rules now: at once, rather than in a minute. Never throws. */
  calendarChanged(tenantId: TenantId): Promise<void>;
};

type Parts = { readonly applications: Applications; readonly policies: Policies };

export function watchDeadlines(foundation: Foundation, { applications, policies }: Parts): DeadlineWatch {
  const { metrics, clock, logger, tenants } = foundation;
  const looking = foundation.acrossTenants('deadlines: what is overdue or provisional');
  const gauge = metrics.gauge(
    'reissue_overdue_cases',
    'Applications that lie on a desk, or are being verified, past their deadline.',
    ['desk'],
  );

  async function countOverdue(): Promise<void> {
    const where = [
      ...DESKS.map((desk) => ({ desk, filter: { 'state.desk': desk } })),
      { desk: 'verification', filter: { 'state.status': { $in: VERIFYING } } },
    ];
    const ours = { tenantId: { $in: tenants.all().map(({ tenantId }) => tenantId) } };
    for (const { desk, filter } of where)
      gauge.set({ desk }, await applications.count(looking, { ...OVERDUE, ...ours, ...filter }, COUNTED_MAX));
  }

  /** All of them: those that stay provisional must not stand in the way of others. */
  async function recount(tenantId?: TenantId): Promise<void> {
    const waiting = {
      'state.provisional': true,
      'state.status': { $in: LYING },
      ...(tenantId === undefined ? {} : { tenantId }),
    };
    for (let after: string | undefined = ''; after !== undefined;) {
      const found: Awaited<ReturnType<Applications['find']>> = await applications.find(
        looking,
        { ...waiting, _id: { $gt: after } },
        { sort: { _id: 1 }, limit: RECOUNTED_AT_ONCE },
      );
      for (const [tenant, cases] of Map.groupBy(found, (one) => one.tenantId)) {
        const scope = Scope.ofTenant(tenant as TenantId, looking.origin);
        const { calendar } = await currentPolicy(policies, scope);
        const at = clock().toISOString();
        for (const { id } of cases) await applications.handle(scope, id, { type: 'RecountDeadline', calendar, at });
      }
      after = found.length < RECOUNTED_AT_ONCE ? undefined : found.at(-1)?.id;
    }
  }

  foundation.every('count-overdue', EVERY_MS, countOverdue);
  foundation.every('recount-deadlines', EVERY_MS, () => recount(), { lease: true });
  return {
    calendarChanged: (tenantId) =>
      recount(tenantId).catch((error: unknown) =>
        logger.warn({ err: error }, 'deadlines were not counted again; the next round follows'),
      ),
  };
}
