// Money of an order with many tickets (SAL-50, SAL-52, FIN-02): by itself, collected, sent with the last, sent by the timer; each
// ticket's in one refund, however often it is said, and what is said of it.
import { fen, fold } from '@tongpiao/kernel';
import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import { begun, completeExchange, DOWN, held, newLine, sentBack, settledBy } from './exchange.fixture.ts';
import { orderDecider } from './order.decider.ts';
import { factsOf, granted, refundConfirmed, refundDone } from './order.fixture.ts';
import type { LiveOrder, OrderCommand, OrderEvent, OrderRefund, OwedBack, ReturnedTicket } from './order.ts';
import { viewOrder } from './order-view.ts';
import { SINGLE_REFUNDS_MAX } from './send-back.policy.ts';
import { dataOf, said, spelled } from './said.fixture.ts';

const given = specify(orderDecider);
const AT = '2026-12-01T02:00:00.000Z';
const IN_A_MINUTE = '2026-12-01T02:01:00.000Z';
const IN_AN_HOUR = '2026-12-01T03:00:00.000Z';
const PRICE = 12_000;

/** An order with so many tickets for each of these sessions, paid by `pay_1`. */
function sold(quantities: readonly number[], method: 'wechat' | 'cash' = 'wechat'): readonly OrderEvent[] {
  const [line] = factsOf().lines;
  if (line === undefined) throw new Error('the fixture has a line');
  const lines = quantities.map((quantity, index) => ({
    ...line,
    ...{ lineId: `l${index + 1}`, sessionId: `ses_${index + 1}`, quantity },
  }));
  const total = fen(PRICE * quantities.reduce((sum, quantity) => sum + quantity, 0));
  const places = lines.flatMap(({ lineId, quantity }) => Array.from({ length: quantity }, () => lineId));
  const tickets = places.map((lineId, index) => ({ rightId: `rgt_${index + 1}`, number: `N${index + 1}`, lineId }));
  const payment = { id: 'pay_1', method, amount: total, status: 'requested', requestedAt: AT } as const;
  return [
    { type: 'OrderPlaced', facts: factsOf({ lines, total }) },
    granted,
    { type: 'PaymentRequested', payment },
    { type: 'OrderPaid', paymentId: 'pay_1', at: AT, issueBy: AT },
    { type: 'OrderFulfilled', tickets, told: [] },
  ];
}
const ticket = (index: number, reason: ReturnedTicket['reason'] = 'customer'): ReturnedTicket => ({
  ...{ refundId: `rfd_${index}`, rightId: `rgt_${index}`, number: `N${index}` },
  ...{ fee: fen(0), returned: fen(PRICE), reason, at: AT },
});
const byHolder = (index: number): OrderCommand => ({ type: 'ReturnTicket', returned: ticket(index), at: AT });
const atDeadline = (index: number, at = AT): OrderCommand => ({
  type: 'ReturnTicket',
  returned: ticket(index, 'session-cancelled'),
  atDeadline: true,
  at,
});
const owed = (index: number): OwedBack => ({ refundId: `rfd_${index}`, of: `rfd_${index}`, amount: fen(PRICE) });
const sent = (index: number): OrderEvent => sentBack(`rfd_${index}`, 'pay_1', PRICE, 'refund', `rfd_${index}`);
const gone = (index: number): readonly OrderEvent[] => [
  { type: 'TicketReturned', returned: ticket(index) },
  sent(index),
];
const along = (index: number, reason: ReturnedTicket['reason'] = 'session-cancelled'): OrderEvent => ({
  type: 'TicketReturned',
  returned: ticket(index, reason),
  together: true,
});
const collected = (index: number, sendBy?: string): OrderEvent => ({
  type: 'MoneyCollected',
  owed: owed(index),
  ...(sendBy === undefined ? {} : { sendBy }),
});
const together = (...indexes: readonly number[]): readonly OrderEvent[] => {
  const covers = indexes.map((index) => `rfd_${index}`);
  const [id = ''] = covers;
  const refund: OrderRefund = {
    ...{ id, paymentId: 'pay_1', amount: fen(PRICE * indexes.length), reason: 'refund', status: 'requested', of: id },
    covers,
  };
  return [
    { type: 'OwedSentBack', covers },
    { type: 'RefundRequested', refund },
  ];
};
const ring = (at: string): OrderCommand => ({ type: 'SendOwedBack', at });
/** So many tickets of an order were given back one by one, from the first on. */
const oneByOne = (count: number): readonly OrderEvent[] =>
  Array.from({ length: count }, (_, index) => gone(index + 1)).flat();
