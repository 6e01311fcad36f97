// What others must hear of a right: finance earns its price when it is used up (FIN-12). Issuing is told by the order.
import { ticketUsed } from '@tongpiao/contracts';
import { say, type Said } from '@tongpiao/persistence';
import type { RightEvent, RightState } from './right.ts';

export function rightMessages(event: RightEvent, facts: { id: string; state: RightState }): readonly Said[] {
  const { state } = facts;
  switch (event.type) {
    case 'TicketIssued':
    case 'TravellerRevealed':
      return [];
    case 'TicketCheckedIn': {
      if (state.status !== 'used') return [];
      const { number, orderId, productId, amount } = state;
      return [
        say(ticketUsed, {
          rightId: facts.id,
          ticketNumber: number,
          orderId,
          productId,
          amount,
          usedAt: event.use.at,
          gateId: event.use.gateId,
        }),
      ];
    }
  }
}
