// Messages become requests with all facts of their hold. What cannot be decided on any counters is answered here: a hold that is not
// there yet, a longer life, a release that came before its place.
import {
  confirmHold,
  extendHold,
  placeHold,
  releaseHold,
  returnPlaces,
  type DataOf,
  type Envelope,
} from '@tongpiao/contracts';
import { ContractBreach, NotYet, TransientError } from '@tongpiao/kernel';
import { isMessage, type Outcome, type Received } from '@tongpiao/messaging';
import { Scope, type Origin } from '@tongpiao/persistence';
import type { SessionIndex } from '../session/session-index.ts';
import type { HoldFacts, HoldOutcome, HoldRequest, MayWait } from '../site-day/site-day.ts';
import type { SiteDayStore } from '../site-day/site-day.store.ts';
import type { DecisionMemory } from './decision-memory.ts';
import type { HoldStore } from './hold.store.ts';

export type Item = { readonly message: Received; readonly scope: Scope; readonly request: HoldRequest };

/** Items are decided on the counters, the rest is refused or has its outcome already. */
export type Reading = {
  readonly items: Item[];
  readonly refused: { readonly item: Item; readonly outcome: HoldOutcome }[];
  readonly outcomes: Map<Received, Outcome>;
};

type Parts = {
  readonly siteDays: Pick<SiteDayStore, 'inLine'>;
  readonly holds: HoldStore;
  readonly sessions: SessionIndex;
  readonly memory: DecisionMemory;
  readonly clock: () => Date;
};
type FactsOf = (holdId: string) => HoldFacts | undefined;

export async function readRequests(parts: Parts, scope: Scope, messages: readonly Received[]): Promise<Reading> {
  const { memory } = parts;
  const later = messages
    .filter(({ definition }) => definition.type !== placeHold.type)
    .map(({ envelope }) => holdIdOf(envelope));
  const stored = await parts.holds.load(
    scope,
    later.filter((holdId) => memory.hold(scope.tenantId, holdId) === undefined),
  );
  const sessionDays = await parts.sessions.siteDaysOf(
    scope,
    messages.flatMap((message) =>
      isMessage(message, placeHold) ? message.envelope.data.lines.map(({ sessionId }) => sessionId) : [],
    ),
  );
  const placedHere = new Map<string, HoldFacts>();
  const storedFacts: FactsOf = (holdId) => (memory.hold(scope.tenantId, holdId) ?? stored.get(holdId))?.facts;
  const factsOf: FactsOf = (holdId) => storedFacts(holdId) ?? placedHere.get(holdId);
  // A hold in line has no document: only a release has to look for it there.
  const unplaced = messages
    .filter((message) => isMessage(message, releaseHold))
    .map(({ envelope }) => envelope.data.holdId)
    .filter((holdId) => (factsOf(holdId)?.lines.length ?? 0) === 0);
  const inLine = unplaced.length === 0 ? undefined : await parts.siteDays.inLine(scope, unplaced);
  const reading: Reading = { items: [], refused: [], outcomes: new Map() };
  for (const message of messages) {
    const own = Scope.ofTenant(scope.tenantId, originOf(message.envelope));
    if (isMessage(message, placeHold)) {
      const hold = holdOf(message.envelope.data, sessionDays);
      const item: Item = { message, scope: own, request: { kind: 'place', hold, waiting: mayWait(message.envelope) } };
      const unknown = hold.lines.find(({ siteDay }) => siteDay === '');
      if (unknown === undefined) {
        placedHere.set(hold.holdId, hold);
        reading.items.push(item);
      } else {
        const { sessionId } = unknown;
        const outcome = { kind: 'rejected', hold, reason: 'unknown-session', sessionId, available: 0 } as const;
        reading.refused.push({ item, outcome });
      }
    } else {
      const read = await readLater(parts, own, message, {
        factsOf,
        storedFacts,
        inLine: (holdId) => inLine?.get(holdId),
      });
      if ('kind' in read) reading.items.push({ message, scope: own, request: read });
      else reading.outcomes.set(message, read.outcome);
    }
  }
  return reading;
}

