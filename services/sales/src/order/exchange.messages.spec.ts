// What is said of an exchange (SAL-53): every event, and nothing more than its line says.
import { expect } from 'chai';
import {
  asked,
  begun,
  DOWN,
  DUE,
  exchangeClosing,
  exchangeDone,
  exchangeFailed,
  exchangeHoldKept,
  held,
  letGo,
  NEW_TICKET,
  newLine,
  SETTLE_BY,
  settledBy,
  withTickets,
} from './exchange.fixture.ts';
import { orderMessages } from './order.messages.ts';
import { opened } from './order.fixture.ts';
import { dataOf, said, spelled } from './said.fixture.ts';

const awaiting = [...withTickets, begun(), held()];
const paying = [...awaiting, asked('pay_x'), opened('pay_x'), asked('pay_y')];
const replacing = [...paying, settledBy('pay_x')];
const ABOUT = { orderId: 'ord_1', exchangeId: 'exc_1' };

describe('messages of an exchange', () => {
  it('begun: asks for the new place and sets its own timer', () => {
    const messages = said(begun(), ...withTickets);
    expect(spelled(messages)).to.deep.equal([
      'inventory.hold.place.v1',
      `expire:exc_1 at ${SETTLE_BY}: sales.exchange.expire.v1`,
    ]);
    expect(dataOf(messages, 'inventory.hold.place.v1')).to.deep.equal({
      holdId: 'hld_2',
      orderId: 'ord_1',
      lines: [{ sessionId: 'ses_2', quantity: 1 }],
      channel: 'web',
      expiresAt: SETTLE_BY,
    });
    expect(dataOf(messages, 'sales.exchange.expire.v1')).to.deep.equal(ABOUT);
  });

  it('SAL-42 a group’s ticket takes as many places as it has people', () => {
    const group = begun({ line: newLine({ admits: 30 }) });
    expect(dataOf(said(group, ...withTickets), 'inventory.hold.place.v1')).to.deep.include({
      lines: [{ sessionId: 'ses_2', quantity: 30 }],
    });
  });

  it('held: only the order itself has to know', () => {
    expect(said(held(), ...withTickets, begun())).to.deep.equal([]);
  });

  it('what is due is asked of finance, in words of its own, until its own end', () => {
    expect(dataOf(said(asked('pay_x'), ...awaiting), 'finance.payment.request.v1')).to.deep.equal({
      paymentId: 'pay_x',
      orderId: 'ord_1',
      amount: DUE,
      method: 'wechat',
      description: '门票 改签 ¥35.00',
      expiresAt: SETTLE_BY,
    });
  });

  it('settled: its time does not run any more, other payments are closed, the ticket is to follow in time', () => {
    const messages = said(settledBy('pay_x'), ...paying);
    expect(spelled(messages)).to.deep.equal([
      'no more expire:exc_1',
      'finance.payment.close.v1',
      'replace:exc_1 at 2026-12-01T02:00:05.000Z: sales.exchange.replace-ticket.v1',
    ]);
    expect(dataOf(messages, 'finance.payment.close.v1')).to.deep.equal({ paymentId: 'pay_y', orderId: 'ord_1' });
    expect(dataOf(messages, 'sales.exchange.replace-ticket.v1')).to.deep.equal(ABOUT);
  });

  it('closing: each of its open payments is to be closed, none of others, and the timer asks again', () => {
    const other = { id: 'exc_2', rightId: 'rgt_2', holdId: 'hld_3' };
    const others = [begun(other), held('exc_2'), asked('pay_o', { exchangeId: 'exc_2' })];
    const messages = said(exchangeClosing('cancelled'), ...paying, ...others);
    expect(spelled(messages)).to.deep.equal([
      'finance.payment.close.v1',
      'finance.payment.close.v1',
      'expire:exc_1 at 2026-12-01T02:01:00.000Z: sales.exchange.expire.v1',
    ]);
    expect(JSON.stringify(messages)).to.not.contain('pay_o');
  });

  it('done: the new place is sold, and the customer is told of the new ticket', () => {
    const messages = said(exchangeDone, ...replacing);
    expect(spelled(messages)).to.deep.equal([
      'no more replace:exc_1',
      'inventory.hold.confirm.v1',
      'sales.order.exchange-completed.v1',
    ]);
    expect(dataOf(messages, 'inventory.hold.confirm.v1')).to.deep.equal({ holdId: 'hld_2', orderId: 'ord_1' });
    expect(dataOf(messages, 'sales.order.exchange-completed.v1')).to.deep.include({
      ...ABOUT,
      previousNumber: 'N1',
      fee: 500,
      returned: 0,
      ticket: {
        number: NEW_TICKET.number,
        ticketType: { zh: '成人票', en: 'Adult' },
        sessionId: 'ses_2',
        date: '2026-12-03',
        startsAt: '2026-12-03T09:00:00+08:00',
        endsAt: '2026-12-03T11:00:00+08:00',
        amount: 15_000,
        qr: NEW_TICKET.qr,
      },
    });
    const down = said(exchangeDone, ...withTickets, begun(DOWN), held(), settledBy(undefined));
    expect(dataOf(down, 'sales.order.exchange-completed.v1')).to.include({ returned: 2_500 });
    expect(dataOf(down, 'sales.order.exchange-completed.v1')).to.not.have.property('inCash');
  });

  for (const [reason, released] of [
    ['expired', 'expired'],
    ['cancelled', 'cancelled'],
    ['sold-out', 'cancelled'],
    ['sales.ticket-used', 'cancelled'],
  ] as const) {
    it(`failed, ${reason}: the new place goes back, and the customer is told that the old ticket stays`, () => {
      const messages = said(exchangeFailed(reason), ...awaiting);
      expect(spelled(messages)).to.deep.equal([
        'no more expire:exc_1',
        'no more replace:exc_1',
        'inventory.hold.release.v1',
        'sales.order.exchange-failed.v1',
      ]);
      expect(dataOf(messages, 'inventory.hold.release.v1')).to.include({ holdId: 'hld_2', reason: released });
      expect(dataOf(messages, 'sales.order.exchange-failed.v1')).to.include({
        ticketNumber: 'N1',
        reason,
        returned: 0,
      });
    });
  }

  it('failed after it was paid: what comes back is said', () => {
    const messages = said(exchangeFailed('sales.ticket-used'), ...replacing);
    expect(dataOf(messages, 'sales.order.exchange-failed.v1')).to.include({ returned: DUE });
  });

  it('INV-10 a place that nobody needs is let go, one that is needed is confirmed again', () => {
    expect(dataOf(said(letGo, ...awaiting, exchangeFailed('expired')), 'inventory.hold.release.v1')).to.deep.equal({
      holdId: 'hld_2',
      orderId: 'ord_1',
      reason: 'cancelled',
    });
    expect(dataOf(said(exchangeHoldKept, ...replacing, exchangeDone), 'inventory.hold.confirm.v1')).to.deep.equal({
      holdId: 'hld_2',
      orderId: 'ord_1',
    });
    const never = said({ type: 'HoldLetGo', holdId: 'hld_9' }, ...withTickets);
    expect(dataOf(never, 'inventory.hold.release.v1')).to.include({ holdId: 'hld_9' });
  });

  it('an exchange that never was says nothing', () => {
    expect(said(exchangeFailed('expired'), ...withTickets)).to.deep.equal([]);
    expect(orderMessages(held(), { id: 'ord_1', state: { status: 'none' } })).to.deep.equal([]);
  });
});
