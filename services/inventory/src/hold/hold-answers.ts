// What becomes of the messages whose requests were decided. Refusals and places in line leave no document: the answer is published
// and confirmed before the request is acknowledged.
import { envelopeOf, holdQueued, holdRejected, type DataOf, type Envelope } from '@tongpiao/contracts';
import { TransientError } from '@tongpiao/kernel';
import type { Outcome, Publisher, Received } from '@tongpiao/messaging';
import type { HoldOutcome } from '../site-day/site-day.ts';
import { contradiction, notPlacedYet, type Item } from './hold-requests.ts';

type Parts = {
  readonly publisher: Pick<Publisher, 'publishMany'>;
  readonly clock: () => Date;
  /** PLA-50: each decision by its outcome. */
  readonly counted?: (outcome: HoldOutcome['kind']) => void;
};

export async function settle(
  parts: Parts,
  items: readonly Item[],
  decided: readonly HoldOutcome[],
  outcomes: Map<Received, Outcome>,
): Promise<void> {
  const answers: { message: Received; envelope: Envelope }[] = [];
  items.forEach(({ message }, index) => {
    const outcome = decided[index] ?? { kind: 'early' };
    parts.counted?.(outcome.kind);
    switch (outcome.kind) {
      case 'complete':
      case 'already':
        outcomes.set(message, 'done');
        break;
      case 'early':
        outcomes.set(message, { failed: notPlacedYet() });
        break;
      case 'contradiction':
        outcomes.set(message, { failed: contradiction(outcome.detail) });
        break;
      case 'rejected':
        answers.push({ message, envelope: rejectionOf(message.envelope, outcome, parts.clock()) });
        break;
      case 'queued':
        answers.push({ message, envelope: queuedOf(message.envelope, outcome, parts.clock()) });
    }
  });
  if (answers.length === 0) return;
  const results = await parts.publisher.publishMany(answers.map(({ envelope }) => ({ kind: 'event', envelope })));
  answers.forEach(({ message }, index) => {
    const result = results[index];
    outcomes.set(
      message,
      result?.status === 'fulfilled'
        ? 'done'
        : { failed: new TransientError('inventory.answer-unpublished', 'the answer could not be told yet') },
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

function queuedOf(request: Envelope, outcome: Extract<HoldOutcome, { kind: 'queued' }>, now: Date): Envelope {
  const { hold, sessionId, position } = outcome;
  const { holdId, orderId } = hold;
  const { tenantid: tenantId } = request;
  const facts = { id: `${holdId}:queued`, source: 'inventory', subject: holdId, time: now, tenantId, cause: request };
  const data: DataOf<typeof holdQueued> = { holdId, orderId, sessionId, position };
  return envelopeOf(holdQueued.type, facts, data);
}
