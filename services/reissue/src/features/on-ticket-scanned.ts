// A ticket that has entries left was held up at a gate (REI-11): kept until somebody applies for a new one, because whoever says that it is
// lost does not go in with it.
// duplicate: the message's id · late: a case that was assessed before does not count it any more · early: each record stands by itself,
// whatever is known of the ticket · crash: the message comes again · two instances: one of them inserts.
import { ticketScanned } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import type { ShownTickets } from '../views/shown-tickets.store.ts';

export function onTicketScanned(
  foundation: Foundation,
  shownTickets: ShownTickets,
): (message: Received) => Promise<void> {
  return async (message) => {
    if (!isMessage(message, ticketScanned))
      throw new ContractBreach('reissue.unexpected-message', message.definition.type);
    const { envelope } = message;
    const { rightId, ticketNumber: number, gateId, decided, scannedAt } = envelope.data;
    const shown = { rightId, number, gateId, decided, living: true, at: new Date(scannedAt).toISOString() } as const;
    await shownTickets.record(foundation.scopeOf(envelope), envelope.id, shown);
  };
}
