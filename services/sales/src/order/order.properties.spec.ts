// What holds for an order by itself, for any sequence of inputs. Together with its tickets and places: after-sale.properties.spec.ts.
import { DomainError, fold } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import { orderDecider } from './order.decider.ts';
import {
  cancel,
  cancelled,
  capture,
  close,
  closed,
  closing,
  EXPIRES,
  expire,
  expired,
  fail,
  failed,
  fulfil,
  fulfilled,
  giveBack,
  grant,
  granted,
  open,
  opened,
  paidBy,
  place,
  placed,
  placeWaiting,
  prepaid,
  queue,
  queued,
  refundAsked,
  refundConfirmed,
  refundDone,
  refuse,
  refused,
  reject,
  rejected,
  request,
  requested,
  returned,
  review,
  sentHome,
  served,
  TOTAL,
  waitingFor,
} from './order.fixture.ts';
import type { OrderCommand, OrderEvent, OrderState } from './order.ts';

describe('order, for any sequence of inputs', () => {
  const ids = ['pay_1', 'pay_2', 'pay_3'];
  const amountOf = (id: string): number => (id === 'pay_3' ? 1 : TOTAL);
  const paymentCommand = fc
    .tuple(fc.constantFrom(...ids), fc.constantFrom('request', 'open', 'fail', 'close', 'capture', 'refunded'))
    .map(([id, kind]): OrderCommand => {
      switch (kind) {
        case 'request':
          return request(id);
        case 'open':
          return open(id);
        case 'fail':
          return fail(id);
        case 'close':
          return close(id);
        case 'capture':
          return capture(id, amountOf(id));
        default:
          return refundConfirmed(id);
      }
    });
  const anyCommand = fc.oneof(
    { weight: 3, arbitrary: paymentCommand },
    {
      weight: 2,
      arbitrary: fc.constantFrom<OrderCommand>(
        ...[place, refuse, queue, grant, reject, expire, cancel, fulfil, review, giveBack(1), giveBack(2)],
      ),
    },
    { weight: 2, arbitrary: fc.constantFrom<OrderCommand>(place, placeWaiting, queue, grant) },
  );
  const commands = fc.array(anyCommand, { maxLength: 40, size: 'max' });
  const asked = (state: OrderState, paymentId: string): boolean =>
    state.status !== 'none' && state.payments.some(({ id }) => id === paymentId);
  /** Finance captures what it was asked for; a refusal changes nothing. */
  const attempt = (state: OrderState, command: OrderCommand): readonly OrderEvent[] => {
    if (command.type === 'CapturePayment' && !asked(state, command.paymentId)) return [];
    try {
      return orderDecider.decide(state, command);
    } catch (error) {
      if (error instanceof DomainError) return [];
      throw error;
    }
  };
  const NEXT: Readonly<Record<OrderState['status'], readonly OrderState['status'][]>> = {
    none: ['none', 'holding', 'rejected'],
    holding: ['holding', 'placed', 'awaiting_payment', 'paid', 'rejected', 'expired', 'cancelled'],
    placed: ['placed', 'awaiting_payment', 'paid', 'rejected', 'expired', 'cancelled'],
    awaiting_payment: ['awaiting_payment', 'paid', 'expired', 'cancelled'],
    paid: ['paid', 'fulfilled'],
    fulfilled: ['fulfilled', 'partially_refunded', 'refunded'],
    partially_refunded: ['partially_refunded', 'refunded'],
    refunded: ['refunded'],
    rejected: ['rejected'],
    expired: ['expired'],
    cancelled: ['cancelled'],
  };

  it('SAL-21 every step is one that the life of an order allows, and it is paid at most once', () => {
    fc.assert(
      fc.property(commands, (list) => {
        let state: OrderState = orderDecider.initial;
        let timesPaid = 0;
        for (const command of list) {
          const events = attempt(state, command);
          timesPaid += events.filter(({ type }) => type === 'OrderPaid').length;
          const next = fold(orderDecider, state, events);
          expect(NEXT[state.status]).to.include(next.status);
          state = next;
        }
        expect(timesPaid).to.be.at.most(1);
      }),
      { numRuns: 1_000 },
    );
  });

  it('PLA-42 repeating any command at once changes nothing', () => {
    fc.assert(
      fc.property(commands, (list) => {
        let state: OrderState = orderDecider.initial;
        for (const command of list) {
          state = fold(orderDecider, state, attempt(state, command));
          const again = fold(orderDecider, state, attempt(state, command));
          expect(again).to.deep.equal(state);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('SAL-23 SAL-26 SAL-50 what is not kept goes back in full, what is kept never more than came in', () => {
    fc.assert(
      fc.property(commands, (list) => {
        let state: OrderState = orderDecider.initial;
        const captured = new Map<string, number>();
        for (const command of list) {
          if (command.type === 'CapturePayment' && asked(state, command.paymentId))
            captured.set(command.paymentId, command.amount);
          state = fold(orderDecider, state, attempt(state, command));
        }
        if (state.status === 'none') return;
        const back = new Map<string, number>();
        for (const { paymentId, amount } of state.refunds) back.set(paymentId, (back.get(paymentId) ?? 0) + amount);
        const own = 'paidBy' in state ? state.paidBy : state.status === 'placed' ? state.prepaidBy : undefined;
        for (const [paymentId, amount] of captured) {
          if (paymentId !== own) expect(back.get(paymentId)).to.equal(amount);
          else expect(back.get(paymentId) ?? 0).to.equal('tickets' in state ? 10_800 * state.returned.length : 0);
        }
        expect([...back.keys()].filter((id) => !captured.has(id))).to.deep.equal([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('evolve never throws, whatever event comes in whatever state', () => {
    const anyEvent = fc.constantFrom<OrderEvent>(
      placed,
      refused,
      granted,
      rejected,
      expired,
      cancelled,
      requested('pay_1'),
      opened('pay_1'),
      failed('pay_1'),
      closed('pay_2'),
      closing('cancelled'),
      paidBy('pay_1'),
      fulfilled,
      refundAsked('pay_1', 'late-payment'),
      refundDone('pay_1'),
      waitingFor(),
      queued,
      served,
      sentHome,
      prepaid('pay_1'),
      ...returned(1),
      { type: 'ReminderRenewed', what: 'expire', due: EXPIRES },
      { type: 'HoldLetGo' },
      { type: 'HoldKept' },
    );
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
        expect(() => fold(orderDecider, orderDecider.initial, events)).to.not.throw();
      }),
    );
  });
});
