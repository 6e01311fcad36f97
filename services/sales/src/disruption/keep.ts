// Tickets of a reduced session that may stay after all (INV-20): their holders are told, and their offers are withdrawn.
import type { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import type { Disruption } from './disruption.ts';
import type { Sold, TellParts } from './tell-step.ts';

export type Keep = (
  scope: Scope,
  disruption: Disruption & { readonly id: string },
  tickets: readonly Sold[],
) => Promise<boolean>;

/**
 * Of one order, so that whoever keeps several tickets hears it once. Told first: after a crash they are found again, and nobody waits
 * for money that does not come.
 * @returns whether it is done; what failed is found again by the next look
 */
export function createKeep(
  { logger }: Pick<Foundation, 'logger'>,
  { orders, rights }: Pick<TellParts, 'orders' | 'rights'>,
): Keep {
  return async (scope, { id, kind, startsAt, reason, decideBy }, tickets) => {
    const orderId = tickets[0]?.state.orderId;
    if (orderId === undefined) return false;
    const ticketNumbers = tickets.map(({ state }) => state.number);
    const told = { disruptionId: id, kind, kept: true, ticketNumbers, startsAt, reason, decideBy } as const;
    try {
      await orders.handle(scope, orderId, { type: 'TellDisruption', told });
      for (const ticket of tickets) await rights.handle(scope, ticket.id, { type: 'WithdrawOffer', disruptionId: id });
      return true;
    } catch (error) {
      logger.error({ err: error, disruptionId: id, orderId }, 'tickets of a reduced session were not kept');
      return false;
    }
  };
}
