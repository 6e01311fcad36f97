// Every cell of the order's table. Payments and closing at length are in order.payments.spec.ts, standing in line in
// order.waiting.spec.ts, money that is collected to go back in owed-back.spec.ts, what holds for any sequence of inputs in order.properties.spec.ts.
import { DomainError, NotYet } from '@tongpiao/kernel';
import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import { orderDecider } from './order.decider.ts';
import {
  cancel,
  cancelled,
  cancelledWithSession,
  capture,
  close,
  closed,
  closing,
  compensationNoted,
  expire,
  expired,
  fail,
  failed,
  fulfil,
  fulfilled,
  giveBack,
  grant,
  granted,
  noteCompensation,
  open,
  opened,
  paidBy,
  place,
  placed,
  prepaid,
  prepaymentBack,
  queue,
  queued,
  refundAsked,
  refundConfirmed,
  refundFailed,
  refuse,
  refused,
  reject,
  rejected,
  request,
  requested,
  returned,
  review,
  sendOwed,
  sentHome,
  sessionGone,
  served,
  waitingFor,
} from './order.fixture.ts';
import type { OrderCommand, OrderEvent } from './order.ts';

const given = specify(orderDecider);

const waiting = [placed, granted];
const withPayment = [...waiting, requested('pay_1'), opened('pay_1')];
const paid = [...withPayment, paidBy('pay_1')];
const inLine = [waitingFor(), queued];
const inLinePaying = [...inLine, requested('pay_1'), opened('pay_1')];

