// What an order says of its place in line and of tickets that are given back: every event, and nothing more than its line says.
import { fen } from '@tongpiao/kernel';
import { expect } from 'chai';
import { sentBack, withTickets } from './exchange.fixture.ts';
import {
  cancelled,
  closing,
  expired,
  EXPIRES,
  factsOf,
  granted,
  opened,
  paidBy,
  prepaid,
  prepaymentBack,
  queued,
  refundDone,
  requested,
  returned,
  sentHome,
  served,
  waitingFor,
  WAITS_UNTIL,
} from './order.fixture.ts';
import type { OrderEvent } from './order.ts';
import { dataOf, said, spelled } from './said.fixture.ts';

const inLine = [waitingFor(), queued];
const paying = [...inLine, requested('pay_1'), opened('pay_1'), requested('pay_2')];
const START = '2026-12-02T01:00:00.000Z';

describe('messages of an order in line', () => {
  it('SAL-26 placed: asks for places or a place in line, and its time is that of the line', () => {
    const messages = said(waitingFor());
    expect(spelled(messages)).to.deep.equal([
      'inventory.hold.place.v1',
      `expire at ${WAITS_UNTIL}: sales.order.expire.v1`,
    ]);
    expect(dataOf(messages, 'inventory.hold.place.v1')).to.deep.include({
      expiresAt: WAITS_UNTIL,
      waiting: { until: WAITS_UNTIL, lineMax: 100 },
    });
  });
  it('SAL-42 a group asks for a place for each of its people', () => {
    const lines = factsOf().lines.map((line) => ({ ...line, admits: 10 }));
    const messages = said({ type: 'OrderPlaced', facts: factsOf({ lines }) });
    expect(dataOf(messages, 'inventory.hold.place.v1')).to.deep.include({
      lines: [{ sessionId: 'ses_1', quantity: 20 }],
    });
  });
  it('queued: the buyer is told the place in line, and until when', () => {
    const messages = said(queued, waitingFor());
    expect(spelled(messages)).to.deep.equal(['sales.order.waiting-joined.v1']);
    expect(dataOf(messages, 'sales.order.waiting-joined.v1')).to.include({
      position: 3,
      until: WAITS_UNTIL,
      startsAt: START,
    });
  });
  it('served: the hold and the timer live as long as the time to pay, and the buyer is told to pay', () => {
    const messages = said(served, ...inLine);
    expect(spelled(messages)).to.deep.equal([
      'inventory.hold.extend.v1',
      `expire at ${EXPIRES}: sales.order.expire.v1`,
      'sales.order.waiting-served.v1',
    ]);
    expect(dataOf(messages, 'inventory.hold.extend.v1')).to.deep.equal({
      holdId: 'hld_1',
      orderId: 'ord_1',
      expiresAt: EXPIRES,
    });
    expect(dataOf(messages, 'sales.order.waiting-served.v1')).to.include({
      total: 24_000,
      payBy: EXPIRES,
      startsAt: START,
    });
  });
  it('there was room at once: the same, and nobody is told to come', () => {
    expect(spelled(said({ type: 'HoldGranted', payBy: EXPIRES }, waitingFor()))).to.deep.equal([
      'inventory.hold.extend.v1',
      `expire at ${EXPIRES}: sales.order.expire.v1`,
    ]);
  });
  it('prepaid and served: there is nothing left to ask the buyer for', () => {
    const paid = paidBy('pay_1');
    const history = [...paying, prepaid('pay_1')];
    expect(spelled(said(paid, ...history, served))).to.include('inventory.hold.confirm.v1');
    // Both events are one decision; what the first says is said of the order as it is afterwards.
    expect(said(granted, ...history, served, paid)).to.deep.equal([]);
  });
  it('prepaid: other payments are closed at their providers', () => {
    const messages = said(prepaid('pay_1'), ...paying);
    expect(spelled(messages)).to.deep.equal(['finance.payment.close.v1']);
    expect(dataOf(messages, 'finance.payment.close.v1')).to.include({ paymentId: 'pay_2' });
  });
  it('sent home: open payments are closed, and the buyer is told why', () => {
    const messages = said(sentHome, ...paying);
    expect(spelled(messages)).to.deep.equal([
      'no more expire',
      'finance.payment.close.v1',
      'finance.payment.close.v1',
      'sales.order.closed.v1',
    ]);
    expect(dataOf(messages, 'sales.order.closed.v1')).to.include({ status: 'rejected', reason: 'sold-out' });
  });
  it('its time is over: said in words of its own', () => {
    expect(dataOf(said(expired, ...inLine), 'sales.order.closed.v1')).to.include({
      status: 'expired',
      reason: 'waiting-over',
    });
  });
  it('places for one who is leaving are let go for the reason of leaving', () => {
    for (const reason of ['expired', 'cancelled'] as const)
      expect(
        dataOf(said({ type: 'HoldLetGo' }, ...paying, closing(reason)), 'inventory.hold.release.v1'),
      ).to.deep.equal({ holdId: 'hld_1', orderId: 'ord_1', reason });
  });
  it('what was prepaid is asked back of finance, and the buyer is told when it is there', () => {
    const history = [...paying, prepaid('pay_1'), cancelled];
    const back = said(prepaymentBack('pay_1'), ...history);
    expect(dataOf(back, 'finance.payment.refund.v1')).to.include({ refundId: 'rfd_line', reason: 'cancelled' });
    const done: OrderEvent = { type: 'RefundDone', refundId: 'rfd_line' };
    expect(dataOf(said(done, ...history, prepaymentBack('pay_1')), 'sales.order.payment-returned.v1')).to.include({
      amount: 24_000,
    });
  });
});