/** What comes after the place: its hold is known, or it came too early. */
async function readLater(
  parts: Parts,
  scope: Scope,
  message: Received,
  known: { readonly factsOf: FactsOf; readonly storedFacts: FactsOf; readonly inLine: FactsOf },
): Promise<HoldRequest | { readonly outcome: Outcome }> {
  if (isMessage(message, extendHold)) {
    const { holdId, expiresAt } = message.envelope.data;
    parts.memory.forgetHold(scope.tenantId, holdId);
    const extended =
      known.storedFacts(holdId) !== undefined &&
      (await parts.holds.extend(scope, holdId, new Date(expiresAt), parts.clock()));
    return extended ? { outcome: 'done' } : tooEarly();
  }
  if (isMessage(message, confirmHold)) {
    const hold = known.factsOf(message.envelope.data.holdId);
    if (hold === undefined) return tooEarly();
    if (hold.lines.length === 0)
      return { outcome: { failed: contradiction('confirmed after it was released before it was placed') } };
    return { kind: 'confirm', hold };
  }
  if (isMessage(message, returnPlaces)) {
    const { holdId, returnId: id, sessionId, quantity } = message.envelope.data;
    const hold = known.factsOf(holdId);
    if (hold === undefined) return tooEarly();
    if (hold.lines.length === 0) return { outcome: 'done' };
    if (!hold.lines.some((line) => line.sessionId === sessionId))
      return { outcome: { failed: contradiction('places come back in a session that the hold has none in') } };
    return { kind: 'return', hold, returned: { id, sessionId, quantity } };
  }
  if (isMessage(message, releaseHold)) {
    const { holdId, orderId, reason } = message.envelope.data;
    const placed = known.factsOf(holdId);
    const hold = placed === undefined || placed.lines.length === 0 ? known.inLine(holdId) : placed;
    if (hold !== undefined) return { kind: 'release', hold, refund: reason === 'refunded' };
    // Released before it was placed: a tombstone without lines refuses the place that is still under way.
    const tombstone: HoldFacts = { holdId, orderId, channel: 'web', expiresAt: message.envelope.time, lines: [] };
    const buried = await parts.holds.bury(scope, tombstone, parts.clock());
    const meanwhile = new TransientError('inventory.contended', 'the hold was placed at the same moment');
    return { outcome: buried ? 'done' : { failed: meanwhile } };
  }
  const { type } = message.definition;
  return { outcome: { failed: new ContractBreach('inventory.unexpected-message', `not a hold request: ${type}`) } };
}

/** The days whose counters a request moves. */
export function daysOf(request: HoldRequest): readonly string[] {
  const { lines } = request.hold;
  const moved =
    request.kind === 'return' ? lines.filter((line) => line.sessionId === request.returned.sessionId) : lines;
  return [...new Set(moved.map(({ siteDay }) => siteDay))];
}

export function notPlacedYet(): NotYet {
  return new NotYet('inventory.unknown-hold', 'the hold has not been placed yet');
}

export function contradiction(detail: string): ContractBreach {
  return new ContractBreach('inventory.hold-contradiction', detail);
}

export function originOf(envelope: Envelope | undefined): Origin {
  return {
    by: `service:${envelope?.source ?? 'unknown'}`,
    channel: 'message',
    cause: envelope?.id ?? 'none',
    correlationId: envelope?.correlationid ?? 'none',
    ...(envelope?.traceparent === undefined ? {} : { traceparent: envelope.traceparent }),
    ...(envelope?.background === undefined ? {} : { background: envelope.background }),
  };
}

function tooEarly(): { readonly outcome: Outcome } {
  return { outcome: { failed: notPlacedYet() } };
}

/** A line of an unknown session has no site-day. */
function holdOf(data: DataOf<typeof placeHold>, siteDays: ReadonlyMap<string, string>): HoldFacts {
  const { holdId, orderId, channel, expiresAt } = data;
  const lines = data.lines.map((line) => ({ ...line, siteDay: siteDays.get(line.sessionId) ?? '' }));
  return { holdId, orderId, channel, expiresAt, lines };
}

function mayWait({ id, correlationid, data: { waiting } }: Envelope<DataOf<typeof placeHold>>): MayWait | undefined {
  return waiting === undefined ? undefined : { ...waiting, asked: { messageId: id, correlationId: correlationid } };
}

function holdIdOf(envelope: Envelope): string {
  return (envelope.data as { holdId: string }).holdId;
}
