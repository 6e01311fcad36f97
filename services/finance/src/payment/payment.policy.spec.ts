// Which methods can be used, and which call-backs match what is stored.
import { fen, fold } from '@tongpiao/kernel';
import { expect } from 'chai';
import { paymentDecider } from './payment.decider.ts';
import { contradicts, refusalOf, type MethodFacts } from './payment.policy.ts';
import type { PaymentEvent, PaymentState } from './payment.ts';

const AT = '2026-12-01T02:00:00.000Z';
const here: MethodFacts = { production: false, demoTenant: true, providers: new Set(['wechat', 'alipay']) };
const wanted = { paymentId: 'pay_0a5d8k2m7q9x3c6v1b4n5d8k2m7q', method: 'wechat', amount: fen(100) } as const;

describe('payment methods', () => {
  it('FIN-01 sandbox is for demo tenants outside production only', () => {
    const sandbox = { ...wanted, method: 'sandbox' } as const;
    expect(refusalOf(sandbox, here)).to.equal(undefined);
    expect(refusalOf(sandbox, { ...here, production: true })).to.equal('sandbox-not-allowed');
    expect(refusalOf(sandbox, { ...here, demoTenant: false })).to.equal('sandbox-not-allowed');
  });

  it('FIN-01 a method without an account at its provider is refused', () => {
    expect(refusalOf(wanted, { ...here, providers: new Set(['alipay']) })).to.equal('method-not-available');
    expect(refusalOf({ ...wanted, method: 'alipay' }, { ...here, providers: new Set(['wechat']) })).to.equal(
      'method-not-available',
    );
  });

  it('FIN-01 ids that a provider would not take are refused before it is asked', () => {
    expect(refusalOf(wanted, here)).to.equal(undefined);
    expect(refusalOf({ ...wanted, paymentId: 'pay_' + 'a'.repeat(29) }, here)).to.equal('id-not-accepted');
    expect(refusalOf({ ...wanted, paymentId: 'pay:1234' }, here)).to.equal('id-not-accepted');
  });

  it('FIN-01 nothing and less than nothing cannot be paid', () => {
    expect(refusalOf({ ...wanted, amount: fen(0) }, here)).to.equal('nothing-to-pay');
    expect(refusalOf({ ...wanted, amount: fen(-1) }, here)).to.equal('nothing-to-pay');
  });

  it('FIN-01 cash names the clerk who took it', () => {
    expect(refusalOf({ ...wanted, method: 'cash' }, here)).to.equal('cash-without-clerk');
    expect(refusalOf({ ...wanted, method: 'cash', takenBy: 'usr_1' }, here)).to.equal(undefined);
  });
});

describe('call-backs against what is stored', () => {
  const requested: PaymentEvent = {
    type: 'PaymentRequested',
    facts: {
      orderId: 'ord_1',
      amount: fen(24_000),
      method: 'alipay',
      description: '门票',
      expiresAt: '2026-12-01T02:15:00.000Z',
      requestedAt: AT,
    },
    at: AT,
  };
  const opened: PaymentEvent = { type: 'PaymentOpened', payUrl: 'x', askAt: AT, at: AT };
  const capture = { transactionId: 'tx-1', amount: fen(24_000), at: AT };
  const captured: PaymentEvent = { type: 'PaymentCaptured', capture, at: AT };
  const closed: PaymentEvent = { type: 'PaymentClosed', at: AT };
  const refundAsked: PaymentEvent = {
    type: 'RefundRequested',
    refund: { id: 'rfd_1', amount: fen(100), reason: 'refund', transactionId: 'tx-1' },
    askAt: AT,
    at: AT,
  };
  const after = (...events: PaymentEvent[]): PaymentState => fold(paymentDecider, paymentDecider.initial, events);
  const paid = (amountFen: number, transactionId = 'tx-1') =>
    ({ kind: 'payment', status: 'paid', transactionId, amountFen }) as const;

  it('FIN-02 the amount that was asked for is believed, another one is not', () => {
    for (const state of [after(requested), after(requested, opened), after(requested, opened, closed)]) {
      expect(contradicts(state, paid(24_000))).to.equal(false);
      expect(contradicts(state, paid(1))).to.equal(true);
    }
  });

  it('FIN-02 a known transaction is believed, another one for the same payment is not', () => {
    expect(contradicts(after(requested, opened, captured), paid(24_000))).to.equal(false);
    expect(contradicts(after(requested, opened, captured), paid(24_000, 'tx-2'))).to.equal(true);
  });

  it('FIN-02 a closing is asked about while the payment is open, and means nothing afterwards', () => {
    const over = { kind: 'payment', status: 'closed', transactionId: 'tx-1', amountFen: 24_000 } as const;
    expect(contradicts(after(requested, opened), over)).to.equal(true);
    expect(contradicts(after(requested, opened, captured), over)).to.equal(false);
    expect(contradicts(after(requested, opened, closed), over)).to.equal(false);
  });

  it('FIN-02 a refund of another amount is not believed', () => {
    const state = after(requested, opened, captured, refundAsked);
    const refund = (amountFen: number | null) => ({ kind: 'refund', refundId: 'rfd_1', amountFen }) as const;
    expect(contradicts(state, refund(100))).to.equal(false);
    expect(contradicts(state, refund(null))).to.equal(false);
    expect(contradicts(state, refund(101))).to.equal(true);
  });
});
