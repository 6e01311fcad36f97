// The hot path (INV-11, INV-12): hold requests are taken in batches, grouped by site-day, decided in memory in order of arrival,
// and written with few operations. For each group: 1. counters and pending ids in one guarded update, which is the decision;
// 2. the holds' documents with their outcomes in their outboxes; 3. pending is cleared; 4. the messages are acknowledged.
//
// Killed between 1 and 2, the messages come again and find their ids pending: counters stay, documents follow. Killed between
// 2 and 3, documents are there already and pending is cleared. Killed after 3, the documents say so. Reading the counters
// before the holds, under the guard of the revision, makes this true with several instances at work.
import {
  confirmHold,
  envelopeOf,
  extendHold,
  holdRejected,
  placeHold,
  releaseHold,
  type DataOf,
  type Envelope,
} from '@tongpiao/contracts';
import { ContractBreach, NotYet, TransientError, type TenantId } from '@tongpiao/kernel';
import type { Outcome, Publisher, Received } from '@tongpiao/messaging';
import { Scope, type Origin } from '@tongpiao/persistence';
import type { HoldStore, StoredHold } from '../hold/hold.store.ts';
import type { SessionIndex } from '../session/session-index.ts';
import { applyChange, decideBatch } from '../site-day/site-day.decider.ts';
import { pendingId, type HoldFacts, type HoldOutcome, type HoldRequest, type SiteDay } from '../site-day/site-day.ts';
import type { SiteDayStore } from '../site-day/site-day.store.ts';

export const DECIDE_HOLDS = [placeHold, confirmHold, extendHold, releaseHold] as const;

/** Where a test may let the process die: between any two writes of a group. */
export type DecideFaults = { at(point: 'afterCounters' | 'afterHolds' | 'afterPending'): void | Promise<void> };

type Parts = {
  readonly siteDays: SiteDayStore;
  readonly holds: HoldStore;
  readonly sessions: SessionIndex;
  readonly publisher: Pick<Publisher, 'publishMany'>;
  /** Told which site-days moved, for the availability figures. */
  readonly moved: (tenantId: string, siteDay: SiteDay) => void;
  readonly clock: () => Date;
  readonly faults?: DecideFaults;
};

/** Another instance decided first this often in a row: let the broker hand the batch out again. */
const GUARD_TRIES = 20;

type Item = { readonly message: Received; readonly scope: Scope; readonly request: HoldRequest };

/**
 * What this instance read or wrote last. Old counters are harmless: the guard of the revision refuses a decision on them, and they are
 * read before the holds either way. The facts of a hold never change.
 */
