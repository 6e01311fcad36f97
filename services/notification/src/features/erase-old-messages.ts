// PLA-12: a message is about an order, so it is kept as long: then nobody knows any more to whom it went and what it said; that it was sent, and
// what became of it, stays. `eraseWhatIsOver` says what happens when.
import { eraseWhatIsOver, ordersKeptYearsOf, type Foundation, type KeptRecords } from '@tongpiao/service-shell';
import type { MessageStore } from '../message/message.store.ts';

export function eraseOldMessages(foundation: Foundation, messages: MessageStore, everyMs?: number): void {
  const kept: KeptRecords = {
    kind: 'messages',
    yearsOf: (scope) => ordersKeptYearsOf(foundation, scope),
    over: (scope, before, limit) => messages.over(scope, before, limit),
    erase: async (scope, id) => ((await messages.erase(scope, id, foundation.clock())) ? {} : undefined),
  };
  eraseWhatIsOver(foundation, [kept], everyMs);
}