/** Histories that end in each status. */
const HISTORIES: Readonly<Record<string, readonly OrderEvent[]>> = {
  none: [],
  holding: [placed],
  'awaiting_payment, nothing requested': waiting,
  'awaiting_payment, a payment open': withPayment,
  'awaiting_payment, closing': [...withPayment, closing('expired')],
  paid,
  fulfilled: [...paid, fulfilled],
  partially_refunded: [...paid, fulfilled, ...returned(1)],
  refunded: [...paid, fulfilled, ...returned(1), ...returned(2)],
  'in line, not prepaid': [waitingFor({ prepaid: false }), queued],
  'in line, a payment open': inLinePaying,
  'in line, prepaid': [...inLinePaying, prepaid('pay_1')],
  'in line, leaving': [...inLinePaying, closing('cancelled')],
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
  QueueHold: {
    command: queue,
    cells: {
      none: 'sales.order-unknown',
      holding: [queued],
      'rejected by a limit': [{ type: 'HoldLetGo' }],
      'rejected by inventory': [{ type: 'HoldLetGo' }],
      expired: [{ type: 'HoldLetGo' }],
      cancelled: [{ type: 'HoldLetGo' }],
    },
  },
  GrantHold: {
    command: grant,
    cells: {
      none: 'sales.order-unknown',
      holding: [granted],
      'in line, not prepaid': [served],
      'in line, a payment open': [served],
      'in line, prepaid': [served, paidBy('pay_1')],
      'in line, leaving': [{ type: 'HoldLetGo' }],
      'rejected by a limit': [{ type: 'HoldLetGo' }],
      'rejected by inventory': [{ type: 'HoldLetGo' }],
      expired: [{ type: 'HoldLetGo' }],
      cancelled: [{ type: 'HoldLetGo' }],
    },
  },
  RejectHold: {
    command: reject,
    cells: {
      none: 'sales.order-unknown',
      holding: [rejected],
      'in line, not prepaid': [sentHome],
      'in line, a payment open': [sentHome],
      'in line, prepaid': [sentHome, prepaymentBack('pay_1')],
      'in line, leaving': [sentHome],
    },
  },
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
      partially_refunded: 'sales.order-already-paid',
      refunded: 'sales.order-already-paid',
      'in line, not prepaid': 'sales.order-not-payable-yet',
      'in line, a payment open': [requested('pay_9')],
      'in line, prepaid': 'sales.order-already-paid',
      'in line, leaving': 'sales.order-ended',
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
      'in line, a payment open': [failed('pay_1')],
      'in line, leaving': [failed('pay_1'), cancelled],
    },
  },
  ClosePayment: {
    command: close('pay_1'),
    cells: {
      none: 'sales.order-unknown',
      'awaiting_payment, a payment open': [closed('pay_1')],
      'awaiting_payment, closing': [closed('pay_1'), expired],
      'in line, a payment open': [closed('pay_1')],
      'in line, leaving': [closed('pay_1'), cancelled],
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
      'in line, not prepaid': [prepaid('pay_1')],
      'in line, a payment open': [prepaid('pay_1')],
      'in line, leaving': [refundAsked('pay_1', 'late-payment'), cancelled],
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
      'in line, not prepaid': [expired],
      'in line, a payment open': [closing('expired')],
      'in line, prepaid': [expired, prepaymentBack('pay_1')],
      'in line, leaving': [closing('cancelled')],
    },
  },
  CancelOrder: {
    command: cancel,
    cells: {
      none: 'platform.not-found',
      holding: [cancelled],
      'awaiting_payment, nothing requested': [cancelled],
      'awaiting_payment, a payment open': [closing('cancelled')],
      'in line, not prepaid': [cancelled],
      'in line, a payment open': [closing('cancelled')],
      'in line, prepaid': [cancelled, prepaymentBack('pay_1')],
      paid: 'sales.order-already-paid',
      fulfilled: 'sales.order-already-paid',
      partially_refunded: 'sales.order-already-paid',
      refunded: 'sales.order-already-paid',
      'rejected by a limit': 'sales.order-ended',
      'rejected by inventory': 'sales.order-ended',
      expired: 'sales.order-ended',
    },
  },
  'CancelOrder, because its session was cancelled': {
    command: sessionGone,
    cells: {
      none: 'platform.not-found',
      holding: [cancelledWithSession],
      'awaiting_payment, nothing requested': [cancelledWithSession],
      'awaiting_payment, a payment open': [closing('session-cancelled')],
      'in line, not prepaid': [cancelledWithSession],
      'in line, a payment open': [closing('session-cancelled')],
      'in line, prepaid': [cancelledWithSession, prepaymentBack('pay_1')],
      paid: 'sales.order-already-paid',
      fulfilled: 'sales.order-already-paid',
      partially_refunded: 'sales.order-already-paid',
      refunded: 'sales.order-already-paid',
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
      'in line, not prepaid': 'sales.order-unpaid',
      'in line, a payment open': 'sales.order-unpaid',
      'in line, prepaid': 'sales.order-unpaid',
      'in line, leaving': 'sales.order-unpaid',
      paid: [fulfilled],
    },
  },
  ReturnTicket: {
    command: giveBack(1),
    cells: {
      none: 'sales.order-unknown',
      holding: 'sales.order-without-tickets',
      'awaiting_payment, nothing requested': 'sales.order-without-tickets',
      'awaiting_payment, a payment open': 'sales.order-without-tickets',
      'awaiting_payment, closing': 'sales.order-without-tickets',
      'in line, not prepaid': 'sales.order-without-tickets',
      'in line, a payment open': 'sales.order-without-tickets',
      'in line, prepaid': 'sales.order-without-tickets',
      'in line, leaving': 'sales.order-without-tickets',
      paid: 'sales.order-without-tickets',
      fulfilled: returned(1),
      'rejected by a limit': 'sales.order-without-tickets',
      'rejected by inventory': 'sales.order-without-tickets',
      expired: 'sales.order-without-tickets',
      cancelled: 'sales.order-without-tickets',
    },
  },
  ConfirmRefund: { command: refundConfirmed('pay_1'), cells: { none: 'sales.order-unknown' } },
  FailRefund: { command: refundFailed('pay_1'), cells: { none: 'sales.order-unknown' } },
  NoteCompensation: {
    command: noteCompensation,
    cells: {
      none: 'sales.order-unknown',
      fulfilled: [compensationNoted],
      partially_refunded: [compensationNoted],
      refunded: [compensationNoted],
    },
  },
  SendOwedBack: { command: sendOwed, cells: { none: 'sales.order-unknown' } },
  ReviewHold: {
    command: review,
    cells: {
      paid: [{ type: 'HoldKept' }],
      fulfilled: [{ type: 'HoldKept' }],
      partially_refunded: [{ type: 'HoldKept' }],
      refunded: [{ type: 'HoldKept' }],
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
});
