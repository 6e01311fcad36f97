// What holds of a payment for any sequence of inputs: money is conserved, repeating changes nothing, nothing throws that should not.
import { fen, fold, NotYet, type Fen } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  AT,
  LATER,
  OVERDUE,
  PAY_URL,
  REFUNDS,
  STATES,
  capture,
  facts,
  money,
  open,
  request,
} from './payment.fixture.ts';
import { paymentDecider } from './payment.decider.ts';
import { paymentMessages } from './payment.messages.ts';
import { isRetryable, refundable, refundedAmount, setAside } from './payment.policy.ts';
import type { PaymentCommand, PaymentEvent, PaymentState } from './payment.ts';

const at = fc.constantFrom(AT, LATER, OVERDUE);
const attempt = fc.constantFrom(1, 1, 2);
const refundId = fc.constantFrom('rfd_1', 'rfd_2', 'rfd_3');
const amount = fc.constantFrom<Fen>(fen(0), fen(1), fen(10_000), fen(14_000), fen(24_000), fen(30_000));
const received = fc.record({ transactionId: fc.constantFrom('tx-1', 'tx-2', 'tx-3'), amount, at: fc.constant(AT) });
const anyCommand: fc.Arbitrary<PaymentCommand> = fc.oneof(
  fc.record({
    type: fc.constant('RequestPayment' as const),
    facts: fc.constantFrom(facts, { ...facts, method: 'cash' as const, takenBy: 'usr_1' }),
  }),
  fc.record({ type: fc.constant('OpenPayment' as const), payUrl: fc.constant(PAY_URL), at }),
  fc.record({ type: fc.constant('RefusePayment' as const), reason: fc.constant('no'), at }),
  received.map((one): PaymentCommand => capture(one)),
  fc.record({ type: fc.constant('ClosePayment' as const), orderId: fc.constant('ord_1'), at }),
  fc.record({ type: fc.constantFrom('ConfirmClosed' as const, 'ReportUnpaid' as const), at }),
  fc.record({
    type: fc.constant('RequestRefund' as const),
    refundId,
    amount,
    reason: fc.constant('refund' as const),
    at,
  }),
  fc.record({ type: fc.constant('RetryRefund' as const), refundId, at }),
  fc.record({ type: fc.constant('PayOutRefund' as const), refundId, by: fc.constantFrom('usr_1', 'usr_2'), at }),
  fc.record({ type: fc.constant('ConfirmRefund' as const), refundId, attempt, refundedAt: at, at }),
  fc.record({
    type: fc.constant('FailRefund' as const),
    refundId,
    attempt,
    problem: fc.constantFrom('no', 'failed'),
    final: fc.boolean(),
    at,
  }),
  fc.record({
    type: fc.constant('ReportRefundPending' as const),
    refundId,
    attempt,
    providerRefundId: fc.constantFrom(undefined, 'p'),
    at,
  }),
);

/** Refusals are answers, too; anything else that is thrown is a bug. */
function step(state: PaymentState, command: PaymentCommand): { state: PaymentState; events: readonly PaymentEvent[] } {
  try {
    const events = paymentDecider.decide(state, command);
    return { state: fold(paymentDecider, state, events), events };
  } catch (error) {
    if (error instanceof NotYet || (error instanceof Error && 'code' in error)) return { state, events: [] };
    throw error;
  }
}

describe('the payment, whatever comes in whatever order', () => {
  // Most begin with a request, because little happens before it.
  const beginnings = fc.constantFrom<readonly PaymentCommand[]>(
    [],
    [request],
    [request, open],
    [request, open, capture(money)],
  );
  const histories = fc
    .tuple(beginnings, fc.array(anyCommand, { maxLength: 40, size: 'max' }))
    .map(([beginning, rest]) => [...beginning, ...rest]);

  it('FIN-02 never gives back more of a transaction than came by it', () => {
    fc.assert(
      fc.property(histories, (commands) => {
        let state: PaymentState = paymentDecider.initial;
        for (const command of commands) {
          ({ state } = step(state, command));
          if (state.status !== 'captured') continue;
          for (const { transactionId, amount: came } of [state.capture, ...state.surplus]) {
            expect(setAside(state.refunds, transactionId)).to.be.at.most(came);
          }
          expect(refundable(state)).to.be.at.least(0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('FIN-02 tells exactly the money that moved: captured less refunded is what the messages add up to', () => {
    fc.assert(
      fc.property(histories, (commands) => {
        let state: PaymentState = paymentDecider.initial;
        let told = 0;
        for (const command of commands) {
          const after = step(state, command);
          state = after.state;
          for (const event of after.events) {
            for (const said of paymentMessages(event, { id: 'pay_1', state })) {
              if (!('definition' in said)) continue;
              const { type } = said.definition;
              const data = said.definition.data.parse(said.data) as { amount?: number };
              if (type.includes('.captured.') || type.includes('.surplus-received.')) told += data.amount ?? 0;
              if (type.includes('.refunded.')) told -= data.amount ?? 0;
            }
          }
        }
        const came = state.status === 'captured' ? [state.capture, ...state.surplus] : [];
        const held =
          came.reduce((sum, { amount: one }) => sum + one, 0) - (state.status === 'none' ? 0 : refundedAmount(state));
        expect(told).to.equal(held);
      }),
      { numRuns: 500 },
    );
  });

  it('a command that comes twice changes nothing the second time', () => {
    fc.assert(
      fc.property(histories, anyCommand, (commands, command) => {
        const before = commands.reduce((state, one) => step(state, one).state, paymentDecider.initial);
        const once = step(before, command);
        // A timer's answer sets the next timer each time, and closing leads on to the next step.
        if (command.type === 'ReportUnpaid' || command.type === 'ReportRefundPending') return;
        expect(step(once.state, command).events).to.deep.equal([]);
      }),
      { numRuns: 500 },
    );
  });

  it('FIN-02 what is shown as worth another go is under way or done after it, and nothing else changes by one', () => {
    fc.assert(
      fc.property(histories, (commands) => {
        const state = commands.reduce((before, one) => step(before, one).state, paymentDecider.initial);
        if (state.status === 'none') return;
        for (const refund of state.refunds) {
          const { events } = step(state, { type: 'RetryRefund', refundId: refund.id, at: LATER });
          const askedAbout = refund.status === 'abnormal';
          expect(events.length > 0, refund.status).to.equal(isRetryable(state, refund) && !askedAbout);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('a capture is never lost again, and everything is told in a form that its contract accepts', () => {
    fc.assert(
      fc.property(histories, (commands) => {
        let state: PaymentState = paymentDecider.initial;
        let wasCaptured = false;
        for (const command of commands) {
          const after = step(state, command);
          state = after.state;
          wasCaptured ||= state.status === 'captured';
          expect(state.status === 'captured').to.equal(wasCaptured);
          for (const event of after.events) {
            for (const said of paymentMessages(event, { id: 'pay_1', state })) {
              if ('definition' in said) said.definition.data.parse(said.data);
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('evolving never throws, whatever event comes', () => {
    const events: PaymentEvent[] = [...Object.values(STATES).flat(), ...Object.values(REFUNDS).flat()];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...events), { maxLength: 30 }), (history) => {
        fold(paymentDecider, paymentDecider.initial, history);
      }),
    );
  });
});
