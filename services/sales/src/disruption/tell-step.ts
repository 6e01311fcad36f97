// One step of telling (SAL-52): tickets are taken in hand, each gets its offer, then each order is told once of all of them. In this
// order, because a holder who was told must find the offer; what is in hand is worked again after a crash, and the order knows what it
// was told.
import { NotYet } from '@tongpiao/kernel';
import type { Scope, Snapshot } from '@tongpiao/persistence';
import { paced, stepTickets, type Foundation } from '@tongpiao/service-shell';
import type { BuyersPulse } from '../order/buyers-pulse.ts';
import type { OrderState } from '../order/order.ts';
import { awaitsChoice } from '../right/disrupted.policy.ts';
import type { Offer, RightState, SoldRight } from '../right/right.ts';
import type { Disruptions, Orders, Rights } from '../stores.ts';
import type { Disruption } from './disruption.ts';
import { cancelledAtOf, untoldTickets } from './untold.ts';

export type TellParts = {
  readonly disruptions: Disruptions;
  readonly orders: Orders;
  readonly rights: Rights;
  readonly pulse: BuyersPulse;
};
export type Sold = Snapshot<RightState> & { readonly state: SoldRight };
/** Whoever buys hardly feels them. */
const AT_ONCE = 16;

type Counted = { readonly tickets: number; readonly people: number; readonly isNew: boolean };

export function createTellStep(foundation: Foundation, parts: TellParts) {
  const { clock, logger } = foundation;

  /** @returns undefined when nobody is left to be told */
  async function inHand(scope: Scope, id: string, disruption: Disruption): Promise<readonly string[] | undefined> {
    if (disruption.inHand.length > 0) return disruption.inHand;
    const found = await untoldTickets(
      parts.rights,
      scope,
      id,
      disruption,
      disruption.cursor,
      stepTickets(parts.pulse.slowed()),
    );
    const last = found.at(-1);
    if (last === undefined || last.state.status === 'none') return undefined;
    const { state } = await parts.disruptions.handle(scope, id, {
      type: 'TakeTickets',
      step: disruption.step,
      at: clock().toISOString(),
      rightIds: found.map((right) => right.id),
      cursor: { soldAt: last.state.soldAt, id: last.id },
    });
    // Whoever else works on this step has taken the same, or has finished it.
    return state.status === 'none' || state.step !== disruption.step ? [] : state.inHand;
  }

  async function tellOrder(
    scope: Scope,
    id: string,
    disruption: Disruption,
    orderId: string,
    tickets: readonly Sold[],
  ): Promise<Counted> {
    const { kind, decideBy, startsAt, reason } = disruption;
    const offeredAt = clock().toISOString();
    const cancelled = kind === 'cancelled' ? { cancelledAt: cancelledAtOf(disruption) } : {};
    const offer: Offer = { disruptionId: id, kind, decideBy, offeredAt, ...cancelled };
    const command = { type: 'OfferChoice', offer } as const;
    const after = await Promise.all(tickets.map(async (ticket) => parts.rights.handle(scope, ticket.id, command)));
    const offered = after.flatMap(({ state }) =>
      state.status !== 'none' && state.offer?.disruptionId === id ? [state] : [],
    );
    const open = offered.filter(awaitsChoice);
    const people = offered.reduce((sum, { admits }) => sum + admits, 0);
    if (open.length === 0) return { tickets: offered.length, people, isNew: false };
    const ticketNumbers = open.map(({ number }) => number);
    const told = { disruptionId: id, kind, ticketNumbers, startsAt, reason, decideBy };
    const { state } = await parts.orders.handle(scope, orderId, { type: 'TellDisruption', told });
    return { tickets: offered.length, people, isNew: isFirst(state, id, ticketNumbers) };
  }

  return async (scope: Scope, id: string, disruption: Disruption): Promise<void> => {
    const { step } = disruption;
    const ids = await inHand(scope, id, disruption);
    if (ids === undefined) {
      await parts.disruptions.handle(scope, id, { type: 'FindNobody', step, at: clock().toISOString() });
      return;
    }
    const found = await parts.rights.find(scope, { _id: { $in: ids } }, { limit: ids.length });
    // In the order in which they lie in hand: who failed last time comes after who was not reached.
    const place = new Map(ids.map((rightId, index) => [rightId, index]));
    const sold = found.filter(isSold).sort((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0));
    const byOrder = [...Map.groupBy(sold, ({ state }) => state.orderId)];
    const told = { tickets: 0, people: 0, orders: 0 };
    const failed: string[] = [];
    const begun = await paced(
      byOrder,
      async ([orderId, tickets]) => {
        try {
          const counted = await tellOrder(scope, id, disruption, orderId, tickets);
          told.tickets += counted.tickets;
          told.people += counted.people;
          told.orders += counted.isNew ? 1 : 0;
        } catch (error) {
          failed.push(...tickets.map((ticket) => ticket.id));
          // An order that is just being fulfilled is told in the next step.
          if (!(error instanceof NotYet))
            logger.error({ err: error, disruptionId: id, orderId }, 'the holder of a disrupted session was not told');
        }
      },
      { atOnce: AT_ONCE, ...parts.pulse },
    );
    const notReached = byOrder.slice(begun).flatMap(([, tickets]) => tickets.map((ticket) => ticket.id));
    const left = [...notReached, ...failed];
    const at = clock().toISOString();
    await parts.disruptions.handle(scope, id, { type: 'FinishTelling', step, at, told: { ...told, left } });
  };
}

export function isSold(snapshot: Snapshot<RightState>): snapshot is Sold {
  return snapshot.state.status !== 'none';
}

/** An order counts with the tickets that it heard of first, so that work which is done again counts the same. */
function isFirst(order: OrderState, disruptionId: string, numbers: readonly string[]): boolean {
  if (order.status === 'none') return false;
  const first = order.told.find((told) => told.disruptionId === disruptionId);
  return first?.ticketNumbers.some((number) => numbers.includes(number)) === true;
}
