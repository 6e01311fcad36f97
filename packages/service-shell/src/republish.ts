// Every owner can say its current state again, to one queue and at a bounded rate: this is how a new view starts and how insight is
// rebuilt.
import { envelopeOf, type DataOf, type Envelope, type MessageDefinition } from '@tongpiao/contracts';
import { TransientError } from '@tongpiao/kernel';
import type { AggregateStore, DomainEvent, Snapshot } from '@tongpiao/persistence';
import type { z } from 'zod';
import type { Foundation } from './foundation.ts';

/** Told in pages of this size, each confirmed before the next is read: bounded memory, and live traffic goes between. */
const PAGE = 500;
const PAUSE_MS = 20;

/**
 * @param request envelope of the republish command; `since` (RFC 3339) leaves out what did not change since
 * @param current the state as the event tells it; undefined leaves the record out
 */
export async function republish<State, Command, Event extends DomainEvent, Data extends z.ZodType>(
  foundation: Foundation,
  store: AggregateStore<State, Command, Event>,
  request: Envelope<{ replyQueue: string; since?: string | undefined }>,
  definition: MessageDefinition<Data>,
  current: (snapshot: Snapshot<State>) => DataOf<MessageDefinition<Data>> | undefined,
): Promise<void> {
  const scope = foundation.acrossTenants(`republish ${definition.type} for ${request.source}`);
  const { replyQueue, since } = request.data;
  let after = '';
  for (;;) {
    const page = await store.find(
      scope,
      { _id: { $gt: after }, ...(since === undefined ? {} : { changedAt: { $gte: new Date(since) } }) },
      { sort: { _id: 1 }, limit: PAGE },
    );
    const told = page.flatMap((snapshot) => {
      const data = current(snapshot);
      return data === undefined
        ? []
        : [
            {
              kind: 'direct' as const,
              queue: replyQueue,
              envelope: toldOf(foundation, request, definition, snapshot, data),
            },
          ];
    });
    for (const result of await foundation.broker.publisher.publishMany(told))
      if (result.status === 'rejected')
        throw new TransientError('messaging.unconfirmed', 'a current state was not told; the request is tried again', {
          cause: result.reason,
        });
    const last = page[page.length - 1];
    if (last === undefined || page.length < PAGE) return;
    after = last.id;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function toldOf<State>(
  foundation: Foundation,
  request: Envelope,
  definition: MessageDefinition,
  snapshot: Snapshot<State>,
  data: unknown,
): Envelope {
  // The same state told twice is the same message.
  const id = `${snapshot.id}:${snapshot.version}:told`;
  const { service: source, clock } = foundation;
  const { id: subject, tenantId, seq: sequence } = snapshot;
  return envelopeOf(definition.type, { id, source, subject, time: clock(), tenantId, cause: request, sequence }, data);
}
