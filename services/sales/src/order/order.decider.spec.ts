// Every cell of the order's table, then what holds for any sequence of inputs.
import { DomainError, fen, fold, NotYet } from '@tongpiao/kernel';
import { specify } from '@tongpiao/testing';
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
  expire,
  expired,
  EXPIRES,
  factsOf,
  fail,
  failed,
  fulfil,
  fulfilled,
  grant,
  granted,
  LATE,
  open,
  opened,
  paidBy,
  place,
  placed,
  refundAsked,
  refundConfirmed,
  refundDone,
  refuse,
  refused,
  reject,
  rejected,
  request,
  requested,
  review,
  TOTAL,
} from './order.fixture.ts';
import type { OrderCommand, OrderEvent, OrderState } from './order.ts';

const given = specify(orderDecider);

const waiting = [placed, granted];
const withPayment = [...waiting, requested('pay_1'), opened('pay_1')];
const withTwo = [...withPayment, requested('pay_2'), opened('pay_2')];
const paid = [...withPayment, paidBy('pay_1')];

/** Histories that end in each status. */
const HISTORIES: Readonly<Record<string, readonly OrderEvent[]>> = {
  none: [],
  holding: [placed],
  'awaiting_payment, nothing requested': waiting,
  'awaiting_payment, a payment open': withPayment,
  'awaiting_payment, closing': [...withPayment, closing('expired')],
  paid,
  fulfilled: [...paid, fulfilled],
  'rejected by a limit': [refused],
  'rejected by inventory': [placed, rejected],
  expired: [...withPayment, closing('expired'), closed('pay_1'), expired],
  cancelled: [placed, cancelled],
};

