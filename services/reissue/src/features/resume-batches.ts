// Work on a list that stands still is taken up again (REI-53): its message was parked after all its retries, or a timer went astray.
// two instances: a lease, and the step · crash: the next round finds it again.
import type { TenantId } from '@tongpiao/kernel';
import { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import { standsStillBefore } from '../batch/batch.decider.ts';
import type { Batches } from '../batch/batch.store.ts';

const EVERY_MS = 5 * 60_000;
/** Of one tenant, in one round. */
const ROUND_MAX = 100;

export function resumeBatches(foundation: Foundation, batches: Batches, everyMs = EVERY_MS): void {
  const { clock, logger, tenants } = foundation;
  const origin = { by: 'service:reissue', channel: 'timer', cause: 'resume', correlationId: 'resume-batches' };
  foundation.every(
    'resume-batches',
    everyMs,
    async () => {
      for (const { tenantId } of tenants.all()) {
        const scope = Scope.ofTenant(tenantId as TenantId, origin);
        const at = clock().toISOString();
        const overdue = { 'state.nextAt': { $lt: standsStillBefore(at) } };
        for (const { id, state } of await batches.find(scope, overdue, { limit: ROUND_MAX })) {
          if (state.status === 'none') continue;
          logger.warn({ batchId: id, dueAt: state.nextAt }, 'the work on a list of tickets stood still');
          await batches.handle(scope, id, { type: 'ResumeWork', step: state.step, at });
        }
      }
    },
    { lease: true },
  );
}
