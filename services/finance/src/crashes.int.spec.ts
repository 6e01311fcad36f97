// Finance under faults: a crash after any write, a publication whose confirm is lost, messages that come twice, two instances at once.
// Whatever happens, every payment ends once, and the books say what the providers say (PLA-41, FIN-10).
import {
  closePayment,
  payCompensation,
  paymentCaptured,
  paymentRefunded,
  refundPayment,
  requestPayment,
  smsCharged,
  ticketRefunded,
  ticketUsed,
} from '@tongpiao/contracts';
import type { Faults } from '@tongpiao/persistence';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { openFinanceHouse, PATIENCE, type Asked, type FinanceHouse } from './finance-house.fixture.ts';

const FEE = 2_400;

const trialBalance = z.object({
  balanced: z.boolean(),
  debits: z.number(),
  credits: z.number(),
  items: z.array(z.object({ account: z.string(), balance: z.number() })),
});
const entries = z.object({ items: z.array(z.object({ id: z.string(), source: z.object({ subject: z.string() }) })) });

async function balances(house: FinanceHouse): Promise<Record<string, number>> {
  const { balanced, debits, credits, items } = await house.read('/api/v1/ledger/trial-balance', trialBalance);
  expect([balanced, debits]).to.deep.equal([true, credits]);
  return Object.fromEntries(
    items.filter(({ balance }) => balance !== 0).map(({ account, balance }) => [account, balance]),
  );
}

/** Lets each payment crash once, after the commit or publication of that number. */
class Crashes implements Faults {
  readonly #plans = new Map<string, { point: string; left: number }>();
  readonly happened: string[] = [];

  plan(id: string, point: 'afterCommit' | 'afterPublish', number: number): void {
    this.#plans.set(id, { point, left: number });
  }

  at(point: 'afterCommit' | 'afterPublish', { id }: { id: string }): void {
    const plan = this.#plans.get(id);
    if (plan?.point !== point) return;
    plan.left -= 1;
    if (plan.left !== 0) return;
    this.happened.push(id);
    throw new Error(`placed fault: ${point} of ${id}`);
  }
}