type Cell = readonly OrderEvent[] | string;
/** Whatever is not named in a row is answered by `[]`. */
const TABLE: Readonly<Record<string, { command: OrderCommand; cells: Readonly<Record<string, Cell>> }>> = {
  PlaceOrder: { command: place, cells: { none: [placed] } },
  RefuseOrder: { command: refuse, cells: { none: [refused] } },
  GrantHold: {
    command: grant,
    cells: {
      none: 'sales.order-unknown',
      holding: [granted],
      'rejected by a limit': [{ type: 'HoldLetGo' }],
      'rejected by inventory': [{ type: 'HoldLetGo' }],
      expired: [{ type: 'HoldLetGo' }],
      cancelled: [{ type: 'HoldLetGo' }],
    },
  },
  RejectHold: { command: reject, cells: { none: 'sales.order-unknown', holding: [rejected] } },
  RequestPayment: {
    command: request('pay_9'),
    cells: {
      none: 'platform.not-found',
      holding: 'sales.order-not-payable-yet',
      'awaiting_payment, nothing requested': [requested('pay_9')],
      'awaiting_payment, a payment open': [requested('pay_9')],
      'awaiting_payment, closing': 'sales.order-ended',
      paid: 'sales.order-already-paid',
      fulfilled: 'sales.order-already-paid',
      'rejected by a limit': 'sales.order-ended',
      'rejected by inventory': 'sales.order-ended',
      expired: 'sales.order-ended',
      cancelled: 'sales.order-ended',
    },
  },
  OpenPayment: { command: open('pay_1'), cells: { none: 'sales.order-unknown' } },
  FailPayment: {
    command: fail('pay_1'),
    cells: {
      none: 'sales.order-unknown',
      'awaiting_payment, a payment open': [failed('pay_1')],
      'awaiting_payment, closing': [failed('pay_1'), expired],
    },
  },
  ClosePayment: {
    command: close('pay_1'),
    cells: {
      none: 'sales.order-unknown',
      'awaiting_payment, a payment open': [closed('pay_1')],
      'awaiting_payment, closing': [closed('pay_1'), expired],
    },
  },
  CapturePayment: {
    command: capture('pay_1'),
    cells: {
      none: 'sales.order-unknown',
      holding: 'sales.order-not-payable-yet',
      'awaiting_payment, nothing requested': [paidBy('pay_1')],
      'awaiting_payment, a payment open': [paidBy('pay_1')],
      'awaiting_payment, closing': [paidBy('pay_1')],
      'rejected by a limit': [refundAsked('pay_1', 'late-payment')],
      'rejected by inventory': [refundAsked('pay_1', 'late-payment')],
      expired: [refundAsked('pay_1', 'late-payment')],
      cancelled: [refundAsked('pay_1', 'late-payment')],
    },
  },
  ExpireOrder: {
    command: expire,
    cells: {
      none: 'sales.order-unknown',
      holding: [expired],
      'awaiting_payment, nothing requested': [expired],
      'awaiting_payment, a payment open': [closing('expired')],
      'awaiting_payment, closing': [closing('expired')],
    },
  },
  CancelOrder: {
    command: cancel,
    cells: {
      none: 'platform.not-found',
      holding: [cancelled],
      'awaiting_payment, nothing requested': [cancelled],
      'awaiting_payment, a payment open': [closing('cancelled')],
      paid: 'sales.order-already-paid',
      fulfilled: 'sales.order-already-paid',
      'rejected by a limit': 'sales.order-ended',
      'rejected by inventory': 'sales.order-ended',
      expired: 'sales.order-ended',
    },
  },
  FulfilOrder: {
    command: fulfil,
    cells: {
      none: 'sales.order-unknown',
      holding: 'sales.order-unpaid',
      'awaiting_payment, nothing requested': 'sales.order-unpaid',
      'awaiting_payment, a payment open': 'sales.order-unpaid',
      'awaiting_payment, closing': 'sales.order-unpaid',
      paid: [fulfilled],
    },
  },
  ConfirmRefund: { command: refundConfirmed('pay_1'), cells: { none: 'sales.order-unknown' } },
  ReviewHold: {
    command: review,
    cells: {
      paid: [{ type: 'HoldKept' }],
      fulfilled: [{ type: 'HoldKept' }],
      'rejected by a limit': [{ type: 'HoldLetGo' }],
      'rejected by inventory': [{ type: 'HoldLetGo' }],
      expired: [{ type: 'HoldLetGo' }],
      cancelled: [{ type: 'HoldLetGo' }],
    },
  },
};

