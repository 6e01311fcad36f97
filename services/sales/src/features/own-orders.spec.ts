// PLA-12: which orders of their own people may have erased: status × money.
import { fold } from '@tongpiao/kernel';
import { expect } from 'chai';
import { orderDecider } from '../order/order.decider.ts';
import * as o from '../order/order.fixture.ts';
import type { LiveOrder, OrderEvent } from '../order/order.ts';
import { keptFor } from './own-orders.ts';

const orderOf = (...events: readonly OrderEvent[]): LiveOrder => {
  const state = fold(orderDecider, orderDecider.initial, events);
  if (state.status === 'none') throw new Error('no order');
  return state;
};
const bought = [o.placed, o.granted, o.requested('pay_1'), o.paidBy('pay_1')] as const;

describe('own orders', () => {
  const notOver = { why: 'not-over' };
  const law = { why: 'law', notBefore: '2029-12-02T03:00:00.000Z' };
  const cases: readonly (readonly [string, LiveOrder, unknown])[] = [
    ['holding', orderOf(o.placed), notOver],
    ['in line', orderOf(o.waitingFor(), o.queued), notOver],
    ['awaiting payment', orderOf(o.placed, o.granted), notOver],
    ['paid', orderOf(...bought), notOver],
    ['with tickets', orderOf(...bought, o.fulfilled), law],
    ['with tickets, money on its way back', orderOf(...bought, o.fulfilled, ...o.returned(1)), notOver],
    ['refused', orderOf(o.refused), undefined],
    ['without room', orderOf(o.placed, o.rejected), undefined],
    ['expired', orderOf(o.placed, o.granted, o.expired), undefined],
    ['cancelled', orderOf(o.placed, o.granted, o.cancelled), undefined],
    [
      'cancelled, a payment closed',
      orderOf(o.placed, o.granted, o.requested('p'), o.closed('p'), o.cancelled),
      undefined,
    ],
    [
      'cancelled, a payment failed',
      orderOf(o.placed, o.granted, o.requested('p'), o.failed('p'), o.cancelled),
      undefined,
    ],
    ['cancelled, a payment may still come', orderOf(o.placed, o.granted, o.requested('p'), o.cancelled), notOver],
    [
      'cancelled, a payment is open',
      orderOf(o.placed, o.granted, o.requested('p'), o.opened('p'), o.cancelled),
      notOver,
    ],
  ];
  for (const [name, order, kept] of cases)
    it(`PLA-12 ${name}: ${kept === undefined ? 'may go' : (kept as { why: string }).why}`, () => {
      expect(keptFor(order, 3)).to.deep.equal(kept);
    });
});