const exchanged: OrderEvent = {
  type: 'ExchangeCompleted',
  exchangeId: 'exc_1',
  ticket: { number: 'N3', qr: 'qr-N3', lineId: 'l1' },
};
const extra: OrderEvent = {
  type: 'PaymentRequested',
  payment: {
    id: 'pay_x',
    method: 'wechat',
    amount: fen(3_500),
    status: 'requested',
    requestedAt: AT,
    exchangeId: 'exc_1',
  },
};
const after = (...events: readonly OrderEvent[]): LiveOrder => {
  const state = fold(orderDecider, orderDecider.initial, events);
  if (state.status === 'none') throw new Error('there is an order');
  return state;
};

describe('money that an order owes back', () => {
  describe('SAL-52 at the deadline of a disruption', () => {
    it('a ticket that is its order’s only one for the session goes at once, as if there were no others', () => {
      given(...sold([1]))
        .when(atDeadline(1))
        .then({ type: 'TicketReturned', returned: ticket(1, 'session-cancelled') }, sent(1));
      given(...sold([1, 1]))
        .when(atDeadline(1))
        .then({ type: 'TicketReturned', returned: ticket(1, 'session-cancelled') }, sent(1));
    });
    it('of several the first is collected, the next with it, and the last takes all along in one refund', () => {
      const order = sold([3]);
      given(...order)
        .when(atDeadline(1))
        .then(along(1), collected(1, IN_A_MINUTE));
      const one = [...order, along(1), collected(1, IN_A_MINUTE)];
      given(...one)
        .when(atDeadline(2, '2026-12-01T02:00:20.000Z'))
        .then(along(2), collected(2));
      given(...one, along(2), collected(2))
        .when(atDeadline(3))
        .then(along(3), ...together(1, 2, 3));
    });
    it('who gave one back by themselves, or has exchanged it, is not waited for', () => {
      given(...sold([2]), ...gone(2))
        .when(atDeadline(1))
        .then({ type: 'TicketReturned', returned: ticket(1, 'session-cancelled') }, sent(1));
      const away: OrderEvent[] = [
        ...[begun({ rightId: 'rgt_2', line: newLine({ sessionId: 'ses_9' }), due: fen(0) }), held()],
        ...[settledBy(undefined), exchanged],
      ];
      given(...sold([2]), ...away)
        .when(atDeadline(1))
        .then({ type: 'TicketReturned', returned: ticket(1, 'session-cancelled') }, sent(1));
      given(...sold([2]), ...away.slice(0, -1))
        .when(atDeadline(1))
        .then(along(1), collected(1, IN_A_MINUTE));
    });
    it('a holder who chooses meanwhile is not kept waiting', () => {
      given(...sold([3]), along(1), collected(1, IN_A_MINUTE))
        .when(byHolder(2))
        .then(...gone(2));
    });
    it('the same ticket twice, collected or sent: nothing', () => {
      const one = [...sold([2]), along(1), collected(1, IN_A_MINUTE)];
      given(...one)
        .when(atDeadline(1))
        .thenNothing();
      given(...one, along(2), ...together(1, 2))
        .when(atDeadline(1))
        .thenNothing();
    });
  });

  describe('the timer', () => {
    const two = [...sold([3]), along(1), collected(1, IN_A_MINUTE), along(2), collected(2)];
    it('sends what was collected although a ticket never came, because it was used', () => {
      given(...two)
        .when(ring(IN_A_MINUTE))
        .then(...together(1, 2));
    });
    it('one alone goes as if it had never been collected', () => {
      given(...sold([2]), along(1), collected(1, IN_A_MINUTE))
        .when(ring(IN_A_MINUTE))
        .then({ type: 'OwedSentBack', covers: ['rfd_1'] }, sent(1));
    });
    it('twice, or when the last ticket was quicker: nothing', () => {
      given(...two, ...together(1, 2))
        .when(ring(IN_A_MINUTE))
        .thenNothing();
      given(...sold([3]))
        .when(ring(IN_A_MINUTE))
        .thenNothing();
    });
    it('before its time, on its way when something else was collected or by a clock that is ahead: it is set anew', () => {
      const due = new Date(Date.parse(IN_AN_HOUR) + 60_000).toISOString();
      const renewed = { type: 'ReminderRenewed', what: 'send-back', due } as const;
      given(...sold([3]), along(1), collected(1, IN_AN_HOUR))
        .when(ring(IN_A_MINUTE))
        .then(renewed);
      given(...sold([3]), along(1), collected(1, IN_AN_HOUR), renewed)
        .when(ring(due))
        .then({ type: 'OwedSentBack', covers: ['rfd_1'] }, sent(1));
    });
    it('what comes after it has gone is collected anew', () => {
      given(...two, ...together(1, 2))
        .when(atDeadline(3, IN_AN_HOUR))
        .then({ type: 'TicketReturned', returned: ticket(3, 'session-cancelled') }, sent(3));
      given(...sold([4]), along(1), collected(1, IN_A_MINUTE), ...together(1))
        .when(atDeadline(2, IN_AN_HOUR))
        .then(along(2), collected(2, '2026-12-01T03:01:00.000Z'));
    });
  });

  describe('FIN-02 one by one, as often as the provider allows', () => {
    const order = sold([50]);
    const few = [...order, ...oneByOne(SINGLE_REFUNDS_MAX - 1)];
    const many = [...order, ...oneByOne(SINGLE_REFUNDS_MAX)];
    it('each by itself, until the payment has had as many as it may', () => {
      given(...few)
        .when(byHolder(40))
        .then(...gone(40));
      given(...many)
        .when(byHolder(41))
        .then(along(41, 'customer'), collected(41, IN_AN_HOUR));
    });
    it('then collected for an hour, and for twice as long after each further refund', () => {
      given(...many, along(41, 'customer'), collected(41, IN_AN_HOUR))
        .when(ring(IN_AN_HOUR))
        .then({ type: 'OwedSentBack', covers: ['rfd_41'] }, sent(41));
      given(...many, along(41, 'customer'), collected(41, IN_AN_HOUR), ...together(41))
        .when(byHolder(42))
        .then(along(42, 'customer'), collected(42, '2026-12-01T04:00:00.000Z'));
    });
    it('the last ticket of the order takes all along', () => {
      const all = [41, 42, 43, 44, 45, 46, 47, 48, 49];
      given(...many, ...all.flatMap((index) => [along(index, 'customer'), collected(index, IN_AN_HOUR)]))
        .when(byHolder(50))
        .then(along(50, 'customer'), ...together(...all, 50));
    });
    it('a deadline that comes meanwhile makes it sooner, never later', () => {
      const waiting = [...many, along(41, 'customer'), collected(41, IN_AN_HOUR)];
      given(...waiting)
        .when(atDeadline(42))
        .then(along(42), collected(42, IN_A_MINUTE));
      given(...waiting, along(42), collected(42, IN_A_MINUTE))
        .when(byHolder(43))
        .then(along(43, 'customer'), collected(43));
    });
    it('cash is handed over one by one: no provider counts it', () => {
      given(...sold([50], 'cash'), ...oneByOne(SINGLE_REFUNDS_MAX))
        .when(byHolder(41))
        .then(...gone(41));
    });
    it('SAL-53 what is left over of an exchange is collected too', () => {
      const down = [begun({ ...DOWN, rightId: 'rgt_41' }), held(), settledBy(undefined)];
      const back: OwedBack = { refundId: 'rfd_exc_1', of: 'exc_1', amount: fen(2_500) };
      given(...many, ...down)
        .when(completeExchange)
        .then(exchanged, { type: 'MoneyCollected', owed: back, sendBy: IN_AN_HOUR });
      const state = after(...many, ...down, exchanged, { type: 'MoneyCollected', owed: back, sendBy: IN_AN_HOUR });
      const events = orderDecider.decide(state, ring(IN_AN_HOUR));
      expect(events).to.deep.equal([
        { type: 'OwedSentBack', covers: ['exc_1'] },
        sentBack('rfd_exc_1', 'pay_1', 2_500, 'refund', 'exc_1'),
      ]);
    });
  });

  it('FIN-03 together more than the order’s own payment has left: each payment has its part, and both carry all tickets', () => {
    const up = [begun({ rightId: 'rgt_2' }), held(), extra, settledBy('pay_x'), exchanged];
    const history = [...sold([2]), ...up, along(1), collected(1, IN_A_MINUTE)];
    const returned = { ...ticket(2, 'session-cancelled'), returned: fen(15_000) };
    const events = orderDecider.decide(after(...history), {
      type: 'ReturnTicket',
      returned,
      atDeadline: true,
      at: AT,
    });
    const refunds = after(...history, ...events).refunds;
    expect(refunds.map(({ id, paymentId, amount, covers }) => [id, paymentId, amount, covers])).to.deep.equal([
      ['rfd_1', 'pay_1', 24_000, ['rfd_1', 'rfd_2']],
      ['rfd_1-p2', 'pay_x', 3_000, ['rfd_1', 'rfd_2']],
    ]);
  });

  describe('REI-52 what went as a compensation over the same payment', () => {
    const compensation = { refundId: 'rfd_c', paymentId: 'pay_1', amount: fen(2_000) };
    const note: OrderCommand = { type: 'NoteCompensation', compensation };
    const noted: OrderEvent = { type: 'CompensationNoted', compensation };
    it('is noted once', () => {
      given(...sold([2]))
        .when(note)
        .then(noted);
      given(...sold([2]), noted)
        .when(note)
        .thenNothing();
    });
    it('does not keep back what is there: only so much is asked for by itself, and will be refused', () => {
      const history = [...sold([2]), noted, along(1), collected(1, IN_A_MINUTE)];
      const { refunds } = after(...history, ...orderDecider.decide(after(...history), atDeadline(2)));
      expect(refunds.map(({ id, amount, of, covers }) => [id, amount, of, covers])).to.deep.equal([
        ['rfd_1', 22_000, 'rfd_1', ['rfd_1', 'rfd_2']],
        ['rfd_1-rest', 2_000, 'rfd_1', ['rfd_1', 'rfd_2']],
      ]);
    });
    it('where enough is left, or nothing at all, one refund is asked for', () => {
      const three = [...sold([3]), noted, along(1), collected(1, IN_A_MINUTE), along(2), collected(2)];
      given(...three)
        .when(ring(IN_A_MINUTE))
        .then(...together(1, 2));
      const all: OrderEvent = { type: 'CompensationNoted', compensation: { ...compensation, amount: fen(24_000) } };
      given(...sold([2]), all, along(1), collected(1, IN_A_MINUTE))
        .when(atDeadline(2))
        .then(along(2), ...together(1, 2));
    });
    it('FIN-02 counts at the provider like any refund', () => {
      given(...sold([50]), ...oneByOne(SINGLE_REFUNDS_MAX - 1), noted)
        .when(byHolder(41))
        .then(along(41, 'customer'), collected(41, IN_AN_HOUR));
    });
  });

  describe('a refund that did not arrive', () => {
    const failed: OrderEvent = { type: 'RefundFailed', refundId: 'rfd_1' };
    const fail: OrderCommand = { type: 'FailRefund', refundId: 'rfd_1' };
    const confirm: OrderCommand = { type: 'ConfirmRefund', refundId: 'rfd_1' };
    const asked = [...sold([2]), ...gone(1)];
    it('FIN-02 has failed until a retry brings it; the others are as they were', () => {
      given(...asked, ...gone(2))
        .when(fail)
        .then(failed);
      expect(after(...asked, ...gone(2), failed).refunds.map(({ status }) => status)).to.deep.equal([
        'failed',
        'requested',
      ]);
      given(...asked, failed)
        .when(confirm)
        .then({ type: 'RefundDone', refundId: 'rfd_1' });
    });
    it('said twice, or after it is done, or of a refund that is not the order’s: nothing', () => {
      given(...asked, failed)
        .when(fail)
        .thenNothing();
      given(...asked, { type: 'RefundDone', refundId: 'rfd_1' })
        .when(fail)
        .thenNothing();
      given(...asked)
        .when({ type: 'FailRefund', refundId: 'rfd_9' })
        .thenNothing();
      given(...sold([1]), sentBack('rfd_pay_7', 'pay_7', 1, 'late-payment'), {
        type: 'RefundFailed',
        refundId: 'rfd_pay_7',
      })
        .when(refundConfirmed('pay_7'))
        .then(refundDone('pay_7'));
    });
  });

  describe('what is said', () => {
    const two = [...sold([3]), along(1), collected(1, IN_A_MINUTE), along(2)];
    it('of a ticket that is collected nothing; the timer is set with the first, and not again', () => {
      expect(said(along(1), ...sold([3]))).to.deep.equal([]);
      expect(spelled(said(collected(1, IN_A_MINUTE), ...sold([3]), along(1)))).to.deep.equal([
        `send-back at ${IN_A_MINUTE}: sales.order.send-owed-back.v1`,
      ]);
      expect(said(collected(2), ...two)).to.deep.equal([]);
    });
    it('SAL-52 when it goes, its holder hears of all of them once, with the sum', () => {
      const [event, money] = together(1, 2);
      if (event === undefined || money === undefined) throw new Error('the fixture has both');
      const messages = said(event, ...two, collected(2));
      expect(spelled(messages)).to.deep.equal(['no more send-back', 'sales.order.tickets-refunded.v1']);
      expect(dataOf(messages, 'sales.order.tickets-refunded.v1')).to.deep.include({
        ...{ refundId: 'rfd_1', ticketNumbers: ['N1', 'N2'], fee: 0, returned: 24_000, reason: 'session-cancelled' },
      });
      expect(dataOf(said(money, ...two, collected(2), event), 'finance.payment.refund.v1')).to.deep.equal({
        ...{ refundId: 'rfd_1', paymentId: 'pay_1', orderId: 'ord_1', amount: 24_000, reason: 'refund' },
      });
    });
    it('for each reason once, and no message names more than it may', () => {
      const count = 502;
      const indexes = Array.from({ length: count }, (_, index) => index + 1);
      const returned = indexes.map((index) => along(index, index === 7 ? 'customer' : 'session-cancelled'));
      const messages = said(
        { type: 'OwedSentBack', covers: indexes.map((index) => `rfd_${index}`) },
        ...sold([count]),
        ...returned,
      );
      const told = messages.flatMap((message) =>
        'definition' in message ? [message.data as { ticketNumbers: string[]; reason: string }] : [],
      );
      expect(told.map(({ reason, ticketNumbers }) => [reason, ticketNumbers.length])).to.deep.equal([
        ['session-cancelled', 500],
        ['session-cancelled', 1],
        ['customer', 1],
      ]);
      expect(new Set(told.flatMap(({ ticketNumbers }) => ticketNumbers)).size).to.equal(count);
    });
    it('FIN-02 that some of it is to be fetched in cash', () => {
      const order = sold([2], 'cash');
      const [event, money] = together(1, 2);
      if (event === undefined || money === undefined) throw new Error('the fixture has both');
      const messages = said(event, ...order, along(1), collected(1), along(2), money);
      expect(dataOf(messages, 'sales.order.tickets-refunded.v1')).to.include({ inCash: true });
    });
    it('of a refund that has failed nothing: finance tells its own people', () => {
      expect(said({ type: 'RefundFailed', refundId: 'rfd_1' }, ...sold([1]), ...gone(1))).to.deep.equal([]);
    });
    it('the order shows what is collected, then which tickets a refund carries', () => {
      const view = (...events: readonly OrderEvent[]): ReturnType<typeof viewOrder> =>
        viewOrder('ord_1', 'ten_1', after(...events), new Map());
      expect(view(...two, collected(2)).owed).to.deep.equal({
        amount: { amount: 24_000, currency: 'CNY' },
        sendBy: IN_A_MINUTE,
      });
      const done = view(...two, collected(2), ...together(1, 2));
      expect(done).to.not.have.property('owed');
      expect(done.refunds.map(({ id, ticketNumbers }) => [id, ticketNumbers])).to.deep.equal([['rfd_1', ['N1', 'N2']]]);
      expect(view(...sold([2]), ...gone(1)).refunds[0]?.ticketNumbers).to.deep.equal(['N1']);
    });
  });
});
