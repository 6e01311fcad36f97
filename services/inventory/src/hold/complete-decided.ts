// After the decision: the holds' documents follow, with their answers in their outboxes, and then the pending entries go. Everything
// here can be repeated, by the message that comes again, by the next decision of the line, or by the sweep.
import { Scope } from '@tongpiao/persistence';
import { pendingId, type HoldFacts, type SiteDay, type Step } from '../site-day/site-day.ts';
import type { SiteDayStore } from '../site-day/site-day.store.ts';
import type { Completed, Decided, HoldStore, StoredHold } from './hold.store.ts';
import type { PendingClearing } from './pending-clearing.ts';

/** Where a test may let the process die: between any two writes of a group. */
export type DecideFaults = { at(point: 'afterCounters' | 'afterHolds' | 'afterPending'): void | Promise<void> };

export type CompletingParts = {
  readonly siteDays: SiteDayStore;
  readonly holds: HoldStore;
  /** Told which site-days moved, for the availability figures. */
  readonly moved: (tenantId: string, siteDay: SiteDay) => void;
  readonly clock: () => Date;
  readonly faults?: DecideFaults;
};

/**
 * @param days the site-days whose pending entries go
 * @param how.seen holds' documents as they were read for the decision
 * @param how.clearing lets the entries go a moment later; without it they are gone when this resolves
 * @returns the holds' documents as they were written
 */
export async function completeDecided(
  parts: CompletingParts,
  scope: Scope,
  days: readonly string[],
  decided: readonly Decided[],
  how: { readonly seen?: ReadonlyMap<string, StoredHold>; readonly clearing?: PendingClearing } = {},
): Promise<Completed['written']> {
  if (decided.length === 0) return new Map();
  const { letGo, written } = await parts.holds.complete(decided, parts.clock(), how.seen);
  await parts.faults?.at('afterHolds');
  // Its release overtook the place that waited on a retry rung: what the counters gave goes back with the pending entry.
  for (const { hold, step } of decided) {
    if (step === 'place' && letGo.has(hold.holdId)) await giveBack(parts, scope, days, hold);
  }
  const ids = decided.map((entry) => pendingId(entry));
  for (const day of days) {
    if (how.clearing === undefined) await parts.siteDays.clearPending(scope, day, ids);
    else how.clearing.later(scope, day, ids);
  }
  await parts.faults?.at('afterPending');
  return written;
}

export async function giveBack(
  parts: Pick<CompletingParts, 'siteDays' | 'moved'>,
  scope: Scope,
  days: readonly string[],
  hold: HoldFacts,
): Promise<void> {
  for (const day of days) await parts.siteDays.undoPlace(scope, day, hold);
  for (const siteDay of (await parts.siteDays.load(scope, days)).values()) parts.moved(scope.tenantId, siteDay);
}

/** What came of those in line, each on behalf of the request that joined it. */
export function servedOf(scope: Scope, served: readonly Step[]): readonly Decided[] {
  return served.map((step) => {
    const asked = step.step === 'place' || step.step === 'reject' ? step.asked : undefined;
    if (asked === undefined) return { ...step, scope };
    const { messageId: cause, correlationId } = asked;
    return {
      ...step,
      scope: Scope.ofTenant(scope.tenantId, { by: 'service:sales', channel: 'message', cause, correlationId }),
    };
  });
}
