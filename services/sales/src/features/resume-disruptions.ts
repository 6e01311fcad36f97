// Work on a disrupted session that stands still is taken up again (SAL-52): its message was parked after all its retries, or a timer went
// astray. Holders wait for their money meanwhile, so nobody has to notice first.
// two instances: a lease, and the step · crash: the next round finds it again.
import type { TenantId } from '@tongpiao/kernel';
import { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import { standsStillBefore } from '../disruption/look-again.policy.ts';
import type { Disruptions } from '../stores.ts';

const EVERY_MS = 5 * 60_000;
/** Of one tenant, in one round. */
const ROUND_MAX = 100;

export function resumeDisruptions(foundation: Foundation, disruptions: Disruptions, everyMs = EVERY_MS): void {
  const { clock, logger, tenants } = foundation;
  const origin = { by: 'service:sales', channel: 'timer', cause: 'resume', correlationId: 'resume-disruptions' };
  foundation.every(
    'resume-disruptions',
    everyMs,
    async () => {
      for (const { tenantId } of tenants.all()) {
        const scope = Scope.ofTenant(tenantId as TenantId, origin);
        const at = clock().toISOString();
        const overdue = { 'state.nextAt': { $lt: standsStillBefore(at) } };
        for (const { id, state } of await disruptions.find(scope, overdue, { limit: ROUND_MAX })) {
          if (state.status === 'none') continue;
          logger.warn({ disruptionId: id, dueAt: state.nextAt }, 'the work on a disrupted session stood still');
          await disruptions.handle(scope, id, { type: 'ResumeWork', step: state.step, at });
        }
      }
    },
    { lease: true },
  );
}
