// What an order says when something happens to it: every event, and nothing more than its line says.
import { forRecipient, type PersonalValue } from '@tongpiao/persistence';
import { expect } from 'chai';
import {
  cancelled,
  closed,
  closing,
  expired,
  EXPIRES,
  factsOf,
  failed,
  fulfilled,
  granted,
  opened,
  paidBy,
  placed,
  refundAsked,
  refundDone,
  refused,
  rejected,
  requested,
} from './order.fixture.ts';
import { orderMessages } from './order.messages.ts';
import type { OrderEvent } from './order.ts';
import { dataOf, said, spelled } from './said.fixture.ts';

const waiting = [placed, granted];
const withTwo = [...waiting, requested('pay_1'), opened('pay_1'), requested('pay_2')];

describe('messages of an order', () => {
  it('SAL-21 placed: asks for the places and sets its own timer', () => {
    const messages = said(placed);
    expect(spelled(messages)).to.deep.equal(['inventory.hold.place.v1', `expire at ${EXPIRES}: sales.order.expire.v1`]);
    expect(dataOf(messages, 'inventory.hold.place.v1')).to.deep.equal({
      holdId: 'hld_1',
      orderId: 'ord_1',
      lines: [{ sessionId: 'ses_1', quantity: 2 }],
      channel: 'web',
      expiresAt: EXPIRES,
    });
  });

  it('SAL-25 refused by a limit: nobody has to hear of it', () => {
    expect(spelled(said(refused))).to.deep.equal([]);
  });

  it('payment requested: finance is asked for the order’s whole amount, until the order expires', () => {
    const messages = said(requested('pay_1'), ...waiting);
    expect(spelled(messages)).to.deep.equal(['finance.payment.request.v1']);
    expect(dataOf(messages, 'finance.payment.request.v1')).to.deep.equal({
      paymentId: 'pay_1',
      orderId: 'ord_1',
      amount: 24_000,
      method: 'wechat',
      description: '门票 ×2 ¥240.00',
      expiresAt: EXPIRES,
    });
  });

  it('SAL-24 a clerk’s cash names the clerk', () => {
    const event: OrderEvent = { ...requested('pay_1'), takenBy: 'usr_1' } as OrderEvent;
    expect(dataOf(said(event, ...waiting), 'finance.payment.request.v1')).to.include({ takenBy: 'usr_1' });
  });

  it('SAL-23 closing: every open payment is to be closed at its provider, and the timer asks again', () => {
    const messages = said(closing('expired'), ...withTwo);
    expect(spelled(messages)).to.deep.equal([
      'finance.payment.close.v1',
      'finance.payment.close.v1',
      'expire at 2026-12-01T02:01:00.000Z: sales.order.expire.v1',
    ]);
  });

  it('SAL-21 a timer that rang before its time is set anew', () => {
    const messages = said({ type: 'ReminderRenewed', what: 'expire', due: EXPIRES }, ...waiting);
    expect(spelled(messages)).to.deep.equal([`expire at ${EXPIRES}: sales.order.expire.v1`]);
    const money = said(
      { type: 'ReminderRenewed', what: 'send-back', due: EXPIRES },
      ...withTwo,
      paidBy('pay_1'),
      fulfilled,
    );
    expect(spelled(money)).to.deep.equal([`send-back at ${EXPIRES}: sales.order.send-owed-back.v1`]);
  });

  it('rejected by inventory: only the timer goes, since nothing is held', () => {
    expect(spelled(said(rejected, placed))).to.deep.equal(['no more expire']);
  });

  for (const [event, reason] of [
    [expired, 'expired'],
    [cancelled, 'cancelled'],
  ] as const) {
    it(`SAL-21 ${reason}: the places go back and the buyer is told`, () => {
      const messages = said(event, ...waiting);
      expect(spelled(messages)).to.deep.equal(['no more expire', 'inventory.hold.release.v1', 'sales.order.closed.v1']);
      expect(dataOf(messages, 'inventory.hold.release.v1')).to.deep.equal({
        holdId: 'hld_1',
        orderId: 'ord_1',
        reason,
      });
      expect(dataOf(messages, 'sales.order.closed.v1')).to.include({ status: reason, notify: true });
    });
  }

  it('SAL-21 paid: places are sold, other payments are closed, tickets are to follow in time', () => {
    expect(spelled(said(paidBy('pay_1'), ...withTwo))).to.deep.equal([
      'no more expire',
      'inventory.hold.confirm.v1',
      'finance.payment.close.v1',
      'issue-tickets at 2026-12-01T02:00:05.000Z: sales.order.issue-tickets.v1',
    ]);
  });

  it('SAL-32 fulfilled: notification gets every ticket with its QR', () => {
    const messages = said(fulfilled, ...withTwo, paidBy('pay_1'));
    expect(spelled(messages)).to.deep.equal([
      'no more issue-tickets',
      'sales.order.fulfilled.v1',
      'sales.order.tickets-recorded.v1',
    ]);
    const data = dataOf(messages, 'sales.order.fulfilled.v1') as { tickets: readonly unknown[]; total: number };
    expect(data.total).to.equal(24_000);
    expect(data.tickets).to.deep.equal(
      ['N1', 'N2'].map((number) => ({
        number,
        ticketType: { zh: '成人票', en: 'Adult' },
        sessionId: 'ses_1',
        date: '2026-12-02',
        startsAt: '2026-12-02T09:00:00+08:00',
        endsAt: '2026-12-02T11:00:00+08:00',
        amount: 12_000,
        qr: `qr-${number}`,
      })),
    );
  });

  it('SAL-32 with an address for mail each ticket brings what its page shows, and its own traveller', () => {
    const named = (name: string): PersonalValue => ({ sealed: `sealed-${name}`, masked: `${name}*`, index: name });
    const facts = factsOf();
    const travellers = ['张', '李'].map((name) => ({
      name: named(name),
      idType: 'id_card',
      idNumber: named(`1${name}`),
    }));
    const withMail: OrderEvent = {
      type: 'OrderPlaced',
      facts: {
        ...facts,
        contact: { ...facts.contact, email: named('a') },
        lines: facts.lines.map((line) => ({ ...line, travellers, realName: true, showAtGate: ['student'] })),
      },
    };
    const messages = said(fulfilled, withMail, granted, requested('pay_1'), paidBy('pay_1'));
    const { tickets } = dataOf(messages, 'sales.order.fulfilled.v1') as {
      tickets: readonly { number: string; page: { traveller: { name: unknown } } }[];
    };
    expect(tickets.map(({ number, page }) => [number, page.traveller.name])).to.deep.equal([
      ['N1', forRecipient('notification', named('张'))],
      ['N2', forRecipient('notification', named('李'))],
    ]);
    expect(tickets[0]?.page).to.deep.include({
      product: { zh: '门票', en: 'Admission' },
      siteId: 'sit_1',
      validFrom: '2026-12-02T00:30:00.000Z',
      entries: 1,
      realName: true,
      showAtGate: ['student'],
    });
  });

  it('REI-10 fulfilled: the reissue service gets every ticket with its right', () => {
    const messages = said(fulfilled, ...withTwo, paidBy('pay_1'));
    const data = dataOf(messages, 'sales.order.tickets-recorded.v1') as {
      tickets: readonly { rightId: string; number: string; realName: boolean }[];
    };
    expect(data.tickets.map(({ rightId, number, realName }) => ({ rightId, number, realName }))).to.deep.equal([
      { rightId: 'rgt_1', number: 'N1', realName: false },
      { rightId: 'rgt_2', number: 'N2', realName: false },
    ]);
    // REI-04: by what the buyer is known without a code.
    expect(data).to.include({ accessHash: factsOf().accessHash });
    expect(data).not.to.have.property('userId');
  });

  it('REI-22 a ride is told to be one; of an admission nothing is said', () => {
    const facts = factsOf();
    const kindsOf = (productKind?: 'trip'): unknown[] => {
      const lines = facts.lines.map((line) => ({ ...line, ...(productKind === undefined ? {} : { productKind }) }));
      const ordered: OrderEvent = { type: 'OrderPlaced', facts: { ...facts, lines } };
      const messages = said(fulfilled, ordered, granted, requested('pay_1'), paidBy('pay_1'));
      const { tickets } = dataOf(messages, 'sales.order.tickets-recorded.v1') as { tickets: readonly object[] };
      return tickets.map((ticket) => ('productKind' in ticket ? ticket.productKind : 'nothing'));
    };
    expect(kindsOf('trip')).to.deep.equal(['trip', 'trip']);
    expect(kindsOf()).to.deep.equal(['nothing', 'nothing']);
  });

  it('SAL-23 a refund is asked of finance, and the buyer is told when the money is back', () => {
    const history = [...waiting, requested('pay_1'), closed('pay_1'), expired];
    const asked = refundAsked('pay_1', 'late-payment');
    expect(dataOf(said(asked, ...history), 'finance.payment.refund.v1')).to.deep.equal({
      refundId: 'rfd_pay_1',
      paymentId: 'pay_1',
      orderId: 'ord_1',
      amount: 24_000,
      reason: 'late-payment',
    });
    const done = said(refundDone('pay_1'), ...history, asked);
    expect(spelled(done)).to.deep.equal(['sales.order.payment-returned.v1']);
    expect(dataOf(done, 'sales.order.payment-returned.v1')).to.include({ amount: 24_000 });
    expect(spelled(said(refundDone('unknown'), ...history, asked))).to.deep.equal([]);
  });

  for (const [name, history, reason] of [
    ['expired', [...waiting, expired], 'expired'],
    ['cancelled', [placed, cancelled], 'cancelled'],
    ['rejected', [placed, rejected], 'rejected'],
  ] as const) {
    it(`INV-10 a hold of an order that was ${name} is let go`, () => {
      expect(dataOf(said({ type: 'HoldLetGo' }, ...history), 'inventory.hold.release.v1')).to.include({ reason });
    });
  }

  it('INV-10 a hold of a paid order is confirmed again', () => {
    expect(spelled(said({ type: 'HoldKept' }, ...withTwo, paidBy('pay_1')))).to.deep.equal([
      'inventory.hold.confirm.v1',
    ]);
  });

  it('what only the order itself has to know is not told', () => {
    expect(spelled(said(granted, placed))).to.deep.equal([]);
    expect(spelled(said(opened('pay_1'), ...waiting, requested('pay_1')))).to.deep.equal([]);
    expect(spelled(said(failed('pay_1'), ...waiting, requested('pay_1')))).to.deep.equal([]);
    expect(spelled(said(closed('pay_1'), ...waiting, requested('pay_1')))).to.deep.equal([]);
  });

  it('an order that never was says nothing', () => {
    expect(orderMessages(expired, { id: 'ord_1', state: { status: 'none' } })).to.deep.equal([]);
  });
});
