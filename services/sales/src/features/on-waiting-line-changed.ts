// Inventory tells who stands in line for a session: those who follow their order see their place move.
// duplicate and late: an older sequence changes nothing · early: an order that is not in line yet is simply not asked about · crash before
// the write: it comes again, and the next telling is complete anyway.
import { waitingLineChanged } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation, Waiters } from '@tongpiao/service-shell';
import type { WaitingLines } from '../waiting-line/waiting-lines.store.ts';

export function onWaitingLineChanged(
  foundation: Foundation,
  parts: { lines: WaitingLines; waiters: Waiters },
): (message: Received) => Promise<void> {
  return async (message) => {
    if (!isMessage(message, waitingLineChanged))
      throw new ContractBreach('sales.unexpected-message', message.definition.type);
    await parts.lines.apply(foundation.scopeOf(message.envelope), message.envelope);
    parts.waiters.wake(message.envelope.data.orderIds);
  };
}
