// Inventory has cancelled a session or taken places from it (INV-20, INV-21): the work on its holders begins. It has taken a reduction back:
// as many fewer have to go.
// duplicate: the disruption is known, and no unpaid order is left; what was taken back is known by its id · late (the cancellation was heard of before its reduction): it
// begins and is over · early (taken back before its reduction was heard of): retry rungs · crash between
// the two writes: the message comes again · two instances: one consumes at a time, so that each finds the others of its session.
import { sessionCancelled, sessionReduced, sessionRestored, type DataOf } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import type { EndUnpaid } from '../disruption/end-unpaid.ts';
import type { DisruptionFacts } from '../disruption/disruption.ts';
import type { Disruptions } from '../stores.ts';

export const DISRUPTED = [sessionCancelled, sessionReduced, sessionRestored] as const;

/** Decisions about one session; each of them needs a person and a reason. */
const OTHERS_MAX = 100;

export function onSessionDisrupted(
  foundation: Foundation,
  disruptions: Disruptions,
  endUnpaid: EndUnpaid,
): (message: Received) => Promise<void> {
  function factsOf(message: Received): { id: string; facts: DisruptionFacts } {
    const facts = (
      kind: DisruptionFacts['kind'],
      { disruptionId: id, ...session }: DataOf<typeof sessionCancelled>,
    ): { id: string; facts: DisruptionFacts } => {
      const { sessionId, productId, siteId, date, startsAt, endsAt, reason, decideBy } = session;
      const about = { sessionId, productId, siteId, date, startsAt, endsAt, reason, decideBy };
      const decidedAt = new Date(message.envelope.time).toISOString();
      return { id, facts: { kind, ...about, begunAt: foundation.clock().toISOString(), decidedAt } };
    };
    if (isMessage(message, sessionCancelled)) return facts('cancelled', message.envelope.data);
    if (isMessage(message, sessionReduced)) {
      const { places, ...session } = message.envelope.data;
      const reduced = facts('reduced', session);
      return { ...reduced, facts: { ...reduced.facts, places, sequence: message.envelope.sequence } };
    }
    throw new ContractBreach('sales.unexpected-message', message.definition.type);
  }

  return async (message) => {
    const scope = foundation.scopeOf(message.envelope);
    if (isMessage(message, sessionRestored)) {
      const { restoreId, places, disruptionId } = message.envelope.data;
      const at = foundation.clock().toISOString();
      const restoration = { restoreId, places, sequence: message.envelope.sequence, at };
      await disruptions.handle(scope, disruptionId, { type: 'RestorePlaces', ...restoration });
      return;
    }
    const { id, facts } = factsOf(message);
    const ofSession = await disruptions.find(scope, { 'state.sessionId': facts.sessionId }, { limit: OTHERS_MAX });
    const others = ofSession.filter((other) => other.id !== id);
    const cancellation = others.find(({ state }) => state.status !== 'none' && state.kind === 'cancelled');
    if (facts.kind === 'cancelled' && cancellation === undefined) {
      // Everybody is told anew, of the worse; what the reductions were about goes on there.
      const supersede = { type: 'Supersede', by: id, at: facts.begunAt } as const;
      for (const other of others) await disruptions.handle(scope, other.id, supersede);
    }
    await disruptions.handle(scope, id, { type: 'BeginDisruption', facts, supersededBy: cancellation?.id });
    if (facts.kind === 'cancelled') await endUnpaid(scope, facts.sessionId);
  };
}