describe('order', () => {
  describe('SAL-21 the table, every cell', () => {
    for (const [input, { command, cells }] of Object.entries(TABLE)) {
      for (const [status, history] of Object.entries(HISTORIES)) {
        const cell = cells[status] ?? [];
        const says =
          typeof cell === 'string' ? cell : cell.length === 0 ? 'nothing' : cell.map(({ type }) => type).join(', ');
        it(`${input} when ${status}: ${says}`, () => {
          const then = given(...history).when(command);
          if (typeof cell === 'string') then.thenRefused(cell);
          else then.then(...cell);
        });
      }
    }
  });

  describe('what came too early is tried again, a mistake is not', () => {
    const codes = { NotYet: [grant, reject, open('p'), capture('p'), expire, fulfil], mistake: [request('p'), cancel] };
    it('PLA-42 news of an order that is not there waits', () => {
      for (const command of codes.NotYet)
        expect(() => orderDecider.decide(orderDecider.initial, command)).to.throw(NotYet);
    });
    it('a wish for an order that is not there is refused for good', () => {
      for (const command of codes.mistake)
        expect(() => orderDecider.decide(orderDecider.initial, command))
          .to.throw(DomainError)
          .that.is.not.instanceOf(NotYet);
    });
  });

  describe('payments', () => {
    it('an order with nothing to pay is paid by being granted', () => {
      given({ type: 'OrderPlaced', facts: factsOf({ total: fen(0) }) })
        .when(grant)
        .then(granted, paidBy(undefined));
    });
    it('PLA-32 the same payment asked twice is one payment', () => {
      given(...withPayment)
        .when(request('pay_1'))
        .thenNothing();
    });
    it('the provider’s page is told once, and only for a payment that was asked', () => {
      given(...waiting, requested('pay_1'))
        .when(open('pay_1'))
        .then(opened('pay_1'));
      given(...withPayment)
        .when(open('pay_1'))
        .thenNothing();
      given(...waiting)
        .when(open('pay_7'))
        .thenNothing();
    });
    it('SAL-21 nothing can be started when the time to pay is over', () => {
      given(...waiting)
        .when(request('pay_1', EXPIRES))
        .thenRefused('sales.order-ended');
      given(...waiting)
        .when(request('pay_1', LATE))
        .thenRefused('sales.order-ended');
      given(...waiting)
        .when(request('pay_1', '2026-12-01T02:14:59.999Z'))
        .thenState((state) => expect(state).to.have.nested.property('payments[0].id', 'pay_1'));
    });
    it('a sixth payment is refused', () => {
      const five = ['a', 'b', 'c', 'd', 'e'].flatMap((id) => [requested(id), failed(id)]);
      const error = given(...waiting, ...five)
        .when(request('f'))
        .thenRefused('sales.too-many-payments');
      expect(error.data).to.deep.equal({ limit: 5 });
    });
    it('a payment that failed does not fail again, and another may be started', () => {
      given(...withPayment, failed('pay_1'))
        .when(fail('pay_1'))
        .thenNothing();
      given(...withPayment, failed('pay_1'))
        .when(request('pay_2'))
        .then(requested('pay_2'));
    });
    it('a payment that was opened after it had failed stays failed', () => {
      given(...withPayment, failed('pay_1'))
        .when(open('pay_1'))
        .thenNothing();
    });
  });

  describe('SAL-23 closing: the provider is asked first', () => {
    const closingTwo = [...withTwo, closing('expired')];
    it('the order ends with the last open payment, not with the first', () => {
      given(...closingTwo)
        .when(close('pay_1'))
        .then(closed('pay_1'));
      given(...closingTwo, closed('pay_1'))
        .when(close('pay_2'))
        .then(closed('pay_2'), expired);
      given(...closingTwo, closed('pay_1'))
        .when(fail('pay_2'))
        .then(failed('pay_2'), expired);
    });
    it('close answered by captured: the order is paid', () => {
      given(...closingTwo, closed('pay_1'))
        .when(capture('pay_2'))
        .then(paidBy('pay_2'));
    });
    it('a cancellation that was answered by its payment’s end is cancelled', () => {
      given(...withPayment, closing('cancelled'))
        .when(close('pay_1'))
        .then(closed('pay_1'), cancelled);
    });
    it('the timer asks again, and does not make an expiry of a cancellation', () => {
      given(...withPayment, closing('cancelled'))
        .when(expire)
        .then(closing('cancelled'));
    });
    it('a cancellation of an order that is being closed changes nothing', () => {
      given(...withPayment, closing('cancelled'))
        .when(cancel)
        .thenNothing();
    });
    it('when finance lost the answer but the payment has ended, the timer ends the order', () => {
      given(...withPayment, failed('pay_1'))
        .when(expire)
        .then(expired);
    });
    it('a second close of the same payment changes nothing', () => {
      given(...closingTwo, closed('pay_1'))
        .when(close('pay_1'))
        .thenNothing();
    });
  });

  describe('SAL-23 FIN-03 money that does not fit goes back in full, once', () => {
    it('a second payment of a paid order', () => {
      const both = [...withTwo, paidBy('pay_1')];
      given(...both)
        .when(capture('pay_2'))
        .then(refundAsked('pay_2', 'double-payment'));
      given(...both, refundAsked('pay_2', 'double-payment'))
        .when(capture('pay_2'))
        .thenNothing();
      given(...both)
        .when(capture('pay_1'))
        .thenNothing();
    });
    it('a second payment of a fulfilled order', () => {
      given(...withTwo, paidBy('pay_1'), fulfilled)
        .when(capture('pay_2'))
        .then(refundAsked('pay_2', 'double-payment'));
    });
    it('a payment after the end, once however often it is told', () => {
      given(...waiting, requested('pay_1'), closed('pay_1'), expired, refundAsked('pay_1', 'late-payment'))
        .when(capture('pay_1'))
        .thenNothing();
    });
    it('another amount than the order’s: the order goes on waiting', () => {
      given(...withPayment)
        .when(capture('pay_1', 1))
        .then(refundAsked('pay_1', 'late-payment', 1));
      given(...withPayment, refundAsked('pay_1', 'late-payment', 1))
        .when(capture('pay_1', 1))
        .thenNothing();
      given(...withTwo, refundAsked('pay_1', 'late-payment', 1))
        .when(capture('pay_2'))
        .then(paidBy('pay_2'));
    });
    it('another amount while closing: the last open payment ends the order', () => {
      given(...withPayment, closing('expired'))
        .when(capture('pay_1', 1))
        .then(refundAsked('pay_1', 'late-payment', 1), expired);
      given(...withTwo, closing('expired'))
        .when(capture('pay_1', 1))
        .then(refundAsked('pay_1', 'late-payment', 1));
    });
    it('a refund is confirmed once, in every status that can have one', () => {
      const ended = [...waiting, requested('pay_1'), closed('pay_1'), expired, refundAsked('pay_1', 'late-payment')];
      given(...ended)
        .when(refundConfirmed('pay_1'))
        .then(refundDone('pay_1'));
      given(...ended, refundDone('pay_1'))
        .when(refundConfirmed('pay_1'))
        .thenNothing();
      given(...withPayment, refundAsked('pay_1', 'late-payment', 1))
        .when(refundConfirmed('pay_1'))
        .then(refundDone('pay_1'));
      given(...withTwo, paidBy('pay_1'), refundAsked('pay_2', 'double-payment'))
        .when(refundConfirmed('pay_2'))
        .then(refundDone('pay_2'));
    });
    it('other payments that are still open end quietly after the order was paid', () => {
      const both = [...withTwo, paidBy('pay_1')];
      given(...both)
        .when(close('pay_2'))
        .then(closed('pay_2'));
      given(...both)
        .when(fail('pay_2'))
        .then(failed('pay_2'));
    });
  });

  describe('for any sequence of inputs', () => {
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
        arbitrary: fc.constantFrom<OrderCommand>(place, refuse, grant, reject, expire, cancel, fulfil, review),
      },
      { weight: 2, arbitrary: fc.constantFrom<OrderCommand>(place, grant) },
    );
    const commands = fc.array(anyCommand, { maxLength: 40 });
    const attempt = (state: OrderState, command: OrderCommand): readonly OrderEvent[] => {
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

    it('SAL-23 each capture is kept once or goes back once: refunds never exceed what was captured', () => {
      fc.assert(
        fc.property(commands, (list) => {
          let state: OrderState = orderDecider.initial;
          const captured = new Map<string, number>();
          for (const command of list) {
            const known = state.status !== 'none' && state.status !== 'holding';
            if (command.type === 'CapturePayment' && known) captured.set(command.paymentId, command.amount);
            state = fold(orderDecider, state, attempt(state, command));
          }
          if (state.status === 'none') return;
          const returned = new Map<string, number>();
          for (const { paymentId, amount } of state.refunds)
            returned.set(paymentId, (returned.get(paymentId) ?? 0) + amount);
          for (const [paymentId, amount] of returned) expect(amount).to.equal(captured.get(paymentId));
          const kept = [...captured.keys()].filter((id) => !returned.has(id));
          const paidId = 'paidBy' in state ? state.paidBy : undefined;
          expect(kept).to.deep.equal(paidId === undefined ? [] : [paidId]);
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
});
