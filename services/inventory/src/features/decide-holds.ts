// The hot path (INV-11, INV-12): hold requests are taken in batches, grouped by site-day, decided in memory in order of arrival,
// and written with few operations. For each group: 1. counters and pending ids in one guarded update, which is the decision;
// 2. the holds' documents with their outcomes in their outboxes; 3. the messages are acknowledged; 4. a moment later, pending is cleared.
//
// Killed between 1 and 2, the messages come again and find their ids pending: counters stay, documents follow. Killed between
// 2 and 3, documents are there already and pending is cleared. Killed before 4, the documents say what the entries say, and the sweep
// clears them. Reading the counters before the holds, under the guard of the revision, makes this true with several instances at work.
//
// Each decision serves the line of its site-day as well (SAL-26); documents of those who were served follow together with the
// batch's own, and after a crash with the next decision.
import { confirmHold, extendHold, placeHold, releaseHold, returnPlaces } from '@tongpiao/contracts';
import { TransientError, type TenantId } from '@tongpiao/kernel';
import type { Outcome, Publisher, Received } from '@tongpiao/messaging';
import { Scope } from '@tongpiao/persistence';
import { completeDecided, giveBack, servedOf, type CompletingParts } from '../hold/complete-decided.ts';
import { DecisionMemory } from '../hold/decision-memory.ts';
import { settle } from '../hold/hold-answers.ts';
import { daysOf, originOf, readRequests, type Item } from '../hold/hold-requests.ts';
import type { Decided, StoredHold } from '../hold/hold.store.ts';
import type { PendingClearing } from '../hold/pending-clearing.ts';
import type { SessionIndex } from '../session/session-index.ts';
import { applyChange } from '../site-day/counters.policy.ts';
import { decideBatch } from '../site-day/site-day.decider.ts';
import { pendingId, type HoldFacts, type HoldOutcome, type HoldRequest } from '../site-day/site-day.ts';

export const DECIDE_HOLDS = [placeHold, confirmHold, extendHold, releaseHold, returnPlaces] as const;

type Given = CompletingParts & {
  readonly counted?: (outcome: HoldOutcome['kind']) => void;
  readonly sessions: SessionIndex;
  readonly publisher: Pick<Publisher, 'publishMany'>;
  readonly clearing: PendingClearing;
};
type Parts = Given & { readonly memory: DecisionMemory };

/** Another instance decided first this often in a row: let the broker hand the batch out again. */
const GUARD_TRIES = 20;

export function decideHolds(given: Given): (messages: readonly Received[]) => Promise<readonly Outcome[]> {
  const parts: Parts = { ...given, memory: new DecisionMemory() };
  return async (messages) => {
    const outcomes = new Map<Received, Outcome>();
    for (const [tenantId, group] of Map.groupBy(messages, ({ envelope }) => envelope.tenantid)) {
      // What nobody waits for comes after those who do, in a decision of its own.
      for (const background of [undefined, true] as const) {
        const part = group.filter(({ envelope }) => envelope.background === background);
        if (part.length > 0) await decideTenant(parts, tenantId as TenantId, part, outcomes);
      }
    }
    return messages.map(
      (message) =>
        outcomes.get(message) ?? { failed: new TransientError('inventory.undecided', 'not decided in this batch') },
    );
  };
}

async function decideTenant(
  parts: Parts,
  tenantId: TenantId,
  messages: readonly Received[],
  outcomes: Map<Received, Outcome>,
): Promise<void> {
  const scope = Scope.ofTenant(tenantId, originOf(messages[0]?.envelope));
  const reading = await readRequests(parts, scope, messages);
  for (const [message, outcome] of reading.outcomes) outcomes.set(message, outcome);
  await settle(
    parts,
    reading.refused.map(({ item }) => item),
    reading.refused.map(({ outcome }) => outcome),
    outcomes,
  );
  const several: Item[] = [];
  const byDay = new Map<string, Item[]>();
  for (const item of reading.items) {
    const [day = '', another] = daysOf(item.request);
    const group = byDay.get(day);
    if (another !== undefined) several.push(item);
    else if (group === undefined) byDay.set(day, [item]);
    else group.push(item);
  }
  for (const [siteDay, group] of byDay)
    await settle(parts, group, await decideGroup(parts, scope, siteDay, group), outcomes);
  for (const item of several) await settle(parts, [item], [await decideAcrossDays(parts, scope, item)], outcomes);
}