describe('messages of tickets that are given back', () => {
  it('SAL-50 the customer is told fee and money of the ticket, once', () => {
    const [ticket, money] = returned(1);
    if (ticket === undefined || money === undefined) throw new Error('the fixture has both');
    const messages = said(ticket, ...withTickets);
    expect(spelled(messages)).to.deep.equal(['sales.order.tickets-refunded.v1']);
    expect(dataOf(messages, 'sales.order.tickets-refunded.v1')).to.deep.include({
      refundId: 'rfd_t1',
      ticketNumbers: ['N1'],
      fee: 1_200,
      returned: 10_800,
      reason: 'customer',
    });
    expect(dataOf(said(money, ...withTickets, ticket), 'finance.payment.refund.v1')).to.deep.equal({
      refundId: 'rfd_t1',
      paymentId: 'pay_1',
      orderId: 'ord_1',
      amount: 10_800,
      reason: 'refund',
    });
    expect(said({ type: 'RefundDone', refundId: 'rfd_t1' }, ...withTickets, ticket, money)).to.deep.equal([]);
  });
  it('FIN-02 what was paid in cash is to be fetched', () => {
    const [ticket, money] = returned(1);
    if (ticket === undefined || money === undefined) throw new Error('the fixture has both');
    const inCash = withTickets.map((event) =>
      event.type === 'PaymentRequested' ? { ...event, payment: { ...event.payment, method: 'cash' as const } } : event,
    );
    const told = (history: readonly OrderEvent[]): unknown =>
      dataOf(said(ticket, ...history, money), 'sales.order.tickets-refunded.v1');
    expect(told(inCash)).to.include({ inCash: true });
    expect(told(withTickets)).to.not.have.property('inCash');
  });
  it('a free ticket is told as well', () => {
    const [ticket] = returned(1, { fee: fen(0), returned: fen(0) });
    if (ticket === undefined) throw new Error('the fixture has it');
    expect(dataOf(said(ticket, ...withTickets), 'sales.order.tickets-refunded.v1')).to.include({ returned: 0 });
  });
  it('money of a failed exchange was told with its failing', () => {
    const back = sentBack('rfd_pay_x', 'pay_x', 3_500, 'cancelled', 'exc_1');
    expect(said(refundDone('pay_x'), ...withTickets, back)).to.deep.equal([]);
  });
});