describe('finance under faults', function () {
  this.timeout(90_000);
  let house: FinanceHouse;
  beforeEach(async () => {
    house = await openFinanceHouse();
  });
  afterEach(() => house.stop());

  const asked = (change: Partial<Asked> = {}): Asked => ({
    paymentId: house.newId('pay'),
    orderId: house.newId('ord'),
    amount: 24_000,
    method: 'sandbox',
    ...change,
  });
  const request = (payment: Asked, times = 1): Promise<unknown> => {
    const data = { ...payment, description: '门票', expiresAt: new Date(Date.now() + 900_000).toISOString() };
    const id = `${payment.orderId}:2:0`;
    return Promise.all(Array.from({ length: times }, () => house.send(requestPayment, data, { id })));
  };
  /** As sales does it: the ticket is given back, and the money less a fee goes back. */
  const refund = async (payment: Asked, times = 1): Promise<void> => {
    const { paymentId, orderId, amount } = payment;
    const [refundId, rightId] = [`rfd_${paymentId.slice(4)}`, `rgt_${paymentId.slice(4)}`];
    const back = { paymentId, orderId, refundId, amount: amount - FEE, reason: 'refund' };
    const ticket = { rightId, ticketNumber: 'T', orderId, productId: 'prd_1', refundId, reason: 'customer' };
    const given = { ...ticket, fee: FEE, returned: amount - FEE, refundedAt: new Date().toISOString() };
    await Promise.all(
      Array.from({ length: times }, () => [
        house.send(refundPayment, back, { id: `${orderId}:3:0` }),
        house.send(ticketRefunded, given, { id: `${rightId}:2:0` }),
      ]).flat(),
    );
  };
  const end = (payment: Asked): Promise<readonly string[]> =>
    eventually(
      `the refund of ${payment.paymentId}`,
      () => {
        const told = house.toldOf(payment.paymentId);
        return told.includes('refunded') ? told : undefined;
      },
      PATIENCE,
    );

  for (const method of ['sandbox', 'alipay'] as const) {
    it(`PLA-41 a crash after any write of a payment by ${method} loses and doubles nothing`, async () => {
      const crashes = new Crashes();
      await house.start({ faults: crashes });
      const payments = Array.from({ length: 7 }, () => asked({ method }));
      payments.forEach(({ paymentId }, index) => crashes.plan(paymentId, 'afterCommit', index + 1));
      await Promise.all(payments.map((payment) => request(payment)));
      for (const { paymentId } of payments) {
        if (method === 'alipay') {
          await eventually(
            'it can be paid',
            () => house.sandboxes.controlPayment(paymentId, { action: 'pay' }) === 'done',
          );
        }
        await house.heard(paymentCaptured, paymentId);
      }
      await Promise.all(payments.map((payment) => refund(payment)));
      for (const payment of payments) {
        const told = await end(payment);
        expect([...told].sort().filter((type) => type !== 'opened')).to.deep.equal(['captured', 'refunded']);
      }
      // Opened, captured, refund requested and done.
      expect(crashes.happened.length).to.be.at.least(4);
      await settled('the books', () => balances(house), 400);
      expect(await balances(house)).to.deep.equal({
        [method === 'alipay' ? 'alipay-clearing' : 'sandbox-clearing']: FEE * payments.length,
        'refund-fee-revenue': FEE * payments.length,
      });
      const { items } = await house.read('/api/v1/ledger/entries', entries);
      expect(items).to.have.length(3 * payments.length);
      expect(await house.parked()).to.deep.equal([]);
    });
  }

  it('REI-52 PLA-41 a compensation that crashes after any write, or comes twice, is paid once', async () => {
    const crashes = new Crashes();
    await house.start({ faults: crashes });
    const payments = Array.from({ length: 6 }, () => asked());
    await Promise.all(payments.map((payment) => request(payment)));
    for (const { paymentId } of payments) await house.heard(paymentCaptured, paymentId);
    const compensations = payments.map(({ orderId, paymentId }) => ({ orderId, paymentId, id: house.newId('rfd') }));
    // The compensation's own write and word; then what its payment writes: asked for, done.
    compensations.forEach(({ id, paymentId }, index) =>
      crashes.plan(index < 2 ? id : paymentId, index % 2 === 0 ? 'afterCommit' : 'afterPublish', index < 4 ? 1 : 2),
    );
    await Promise.all(
      compensations.flatMap(({ orderId, id: compensationId }) => {
        const command = { compensationId, orderId, amount: 2_000, about: 'rei_1', approvedBy: 'usr_1' };
        return [0, 1].map(() => house.send(payCompensation, command, { id: `${compensationId}:1:0` }));
      }),
    );
    for (const { paymentId } of compensations) await house.heard(paymentRefunded, paymentId);
    await settled('the books', () => balances(house), 400);
    expect(await balances(house)).to.include({ 'sandbox-clearing': 6 * (24_000 - 2_000) });
    expect(crashes.happened.length).to.be.at.least(4);
    expect(await house.parked()).to.deep.equal([]);
  });

  it('PLA-41 a message whose confirm is lost is told again under the same id, and booked once', async () => {
    const crashes = new Crashes();
    await house.start({ faults: crashes });
    const payments = Array.from({ length: 3 }, () => asked());
    payments.forEach(({ paymentId }, index) => crashes.plan(paymentId, 'afterPublish', index + 1));
    await Promise.all(payments.map((payment) => request(payment)));
    for (const { paymentId } of payments) await house.heard(paymentCaptured, paymentId);
    await Promise.all(payments.map((payment) => refund(payment)));
    for (const payment of payments) expect(await end(payment)).to.have.members(['opened', 'captured', 'refunded']);
    await eventually(
      'each lost confirm is made good by a second message',
      () => house.said.length - new Set(house.said.map(({ id }) => id)).size >= payments.length,
    );
    expect(crashes.happened).to.have.length(payments.length);
    await settled('the books', () => balances(house), 400);
    const { items } = await house.read('/api/v1/ledger/entries', entries);
    expect(items).to.have.length(3 * payments.length);
  });

  it('PLA-41 a message that comes again because its acknowledgement was lost changes nothing', async () => {
    const lost = new Set<string>();
    await house.start({
      messagingFaults: {
        at(point, { messageId }) {
          if (point !== 'beforeAck' || lost.has(messageId)) return;
          lost.add(messageId);
          throw new Error('placed fault: before the acknowledgement');
        },
      },
    });
    const payment = asked();
    await request(payment);
    await house.heard(paymentCaptured, payment.paymentId);
    await refund(payment);
    expect(await end(payment)).to.deep.equal(['opened', 'captured', 'refunded']);
    await house.send(smsCharged, { provider: 'smpp', messages: 10, segments: 10 }, { id: 'chg_1:1:0' });
    const paid = await eventually('the messages are booked', async () => {
      const now = await balances(house);
      return now['messaging-expense'] === undefined ? undefined : now;
    });
    expect(paid).to.deep.equal({
      'sandbox-clearing': FEE,
      'refund-fee-revenue': FEE,
      'messaging-expense': 45,
      'messaging-payable': 45,
    });
    expect(lost.size).to.be.above(4);
  });

  it('FIN-10 two instances, every message twice: each payment ends once and the books agree with the providers', async () => {
    await house.start();
    const second = await house.start();
    const kept = Array.from({ length: 25 }, () => asked());
    const returned = Array.from({ length: 15 }, () => asked());
    const closed = Array.from({ length: 10 }, () => asked({ method: 'wechat' }));
    house.setSandbox({ callbacks: 'twice' });
    const used = kept.slice(0, 10);
    await Promise.all([...kept, ...returned, ...closed].map((payment) => request(payment, 2)));
    for (const { paymentId } of [...kept, ...returned]) await house.heard(paymentCaptured, paymentId);
    const stopping = second.stop();
    await Promise.all([
      ...returned.map((payment) => refund(payment, 2)),
      ...closed.flatMap(({ paymentId, orderId }) => {
        const close = (): Promise<string> => house.send(closePayment, { paymentId, orderId }, { id: `${orderId}:3:0` });
        return [close(), close()];
      }),
      ...used.flatMap(({ orderId, amount }, index) => {
        const ticket = { rightId: `rgt_${index}`, ticketNumber: 'T', orderId, productId: 'prd_1', gateId: 'gat_1' };
        const use = (): Promise<string> =>
          house.send(ticketUsed, { ...ticket, amount, usedAt: new Date().toISOString() }, { id: `rgt_${index}:2:0` });
        return [use(), use()];
      }),
    ]);
    await stopping;
    for (const payment of returned) await end(payment);
    for (const { paymentId } of closed) {
      await eventually('it is closed', () => house.toldOf(paymentId).includes('closed'));
      expect(house.toldOf(paymentId)).to.deep.equal(['opened', 'closed']);
    }
    for (const { paymentId } of kept) expect(house.toldOf(paymentId)).to.have.members(['opened', 'captured']);
    for (const { paymentId } of returned) {
      expect(house.toldOf(paymentId)).to.have.members(['opened', 'captured', 'refunded']);
      expect(house.said.filter((one) => one.subject === paymentId && one.type === paymentRefunded.type)).to.have.length(
        1,
      );
    }
    await settled('the books', () => balances(house), 500);
    expect(await balances(house)).to.deep.equal({
      'sandbox-clearing': 25 * 24_000 + 15 * FEE,
      'deferred-takings': 15 * 24_000,
      'admission-revenue': 10 * 24_000,
      'refund-fee-revenue': 15 * FEE,
    });
    expect(await house.parked()).to.deep.equal([]);
  });
});
