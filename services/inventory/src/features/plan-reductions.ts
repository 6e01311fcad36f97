// A session that was reduced counts on its held places to come back. Those that are paid for after all are sold above its capacity: for
// them, too, there is a plan (INV-20), so every half minute sales is asked to look after as many more.
import { addDays, localDateOf, type TenantId } from '@tongpiao/kernel';
import { newId, Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import { decideByOf } from '../session/decide-by.policy.ts';
import { completeSteps, type CountersParts } from '../session/session-steps.ts';
import { targetOf, unplannedOf, withPlan } from '../site-day/capacity.policy.ts';
import type { SessionStep, SiteDay } from '../site-day/site-day.ts';

/** Holds last a quarter of an hour: what is paid meanwhile is gathered a little. */
const EVERY_MS = 30_000;
/** Site-days that shrink at one time, over all tenants. */
const SITE_DAYS_MAX = 500;

export function planReductions(foundation: Pick<Foundation, 'every' | 'acrossTenants'>, parts: CountersParts): void {
  foundation.every(
    'plan-reductions',
    EVERY_MS,
    async () => {
      const everywhere = foundation.acrossTenants('sessions that shrink');
      const yesterday = addDays(localDateOf(parts.clock(), 'UTC'), -1);
      for (const { siteDay, tenantId } of await parts.siteDays.shrinking(everywhere, yesterday, SITE_DAYS_MAX)) {
        const scope = Scope.ofTenant(tenantId as TenantId, everywhere.origin);
        const sessions = Object.entries(siteDay.sessions);
        if (sessions.every(([, { shrink, status }]) => shrink === undefined || status === 'cancelled'))
          await parts.siteDays.shrunk(scope, siteDay);
        // One at a time: the next round finds the next, with the counters as they are then.
        const unplanned = sessions.find(([, counters]) => counters.status !== 'cancelled' && unplannedOf(counters) > 0);
        if (unplanned !== undefined) await planMore(parts, scope, siteDay, unplanned[0]);
      }
    },
    { lease: true },
  );
}

async function planMore(parts: CountersParts, scope: Scope, siteDay: SiteDay, sessionId: string): Promise<void> {
  const counters = siteDay.sessions[sessionId];
  const state = (await parts.sessions.load(scope, sessionId))?.state;
  if (counters === undefined || state === undefined || state.status === 'none') return;
  const reduction = state.disruptions?.findLast(({ kind }) => kind === 'reduction');
  // Its own step is not completed yet: the sweep does that first.
  if (reduction === undefined) return;
  const { reason, decideWithinHours, fingerprint } = reduction;
  const disruptionId = newId('dis', scope.tenantId);
  const now = parts.clock();
  const places = unplannedOf(counters);
  const step: SessionStep = {
    id: disruptionId,
    sessionId,
    origin: scope.origin,
    command: {
      type: 'ReduceSession',
      disruptionId,
      capacity: targetOf(counters),
      places,
      reason,
      decideWithinHours,
      decideBy: decideByOf(now, decideWithinHours, state.startsAt),
      fingerprint,
    },
  };
  const change = { sessionId, counters: withPlan(counters, places), step };
  // Somebody else decided meanwhile: the next round looks again.
  if (!(await parts.siteDays.rewrite(scope, siteDay, [change], now))) return;
  await completeSteps(parts, scope, { ...siteDay, steps: [step] });
}
