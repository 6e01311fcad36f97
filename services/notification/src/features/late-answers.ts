// A submission that was reported as unknown and turned out to be accepted: the record learns it, and receipts find it (NOT-05).
import type { Scope } from '@tongpiao/persistence';
import type { LateAnswer } from '../adapters/providers.ts';
import type { Held, MessageStore } from '../message/message.store.ts';

export function onLateAnswer(parts: {
  messages: Pick<MessageStore, 'load' | 'advance'>;
  everyTenant: Scope;
  provider: string;
  clock: () => Date;
  written: (messages: readonly Held[]) => void;
}): (answer: LateAnswer) => Promise<void> {
  const { messages, everyTenant, provider, clock, written } = parts;
  return async ({ reference, providerReference, segments }) => {
    const held = await messages.load(everyTenant, reference);
    if (held === undefined || !('attempt' in held.state)) return;
    const now = clock();
    const submission = { provider, reference: providerReference, segments, sentAt: now.toISOString() };
    const command = { type: 'AcceptMessage', attemptId: held.state.attempt.id, submission } as const;
    written(await messages.advance([{ held, command }], now, everyTenant.origin));
  };
}
