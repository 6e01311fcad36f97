// Somebody held up a ticket at a gate that was exchanged or reissued before (REI-34): kept for the picture of the chain.
// duplicate: the message's id · late, early: each record stands by itself, whatever is known of the ticket · crash: the message comes
// again · two instances: one of them inserts.
import { formerTicketShown } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import type { ShownTickets } from '../views/shown-tickets.store.ts';

export function onFormerShown(
  foundation: Foundation,
  shownTickets: ShownTickets,
): (message: Received) => Promise<void> {
  return async (message) => {
    if (!isMessage(message, formerTicketShown))
      throw new ContractBreach('reissue.unexpected-message', message.definition.type);
    const { envelope } = message;
    const { rightId, shownNumber: number, gateId, decided, shownAt } = envelope.data;
    const at = new Date(shownAt).toISOString();
    await shownTickets.record(foundation.scopeOf(envelope), envelope.id, { rightId, number, gateId, decided, at });
  };
}
