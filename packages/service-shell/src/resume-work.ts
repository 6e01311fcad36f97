// Paced work that stands still is taken up again: its message was parked after all its retries, or a timer went astray. People wait for
// their tickets or their money meanwhile, so nobody has to notice first.
// two instances: a lease, and the step · crash: the next round finds it again.
import { standsStillBefore, type TenantId } from '@tongpiao/kernel';
import { Scope, type Filter, type FindOptions } from '@tongpiao/persistence';
import type { Foundation } from './foundation.ts';

type Work =
  | { readonly status: 'none' }
  | { readonly status: string; readonly step: number; readonly nextAt?: string | undefined };
type ResumeWork = { readonly type: 'ResumeWork'; readonly step: number; readonly at: string };

/** Records whose work goes on in steps. */
export type WorkRecords = {
  find(scope: Scope, filter: Filter, options: FindOptions): Promise<readonly { id: string; state: Work }[]>;
  handle(scope: Scope, id: string, command: ResumeWork): Promise<unknown>;
};

const EVERY_MS = 5 * 60_000;
/** Of one tenant, in one round. */
const ROUND_MAX = 100;

/** @param name of the periodic task, as logs and leases know it */
export function resumeWork(foundation: Foundation, name: string, records: WorkRecords, everyMs = EVERY_MS): void {
  const { service, clock, logger, tenants } = foundation;
  const origin = { by: `service:${service}`, channel: 'timer', cause: 'resume', correlationId: name };
  foundation.every(
    name,
    everyMs,
    async () => {
      for (const { tenantId } of tenants.all()) {
        const scope = Scope.ofTenant(tenantId as TenantId, origin);
        const at = clock().toISOString();
        const overdue = { 'state.nextAt': { $lt: standsStillBefore(at) } };
        for (const { id, state } of await records.find(scope, overdue, { limit: ROUND_MAX })) {
          if (!('step' in state)) continue;
          logger.warn({ task: name, id, dueAt: state.nextAt }, 'work stood still, and is taken up again');
          await records.handle(scope, id, { type: 'ResumeWork', step: state.step, at });
        }
      }
    },
    { lease: true },
  );
}