class Memory {
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

const SITE_DAYS_REMEMBERED = 2_000;
const HOLDS_REMEMBERED = 50_000;

type OwnParts = Parts & { readonly memory: Memory };

export function decideHolds(given: Parts): (messages: readonly Received[]) => Promise<readonly Outcome[]> {
  const parts: OwnParts = { ...given, memory: new Memory() };
  return async (messages) => {
    const outcomes = new Map<Received, Outcome>();
    for (const [tenantId, group] of Map.groupBy(messages, ({ envelope }) => envelope.tenantid)) {
      await decideTenant(parts, tenantId as TenantId, group, outcomes);
    }
    return messages.map(
      (message) =>
        outcomes.get(message) ?? { failed: new TransientError('inventory.undecided', 'not decided in this batch') },
    );
  };
}

async function decideTenant(
  parts: OwnParts,
  tenantId: TenantId,
  messages: readonly Received[],
  outcomes: Map<Received, Outcome>,
): Promise<void> {
  const tenantScope = Scope.ofTenant(tenantId, originOf(messages[0]?.envelope));
  const items = await itemsOf(parts, tenantScope, messages, outcomes);
  const single = items.filter(({ request }) => new Set(request.hold.lines.map(({ siteDay }) => siteDay)).size === 1);
  for (const [siteDay, group] of Map.groupBy(single, ({ request }) => request.hold.lines[0]?.siteDay ?? '')) {
    const decided = await decideGroup(parts, tenantScope, siteDay, group);
    await settle(parts, group, decided, outcomes);
  }
  for (const item of items) {
    if (single.includes(item)) continue;
    await settle(parts, [item], [await decideAcrossDays(parts, tenantScope, item)], outcomes);
  }
}

/** Turns messages into requests with all facts of the hold; what cannot be turned has its outcome already. */
async function itemsOf(
  parts: OwnParts,
  scope: Scope,
  messages: readonly Received[],
  outcomes: Map<Received, Outcome>,
): Promise<Item[]> {
  const later = messages
    .filter(({ definition }) => definition.type !== placeHold.type)
    .map(({ envelope }) => holdIdOf(envelope));
  const unremembered = later.filter((holdId) => parts.memory.facts(scope.tenantId, holdId) === undefined);
  const stored = await parts.holds.load(scope, unremembered);
  const factsOf = (holdId: string): HoldFacts | undefined =>
    parts.memory.facts(scope.tenantId, holdId) ?? stored.get(holdId)?.facts;
  const sessionDays = await parts.sessions.siteDaysOf(
    scope,
    messages.flatMap(({ definition, envelope }) =>
      definition.type === placeHold.type
        ? (envelope.data as DataOf<typeof placeHold>).lines.map((line) => line.sessionId)
        : [],
    ),
  );
  const placedHere = new Map<string, HoldFacts>();
  const items: Item[] = [];
  for (const message of messages) {
    const { envelope, definition } = message;
    const own = Scope.ofTenant(scope.tenantId, originOf(envelope));
    switch (definition.type) {
      case placeHold.type: {
        const data = envelope.data as DataOf<typeof placeHold>;
        const lines = data.lines.map((line) => ({ ...line, siteDay: sessionDays.get(line.sessionId) ?? '' }));
        const hold: HoldFacts = {
          holdId: data.holdId,
          orderId: data.orderId,
          channel: data.channel,
          expiresAt: data.expiresAt,
          lines,
        };
        const unknown = lines.find(({ siteDay }) => siteDay === '');
        if (unknown !== undefined) {
          await settle(
            parts,
            [{ message, scope: own, request: { kind: 'place', hold } }],
            [{ kind: 'rejected', hold, reason: 'unknown-session', sessionId: unknown.sessionId, available: 0 }],
            outcomes,
          );
          break;
        }
        placedHere.set(data.holdId, hold);
        items.push({ message, scope: own, request: { kind: 'place', hold } });
        break;
      }
      case extendHold.type: {
        const data = envelope.data as DataOf<typeof extendHold>;
        if (factsOf(data.holdId) !== undefined) {
          await parts.holds.extend(own, data.holdId, new Date(data.expiresAt), parts.clock());
          outcomes.set(message, 'done');
        } else
          outcomes.set(message, { failed: new NotYet('inventory.unknown-hold', 'the hold has not been placed yet') });
        break;
      }
      case confirmHold.type: {
        const hold = factsOf(holdIdOf(envelope)) ?? placedHere.get(holdIdOf(envelope));
        if (hold === undefined)
          outcomes.set(message, { failed: new NotYet('inventory.unknown-hold', 'the hold has not been placed yet') });
        else if (hold.lines.length === 0)
          outcomes.set(message, { failed: contradiction('confirmed after it was released before it was placed') });
        else items.push({ message, scope: own, request: { kind: 'confirm', hold } });
        break;
      }
      case releaseHold.type: {
        const data = envelope.data as DataOf<typeof releaseHold>;
        const hold = factsOf(data.holdId) ?? placedHere.get(data.holdId);
        if (hold !== undefined && hold.lines.length > 0)
          items.push({ message, scope: own, request: { kind: 'release', hold, refund: data.reason === 'refunded' } });
        else {
          // Released before it was placed: a tombstone without lines refuses the place that is still under way.
          const tombstone: HoldFacts = {
            holdId: data.holdId,
            orderId: data.orderId,
            channel: 'web',
            expiresAt: envelope.time,
            lines: [],
          };
          const buried = await parts.holds.bury(own, tombstone, parts.clock());
          const placed = new TransientError('inventory.contended', 'the hold was placed at the same moment');
          outcomes.set(message, buried ? 'done' : { failed: placed });
        }
        break;
      }
      default:
        outcomes.set(message, {
          failed: new ContractBreach('inventory.unexpected-message', `not a hold request: ${definition.type}`),
        });
    }
  }
  return items;
}

/** Decides and writes one site-day's requests. Repeats with fresh counters while another instance is faster. */
async function decideGroup(
  parts: OwnParts,
  scope: Scope,
  siteDayId: string,
  items: readonly Item[],
): Promise<readonly HoldOutcome[]> {
  for (let attempt = 0; attempt < GUARD_TRIES; attempt += 1) {
    const siteDay =
      (attempt === 0 ? parts.memory.siteDay(scope.tenantId, siteDayId) : undefined) ??
      (await parts.siteDays.load(scope, [siteDayId])).get(siteDayId);
    if (siteDay === undefined)
      return items.map(({ request: { hold } }) => ({
        kind: 'rejected',
        hold,
        reason: 'unknown-session',
        sessionId: hold.lines[0]?.sessionId ?? '',
        available: 0,
      }));
    // After the counters: a hold that was completed before this read is seen here, one that is decided later moves the revision.
    const stored = await parts.holds.load(scope, [...new Set(items.map(({ request }) => request.hold.holdId))]);
    const { outcomes, change } = decideBatch(
      siteDay,
      (holdId) => statusOf(stored, holdId),
      items.map(({ request }) => request),
    );
    if (change === undefined) {
      // Refusals write nothing that a guard could catch: they are said from counters that were read for them.
      if (
        attempt === 0 &&
        parts.memory.siteDay(scope.tenantId, siteDayId) === siteDay &&
        outcomes.some(({ kind }) => kind === 'rejected')
      ) {
        parts.memory.forget(scope.tenantId, siteDayId);
        attempt -= 1;
        continue;
      }
      parts.memory.keep(scope.tenantId, siteDay);
    } else {
      if (!(await parts.siteDays.decide(scope, siteDay, change, parts.clock()))) {
        parts.memory.forget(scope.tenantId, siteDayId);
        continue;
      }
      const after = applyChange(siteDay, change);
      parts.memory.keep(scope.tenantId, after);
      parts.moved(scope.tenantId, after);
    }
    await parts.faults?.at('afterCounters');
    await followUp(parts, scope, [siteDayId], items, outcomes, stored);
    return outcomes;
  }
  throw new TransientError('inventory.contended', `site-day ${siteDayId}: ${GUARD_TRIES} other decisions came first`);
}

/** A hold on several days: taken in sorted order, each by its own decision, and given back when a later day refuses. */
async function decideAcrossDays(parts: OwnParts, scope: Scope, item: Item): Promise<HoldOutcome> {
  const days = [...new Set(item.request.hold.lines.map(({ siteDay }) => siteDay))].sort();
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
  await followUp(parts, scope, days, [item], [last]);
  return last;
}

async function giveBack(parts: OwnParts, scope: Scope, days: readonly string[], hold: HoldFacts): Promise<void> {
  for (const day of days) await parts.siteDays.undoPlace(scope, day, hold);
  for (const siteDay of (await parts.siteDays.load(scope, days)).values()) parts.moved(scope.tenantId, siteDay);
}

async function decideOneOfSeveral(
  parts: OwnParts,
  scope: Scope,
  day: string,
  request: HoldRequest,
): Promise<HoldOutcome> {
  for (let attempt = 0; attempt < GUARD_TRIES; attempt += 1) {
    const siteDay = (await parts.siteDays.load(scope, [day])).get(day);
    if (siteDay === undefined)
      return {
        kind: 'rejected',
        hold: request.hold,
        reason: 'unknown-session',
        sessionId: request.hold.lines[0]?.sessionId ?? '',
        available: 0,
      };
    const stored = await parts.holds.load(scope, [request.hold.holdId]);
    const { outcomes, change } = decideBatch(siteDay, (holdId) => statusOf(stored, holdId), [request]);
    const [outcome] = outcomes;
    if (outcome === undefined) throw new Error('a request without an outcome');
    if (change === undefined) return outcome;
    if (await parts.siteDays.decide(scope, siteDay, change, parts.clock())) {
      parts.moved(scope.tenantId, applyChange(siteDay, change));
      await parts.faults?.at('afterCounters');
      return outcome;
    }
  }
  throw new TransientError('inventory.contended', `site-day ${day}: ${GUARD_TRIES} other decisions came first`);
}

async function followUp(
  parts: OwnParts,
  scope: Scope,
  days: readonly string[],
  items: readonly Item[],
  outcomes: readonly HoldOutcome[],
  seen?: ReadonlyMap<string, StoredHold>,
): Promise<void> {
  const completed = outcomes.flatMap((outcome, index) => {
    const item = items[index];
    return outcome.kind === 'complete' && item !== undefined
      ? [{ scope: item.scope, step: outcome.step, hold: outcome.hold }]
      : [];
  });
  if (completed.length === 0) return;
  const letGo = await parts.holds.complete(completed, parts.clock(), seen);
  for (const { step, hold } of completed) if (step === 'place') parts.memory.keepFacts(scope.tenantId, hold);
  await parts.faults?.at('afterHolds');
  // Its release overtook the place that waited on a retry rung: what the counters gave goes back with the pending entry.
  for (const { hold, step } of completed) {
    if (step === 'place' && letGo.has(hold.holdId)) await giveBack(parts, scope, days, hold);
  }
  const ids = completed.map(({ hold, step }) => pendingId(hold.holdId, step));
  const cleared = new Set(ids);
  for (const day of days) {
    await parts.siteDays.clearPending(scope, day, ids);
    parts.memory.cleared(scope.tenantId, day, cleared);
  }
  await parts.faults?.at('afterPending');
}

/** Refusals leave no document: the answer is published and confirmed before the request is acknowledged. */
async function settle(
  parts: OwnParts,
  items: readonly Item[],
  decided: readonly HoldOutcome[],
  outcomes: Map<Received, Outcome>,
): Promise<void> {
  const refused: { message: Received; envelope: Envelope }[] = [];
  items.forEach(({ message }, index) => {
    const outcome = decided[index] ?? { kind: 'early' };
    switch (outcome.kind) {
      case 'complete':
      case 'already':
        outcomes.set(message, 'done');
        break;
      case 'early':
        outcomes.set(message, { failed: new NotYet('inventory.unknown-hold', 'the hold has not been placed yet') });
        break;
      case 'contradiction':
        outcomes.set(message, { failed: contradiction(outcome.detail) });
        break;
      case 'rejected':
        refused.push({ message, envelope: rejectionOf(message.envelope, outcome, parts.clock()) });
    }
  });
  if (refused.length === 0) return;
  const results = await parts.publisher.publishMany(refused.map(({ envelope }) => ({ kind: 'event', envelope })));
  refused.forEach(({ message }, index) => {
    const result = results[index];
    outcomes.set(
      message,
      result?.status === 'fulfilled'
        ? 'done'
        : { failed: new TransientError('inventory.answer-unpublished', 'the refusal could not be told yet') },
    );
  });
}

function rejectionOf(request: Envelope, outcome: Extract<HoldOutcome, { kind: 'rejected' }>, now: Date): Envelope {
  const { holdId, orderId } = outcome.hold;
  const data: DataOf<typeof holdRejected> = {
    holdId,
    orderId,
    reason: outcome.reason,
    ...(outcome.sessionId === '' ? {} : { sessionId: outcome.sessionId }),
    available: Math.max(0, outcome.available),
  };
  const { tenantid: tenantId } = request;
  const facts = {
    id: `${holdId}:rejected`,
    source: 'inventory',
    subject: holdId,
    time: now,
    tenantId,
    cause: request,
    sequence: 1,
  };
  return envelopeOf(holdRejected.type, facts, data);
}

function statusOf(stored: ReadonlyMap<string, StoredHold>, holdId: string): StoredHold['status'] {
  return stored.get(holdId)?.status ?? 'none';
}

function contradiction(detail: string): ContractBreach {
  return new ContractBreach('inventory.hold-contradiction', detail);
}

function holdIdOf(envelope: Envelope): string {
  return (envelope.data as { holdId: string }).holdId;
}

function originOf(envelope: Envelope | undefined): Origin {
  return {
    by: `service:${envelope?.source ?? 'unknown'}`,
    channel: 'message',
    cause: envelope?.id ?? 'none',
    correlationId: envelope?.correlationid ?? 'none',
    ...(envelope?.traceparent === undefined ? {} : { traceparent: envelope.traceparent }),
  };
}
