// The account of an order and its exchanges: where money that goes back comes from, and that it never is more than came in.
import { fen, fold } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  asked,
  begun,
  DUE,
  exchangeDone,
  exchangeFailed,
  held,
  sentBack,
  settledBy,
  withTickets,
} from './exchange.fixture.ts';
import { confirmRefund, later, lateMoney, moneyBack } from './order-money.ts';
import { orderDecider } from './order.decider.ts';
import { capture, paidBy, placed, prepaid, queued, refundDone, requested, waitingFor } from './order.fixture.ts';
import type { LiveOrder, OrderEvent } from './order.ts';

function orderAfter(...events: readonly OrderEvent[]): LiveOrder {
  const state = fold(orderDecider, orderDecider.initial, events);
  if (state.status === 'none') throw new Error('there is an order');
  return state;
}
const parts = (order: LiveOrder, amount: number, first?: string): readonly (readonly [string, string, number])[] =>
  moneyBack(order, fen(amount), 'rfd', 'refund', 'rfd', first).map(
    ({ refund }) => [refund.id, refund.paymentId, refund.amount] as const,
  );

const dearer = [...withTickets, begun(), held(), asked('pay_x'), settledBy('pay_x')];

describe('money of an order', () => {
  it('FIN-03 comes from the order’s own payment first, then from those of its exchanges; each part has a name of its own', () => {
    const order = orderAfter(...dearer);
    expect(parts(order, 24_000)).to.deep.equal([['rfd', 'pay_1', 24_000]]);
    expect(parts(order, 27_500)).to.deep.equal([
      ['rfd', 'pay_1', 24_000],
      ['rfd-p2', 'pay_x', DUE],
    ]);
  });
  it('from the payment that is meant first', () => {
    expect(parts(orderAfter(...dearer), 4_000, 'pay_x')).to.deep.equal([
      ['rfd', 'pay_x', DUE],
      ['rfd-p2', 'pay_1', 500],
    ]);
  });
  it('what went back before is not there any more', () => {
    const order = orderAfter(...dearer, sentBack('r', 'pay_1', 23_900, 'refund', 'r'));
    expect(parts(order, 200)).to.deep.equal([
      ['rfd', 'pay_1', 100],
      ['rfd-p2', 'pay_x', 100],
    ]);
  });
  it('nothing is no refund', () => {
    expect(parts(orderAfter(...dearer), 0)).to.deep.equal([]);
    expect(parts(orderAfter(placed, paidBy(undefined)), 0)).to.deep.equal([]);
  });
  it('what an exchange that failed was paid with, and what came in twice, is not the order’s', () => {
    const failed = orderAfter(
      ...dearer,
      exchangeFailed('sales.ticket-used'),
      sentBack('r', 'pay_x', DUE, 'cancelled', 'exc_1'),
    );
    expect(() => parts(failed, 24_001)).to.throw(/1 fen more than it has/);
    const twice = orderAfter(...withTickets, sentBack('r', 'pay_7', 24_000, 'double-payment'));
    expect(() => parts(twice, 24_001)).to.throw(/1 fen more than it has/);
    expect(parts(orderAfter(...dearer, exchangeDone), 24_001).map(([, payment]) => payment)).to.deep.equal([
      'pay_1',
      'pay_x',
    ]);
  });
  it('SAL-26 in line it is what was prepaid', () => {
    const order = orderAfter(waitingFor(), queued, requested('pay_1'), prepaid('pay_1'));
    expect(parts(order, 24_000)).to.deep.equal([['rfd', 'pay_1', 24_000]]);
    expect(() => parts(orderAfter(waitingFor(), queued, requested('pay_1')), 1)).to.throw(/more than it has/);
  });
  it('however it is taken, the parts are the whole, and no payment gives more than it has', () => {
    const takes = fc.array(fc.tuple(fc.integer({ min: 0, max: 9_000 }), fc.constantFrom(undefined, 'pay_1', 'pay_x')));
    fc.assert(
      fc.property(takes, (list) => {
        let order = orderAfter(...dearer);
        let left = 27_500;
        list.forEach(([amount, first], index) => {
          if (amount > left) return;
          const events = moneyBack(order, fen(amount), `rfd_${index}`, 'refund', `rfd_${index}`, first);
          expect(events.reduce((sum, { refund }) => sum + refund.amount, 0)).to.equal(amount);
          const after = fold(orderDecider, order, events);
          if (after.status === 'none') throw new Error('an order vanished');
          order = after;
          left -= amount;
        });
        for (const [id, amount] of [['pay_1', 24_000] as const, ['pay_x', DUE] as const]) {
          const back = order.refunds.filter(({ paymentId }) => paymentId === id);
          expect(back.reduce((sum, refund) => sum + refund.amount, 0)).to.be.at.most(amount);
        }
        expect(new Set(order.refunds.map(({ id }) => id)).size).to.equal(order.refunds.length);
      }),
    );
  });

  it('SAL-23 money that is late goes back once', () => {
    const command = capture('pay_7');
    if (command.type !== 'CapturePayment') throw new Error('the fixture captures');
    const order = orderAfter(...withTickets);
    const back = sentBack('rfd_pay_7', 'pay_7', 24_000, 'late-payment');
    expect(lateMoney(order, command, 'late-payment')).to.deep.equal([back]);
    expect(lateMoney(orderAfter(...withTickets, back), command, 'late-payment')).to.deep.equal([]);
  });
  it('a refund is done once, and only one that was asked for', () => {
    const order = orderAfter(...withTickets, sentBack('rfd_pay_7', 'pay_7', 1, 'late-payment'));
    expect(confirmRefund(order, 'rfd_pay_7')).to.deep.equal([refundDone('pay_7')]);
    expect(confirmRefund(order, 'rfd_other')).to.deep.equal([]);
    expect(
      confirmRefund(
        orderAfter(...withTickets, sentBack('rfd_pay_7', 'pay_7', 1, 'late-payment'), refundDone('pay_7')),
        'rfd_pay_7',
      ),
    ).to.deep.equal([]);
  });
  it('later is later, across the end of a day', () => {
    expect(later('2026-12-31T23:59:59.500Z', 1_000)).to.equal('2027-01-01T00:00:00.500Z');
  });
});