/** Decides and writes one site-day's requests. Repeats with fresh counters while another instance is faster. */
async function decideGroup(
  parts: Parts,
  scope: Scope,
  siteDayId: string,
  items: readonly Item[],
): Promise<readonly HoldOutcome[]> {
  const { memory } = parts;
  for (let attempt = 0; attempt < GUARD_TRIES; attempt += 1) {
    const remembered = attempt === 0 ? memory.siteDay(scope.tenantId, siteDayId) : undefined;
    const siteDay = remembered ?? (await parts.siteDays.load(scope, [siteDayId])).get(siteDayId);
    if (siteDay === undefined) return items.map(({ request: { hold } }) => unknownSession(hold));
    // After the counters: a hold that was completed before this read is seen here, one that is decided later moves the revision.
    const stored = await storedHolds(parts, scope, items, remembered !== undefined);
    const { outcomes, change, served } = decideBatch(
      siteDay,
      (holdId) => stored.get(holdId),
      items.map(({ request }) => request),
    );
    if (change === undefined) {
      // Refusals write nothing that a guard could catch: they are said from counters that were read for them.
      if (remembered !== undefined && outcomes.some(isUnwritten)) {
        memory.forget(scope.tenantId, siteDayId);
        continue;
      }
      memory.keep(scope.tenantId, siteDay);
    } else {
      parts.clearing.withDecision(siteDayId);
      if (!(await parts.siteDays.decide(scope, siteDay, change, parts.clock()))) {
        memory.forget(scope.tenantId, siteDayId);
        continue;
      }
      const after = applyChange(siteDay, change);
      memory.keep(scope.tenantId, after);
      parts.moved(scope.tenantId, after);
    }
    await parts.faults?.at('afterCounters');
    const decided = [...completedOf(items, outcomes), ...servedOf(scope, served)];
    await followUp(parts, scope, [siteDayId], decided, { seen: stored, clearing: parts.clearing });
    return outcomes;
  }
  throw new TransientError('inventory.contended', `site-day ${siteDayId}: ${GUARD_TRIES} other decisions came first`);
}

/** @param known the counters are remembered: then so may the holds be */
async function storedHolds(
  { holds, memory }: Parts,
  scope: Scope,
  items: readonly Item[],
  known: boolean,
): Promise<ReadonlyMap<string, StoredHold>> {
  const ids = [...new Set(items.map(({ request }) => request.hold.holdId))];
  const remembered = new Map(
    ids.flatMap((id) => {
      const hold = known ? memory.hold(scope.tenantId, id) : undefined;
      return hold === undefined ? [] : [[id, hold] as const];
    }),
  );
  const unknown = ids.filter((id) => !remembered.has(id));
  return unknown.length === 0 ? remembered : new Map([...remembered, ...(await holds.load(scope, unknown))]);
}

/** A hold on several days: taken in sorted order, each by its own decision, and given back when a later day refuses. */
async function decideAcrossDays(parts: Parts, scope: Scope, item: Item): Promise<HoldOutcome> {
  const days = [...daysOf(item.request)].sort();
  const taken: string[] = [];
  let last: HoldOutcome = { kind: 'already' };
  for (const day of days) {
    const outcome = await decideOneOfSeveral(parts, scope, day, item.request);
    if (outcome.kind === 'rejected') {
      await giveBack(parts, scope, taken.reverse(), item.request.hold);
      return outcome;
    }
    if (outcome.kind === 'early' || outcome.kind === 'contradiction') return outcome;
    // "Already" on one day may be "complete" on the next: a crash may have come between the clearing of two days.
    if (outcome.kind === 'already') continue;
    taken.push(day);
    last = outcome;
  }
  await followUp(parts, scope, days, completedOf([item], [last]));
  return last;
}

async function decideOneOfSeveral(parts: Parts, scope: Scope, day: string, request: HoldRequest): Promise<HoldOutcome> {
  for (let attempt = 0; attempt < GUARD_TRIES; attempt += 1) {
    const siteDay = (await parts.siteDays.load(scope, [day])).get(day);
    if (siteDay === undefined) return unknownSession(request.hold);
    const stored = await parts.holds.load(scope, [request.hold.holdId]);
    const { outcomes, change, served } = decideBatch(siteDay, (holdId) => stored.get(holdId), [request]);
    const [outcome] = outcomes;
    if (outcome === undefined) throw new Error('a request without an outcome');
    if (change !== undefined) {
      if (!(await parts.siteDays.decide(scope, siteDay, change, parts.clock()))) continue;
      parts.moved(scope.tenantId, applyChange(siteDay, change));
      await parts.faults?.at('afterCounters');
    }
    await followUp(parts, scope, [day], servedOf(scope, served));
    return outcome;
  }
  throw new TransientError('inventory.contended', `site-day ${day}: ${GUARD_TRIES} other decisions came first`);
}

async function followUp(
  parts: Parts,
  scope: Scope,
  days: readonly string[],
  decided: readonly Decided[],
  how: Parameters<typeof completeDecided>[4] = {},
): Promise<void> {
  // Until they are written again, nobody knows how far they are.
  for (const { hold } of decided) parts.memory.forgetHold(scope.tenantId, hold.holdId);
  const written = await completeDecided(parts, scope, days, decided, how);
  for (const hold of written.values()) parts.memory.keepHold(hold);
  const cleared = new Set(decided.map((entry) => pendingId(entry)));
  if (cleared.size > 0) for (const day of days) parts.memory.cleared(scope.tenantId, day, cleared);
}

function completedOf(items: readonly Item[], outcomes: readonly HoldOutcome[]): readonly Decided[] {
  return outcomes.flatMap((outcome, index) => {
    const item = items[index];
    return outcome.kind === 'complete' && item !== undefined ? [{ ...outcome, scope: item.scope }] : [];
  });
}

/** What is said without a write. */
function isUnwritten({ kind }: HoldOutcome): boolean {
  return kind === 'rejected' || kind === 'queued';
}

function unknownSession(hold: HoldFacts): HoldOutcome {
  const sessionId = hold.lines[0]?.sessionId ?? '';
  return { kind: 'rejected', hold, reason: 'unknown-session', sessionId, available: 0 };
}
