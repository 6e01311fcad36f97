// After a crash between the counters' write and the holds' documents, the redelivered messages complete what is pending. This sweep
// is the net below: a decision on one day that nobody completed within a minute is completed here, from what it carries.
import type { TenantId } from '@tongpiao/kernel';
import { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import { completeDecided, servedOf, type CompletingParts } from '../hold/complete-decided.ts';
import { completeSteps, type CountersParts } from '../session/session-steps.ts';

const EVERY_MS = 20_000;
const OLD_MS = 60_000;

export function completePending(
  foundation: Pick<Foundation, 'clock' | 'logger' | 'every' | 'acrossTenants'>,
  parts: Pick<CompletingParts, 'siteDays' | 'holds' | 'moved'> & Pick<CountersParts, 'sessions'>,
): void {
  const { clock, logger } = foundation;
  const { siteDays, sessions } = parts;
  foundation.every(
    'complete-pending',
    EVERY_MS,
    async () => {
      const before = new Date(clock().getTime() - OLD_MS);
      const everywhere = foundation.acrossTenants('decisions that nobody completed');
      for (const { siteDay, tenantId } of await siteDays.withOldSteps(everywhere, before)) {
        logger.warn({ siteDay: siteDay.id }, 'completing what was decided about a session, after a crash');
        await completeSteps({ sessions, siteDays }, Scope.ofTenant(tenantId as TenantId, everywhere.origin), siteDay);
      }
      for (const { siteDay, tenantId } of await siteDays.withOldPending(everywhere, before)) {
        const scope = Scope.ofTenant(tenantId as TenantId, everywhere.origin);
        // A hold over several days is completed by its own message, which knows how far it came.
        const own = siteDay.pending.filter(
          ({ step, hold }) => step === 'return' || hold.lines.every((line) => line.siteDay === siteDay.id),
        );
        if (own.length === 0) continue;
        logger.warn({ siteDay: siteDay.id, pending: own.length }, 'completing decisions after a crash');
        await completeDecided({ ...parts, clock }, scope, [siteDay.id], servedOf(scope, own));
      }
    },
    { lease: true },
  );
}
