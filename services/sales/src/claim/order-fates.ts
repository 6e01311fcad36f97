// What an order still needs of a claim that it took. An order without tickets needs all of it; one with tickets needs as much as living
// tickets and exchanges under way of it have that document, session or day: one that was given back or exchanged makes room again.
import { isLiving } from '../right/right.decider.ts';
import type { RightState } from '../right/right.ts';
import { documentOf } from '../order/ticket-documents.ts';
import type { LiveOrder, OrderState } from '../order/order.ts';
import type { Orders, Rights } from '../stores.ts';
import type { ClaimWish, Fate, HolderFates } from './claim.store.ts';
import { documentKeys } from './document-claims.ts';

const LIVE: ReadonlySet<OrderState['status']> = new Set(['placed', 'holding', 'awaiting_payment', 'paid']);
/** An order has at most 20 lines of at most 500 places; claims are per document, so far fewer are met. */
const RIGHTS_MAX = 2_000;

type SoldOne = { readonly id: string; readonly state: RightState };

export function orderFates(orders: Orders, rights: Rights): HolderFates {
  return async (scope, orderIds, wish) => {
    const found = await orders.find(scope, { _id: { $in: orderIds } }, { limit: orderIds.length });
    const withTickets =
      wish.counts === 'live' ? found.filter(({ state }) => 'tickets' in state).map(({ id }) => id) : [];
    const sold =
      withTickets.length === 0
        ? []
        : await rights.find(scope, { 'state.orderId': { $in: withTickets } }, { limit: RIGHTS_MAX });
    return new Map(
      found.flatMap(({ id, state }) =>
        state.status === 'none'
          ? []
          : [
              [
                id,
                fateOf(
                  state,
                  wish,
                  sold.filter(({ state: right }) => right.status !== 'none' && right.orderId === id),
                ),
              ] as const,
            ],
      ),
    );
  };
}

function fateOf(order: LiveOrder, wish: Pick<ClaimWish, 'key' | 'counts'>, rights: readonly SoldOne[]): Fate {
  const knows = (exchangeId: string): boolean => order.exchanges.some(({ id }) => id === exchangeId);
  if (wish.counts === 'unpaid') return { needs: isUnpaid(order) ? 'all' : 0, knows };
  if (LIVE.has(order.status)) return { needs: 'all', knows };
  const tickets = rights.filter(({ state }) => isAbout(wish.key, state)).length;
  return { needs: tickets + exchangesTo(wish.key, order, rights), knows };
}

/** SAL-29: whoever stands in line has not paid either, unless it was prepaid. */
function isUnpaid(order: LiveOrder): boolean {
  if (order.status === 'placed') return order.prepaidBy === undefined;
  return order.status === 'holding' || order.status === 'awaiting_payment';
}

function isOf(key: string, place: Parameters<typeof documentKeys>[0], document: string): boolean {
  const { ofSession, ofDay } = documentKeys(place, document);
  return key === ofSession || key === ofDay;
}

function isAbout(key: string, right: RightState): boolean {
  if (!isLiving(right) && right.status !== 'used' && right.status !== 'frozen') return false;
  return isOf(key, right, right.traveller?.idNumber.index ?? '');
}

/** A ticket that is exchanged within the session or the day is counted already. */
function exchangesTo(key: string, order: LiveOrder, rights: readonly SoldOne[]): number {
  if (!('tickets' in order)) return 0;
  return order.exchanges.filter(({ status, line, rightId }) => {
    // REI-31: one that was put right since the order was placed is the right's.
    const right = rights.find(({ id }) => id === rightId)?.state;
    const own = right === undefined || right.status === 'none' ? undefined : right.traveller?.idNumber;
    const document = (own ?? documentOf(order, rightId))?.index ?? '';
    return status !== 'done' && status !== 'failed' && isOf(key, line, document);
  }).length;
}
