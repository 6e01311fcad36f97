// Every cell of the exchange's table, then what makes it safe at length: one ticket, one price, one account of money.
import { DomainError, fen, NotYet } from '@tongpiao/kernel';
import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import {
  asked,
  begun,
  beginExchange,
  completeExchange,
  DOWN,
  DUE,
  endExchange,
  exchangeClosing,
  exchangeDone,
  exchangeFailed,
  exchangeHoldKept,
  failExchange,
  grantPlace,
  held,
  letGo,
  rejectPlace,
  reviewPlace,
  sentBack,
  SETTLE_BY,
  settledBy,
  withTickets,
} from './exchange.fixture.ts';
import { orderDecider } from './order.decider.ts';
import {
  capture,
  close,
  closed,
  factsOf,
  fail,
  failed,
  fulfilled,
  giveBack,
  granted,
  open,
  opened,
  paidBy,
  placed,
  refundDone,
  request,
  returned,
  returnOf,
} from './order.fixture.ts';
import type { OrderCommand, OrderEvent } from './order.ts';

const given = specify(orderDecider);

const awaiting = [...withTickets, begun(), held()];
const paying = [...awaiting, asked('pay_x'), opened('pay_x')];
const replacing = [...paying, settledBy('pay_x')];

/** Histories that end in each status. */
const HISTORIES: Readonly<Record<string, readonly OrderEvent[]>> = {
  none: withTickets,
  holding: [...withTickets, begun()],
  'awaiting_payment, nothing requested': awaiting,
  'awaiting_payment, a payment open': paying,
  'awaiting_payment, closing': [...paying, exchangeClosing('expired')],
  replacing,
  done: [...replacing, exchangeDone],
  'failed, sold out': [...withTickets, begun(), exchangeFailed('sold-out')],
  'failed, a payment closed': [...paying, closed('pay_x'), exchangeFailed('expired')],
  'failed, paid': [
    ...replacing,
    exchangeFailed('sales.ticket-used'),
    sentBack('r', 'pay_x', DUE, 'cancelled', 'exc_1'),
  ],
};

type Cell = readonly OrderEvent[] | string;
const late = sentBack('rfd_pay_x', 'pay_x', DUE, 'late-payment');
/** Whatever is not named in a row is answered by `[]`. */
const TABLE: Readonly<Record<string, { command: OrderCommand; cells: Readonly<Record<string, Cell>> }>> = {
  BeginExchange: { command: beginExchange(), cells: { none: [begun()] } },
  GrantHold: {
    command: grantPlace,
    cells: {
      none: 'sales.exchange-unknown',
      holding: [held()],
      'failed, sold out': [letGo],
      'failed, a payment closed': [letGo],
      'failed, paid': [letGo],
    },
  },
  RejectHold: {
    command: rejectPlace,
    cells: { none: 'sales.exchange-unknown', holding: [exchangeFailed('sold-out')] },
  },
  RequestPayment: {
    command: request('pay_9', undefined, 'exc_1'),
    cells: {
      none: 'platform.not-found',
      holding: 'sales.order-not-payable-yet',
      'awaiting_payment, nothing requested': [asked('pay_9')],
      'awaiting_payment, a payment open': [asked('pay_9')],
      'awaiting_payment, closing': 'sales.exchange-ended',
      replacing: 'sales.order-already-paid',
      done: 'sales.order-already-paid',
      'failed, sold out': 'sales.exchange-ended',
      'failed, a payment closed': 'sales.exchange-ended',
      'failed, paid': 'sales.exchange-ended',
    },
  },
  'RequestPayment, asked before': {
    command: request('pay_x', undefined, 'exc_1'),
    cells: {
      none: 'platform.not-found',
      holding: 'sales.order-not-payable-yet',
      'awaiting_payment, nothing requested': [asked('pay_x')],
      'failed, sold out': 'sales.exchange-ended',
    },
  },
  OpenPayment: { command: open('pay_x'), cells: {} },
  FailPayment: {
    command: fail('pay_x'),
    cells: {
      'awaiting_payment, a payment open': [failed('pay_x')],
      'awaiting_payment, closing': [failed('pay_x'), exchangeFailed('expired')],
    },
  },
  ClosePayment: {
    command: close('pay_x'),
    cells: {
      'awaiting_payment, a payment open': [closed('pay_x')],
      'awaiting_payment, closing': [closed('pay_x'), exchangeFailed('expired')],
    },
  },
  CapturePayment: {
    command: capture('pay_x', DUE),
    cells: {
      // Not known to be an exchange's: a payment that the paid order did not need.
      none: [sentBack('rfd_pay_x', 'pay_x', DUE, 'double-payment')],
      holding: [sentBack('rfd_pay_x', 'pay_x', DUE, 'double-payment')],
      'awaiting_payment, nothing requested': [sentBack('rfd_pay_x', 'pay_x', DUE, 'double-payment')],
      'awaiting_payment, a payment open': [settledBy('pay_x')],
      'awaiting_payment, closing': [settledBy('pay_x')],
      'failed, sold out': [sentBack('rfd_pay_x', 'pay_x', DUE, 'double-payment')],
      'failed, a payment closed': [late],
    },
  },
  'EndExchange by the timer': {
    command: endExchange('expired'),
    cells: {
      none: 'platform.not-found',
      holding: [exchangeFailed('expired')],
      'awaiting_payment, nothing requested': [exchangeFailed('expired')],
      'awaiting_payment, a payment open': [exchangeClosing('expired')],
      'awaiting_payment, closing': [exchangeClosing('expired')],
    },
  },
  'EndExchange by the customer': {
    command: endExchange('cancelled'),
    cells: {
      none: 'platform.not-found',
      holding: [exchangeFailed('cancelled')],
      'awaiting_payment, nothing requested': [exchangeFailed('cancelled')],
      'awaiting_payment, a payment open': [exchangeClosing('cancelled')],
      replacing: 'sales.exchange-settled',
      done: 'sales.exchange-settled',
    },
  },
  'EndExchange with the session that was wished for': {
    command: endExchange('session-cancelled'),
    cells: {
      none: 'platform.not-found',
      holding: [exchangeFailed('session-cancelled')],
      'awaiting_payment, nothing requested': [exchangeFailed('session-cancelled')],
      'awaiting_payment, a payment open': [exchangeClosing('session-cancelled')],
      replacing: 'sales.exchange-settled',
      done: 'sales.exchange-settled',
    },
  },
  CompleteExchange: {
    command: completeExchange,
    cells: {
      none: 'sales.exchange-unknown',
      holding: 'sales.exchange-not-settled',
      'awaiting_payment, nothing requested': 'sales.exchange-not-settled',
      'awaiting_payment, a payment open': 'sales.exchange-not-settled',
      'awaiting_payment, closing': 'sales.exchange-not-settled',
      replacing: [exchangeDone],
    },
  },
  FailExchange: {
    command: failExchange,
    cells: {
      none: 'sales.exchange-unknown',
      replacing: [exchangeFailed('sales.ticket-used'), sentBack('rfd_exc_1', 'pay_x', DUE, 'cancelled', 'exc_1')],
    },
  },
  ReviewHold: {
    command: reviewPlace,
    cells: {
      none: [{ type: 'HoldLetGo', holdId: 'hld_2' }],
      done: [exchangeHoldKept],
      'failed, sold out': [letGo],
      'failed, a payment closed': [letGo],
      'failed, paid': [letGo],
    },
  },
};

describe('exchange', () => {
  describe('SAL-53 the table, every cell', () => {
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

    it('PLA-42 news of an exchange that is not there waits, a wish for one is refused for good', () => {
      const state = withTickets.reduce((known, event) => orderDecider.evolve(known, event), orderDecider.initial);
      for (const command of [grantPlace, rejectPlace, completeExchange, failExchange])
        expect(() => orderDecider.decide(state, command)).to.throw(NotYet);
      for (const command of [endExchange('cancelled'), request('pay_9', undefined, 'exc_1')])
        expect(() => orderDecider.decide(state, command))
          .to.throw(DomainError)
          .that.is.not.instanceOf(NotYet);
    });

    it('an order without tickets has no exchanges', () => {
      for (const history of [[placed], [placed, granted], [placed, granted, paidBy('pay_1')]])
        for (const command of [beginExchange(), endExchange('cancelled'), completeExchange, failExchange])
          given(...history)
            .when(command)
            .thenRefused('sales.order-without-tickets');
      for (const command of [beginExchange(), endExchange('cancelled')])
        given().when(command).thenRefused('platform.not-found');
    });
  });

  describe('what it costs', () => {
    it('the same or less: settled as soon as the place is held(), and what is too much comes after the ticket', () => {
      const down = [...withTickets, begun(DOWN)];
      given(...down)
        .when(grantPlace)
        .then(held(), settledBy(undefined));
      given(...down, held(), settledBy(undefined))
        .when(completeExchange)
        .then(exchangeDone, sentBack('rfd_exc_1', 'pay_1', 2_500, 'refund', 'exc_1'));
      given(...withTickets, begun({ due: fen(0) }), held(), settledBy(undefined))
        .when(completeExchange)
        .then(exchangeDone);
    });
    it('that comes to nothing costs nothing', () => {
      given(...withTickets, begun(DOWN), held(), settledBy(undefined))
        .when(failExchange)
        .then(exchangeFailed('sales.ticket-used'));
    });
    it('another amount goes back, and the exchange still waits; when it was closing, it ends', () => {
      const wrong = sentBack('rfd_pay_x', 'pay_x', 1, 'late-payment');
      given(...paying)
        .when(capture('pay_x', 1))
        .then(wrong);
      given(...paying, wrong)
        .when(capture('pay_x', 1))
        .thenNothing();
      given(...paying, exchangeClosing('cancelled'))
        .when(capture('pay_x', 1))
        .then(wrong, exchangeFailed('cancelled'));
      given(...paying, asked('pay_y'), exchangeClosing('cancelled'))
        .when(capture('pay_x', 1))
        .then(wrong);
    });
    it('FIN-03 paid twice: the second goes back, once', () => {
      const twice = [...paying, asked('pay_y'), settledBy('pay_x')];
      const back = sentBack('rfd_pay_y', 'pay_y', DUE, 'double-payment');
      for (const history of [twice, [...twice, exchangeDone]]) {
        given(...history)
          .when(capture('pay_y', DUE))
          .then(back);
        given(...history, back)
          .when(capture('pay_y', DUE))
          .thenNothing();
        given(...history)
          .when(capture('pay_x', DUE))
          .thenNothing();
        given(...history)
          .when(close('pay_y'))
          .then(closed('pay_y'));
      }
    });
    it('a payment of the order itself is not one of its exchange', () => {
      given(...paying)
        .when(capture('pay_1'))
        .thenNothing();
      given(...paying)
        .when(capture('pay_7'))
        .then(sentBack('rfd_pay_7', 'pay_7', 24_000, 'double-payment'));
    });
  });

  describe('time', () => {
    it('nothing can be paid when its time is over', () => {
      given(...awaiting)
        .when(request('pay_x', SETTLE_BY, 'exc_1'))
        .thenRefused('sales.exchange-ended');
      given(...awaiting)
        .when(request('pay_x', '2026-12-01T02:14:59.999Z', 'exc_1'))
        .thenState((state) => expect(state).to.have.nested.property('payments[1].exchangeId', 'exc_1'));
    });
    it('it ends with the last open payment', () => {
      const two = [...paying, asked('pay_y'), exchangeClosing('expired')];
      given(...two)
        .when(close('pay_x'))
        .then(closed('pay_x'));
      given(...two, closed('pay_x'))
        .when(fail('pay_y'))
        .then(failed('pay_y'), exchangeFailed('expired'));
    });
    it('a timer does not make an expiry of what the customer has taken back', () => {
      given(...paying, exchangeClosing('cancelled'))
        .when(endExchange('expired'))
        .then(exchangeClosing('cancelled'));
    });
    it('taking it back twice asks the provider once', () => {
      given(...paying, exchangeClosing('cancelled'))
        .when(endExchange('cancelled'))
        .thenNothing();
    });
    it('a sixth payment is refused', () => {
      const five = ['a', 'b', 'c', 'd', 'e'].flatMap((id) => [asked(id), failed(id)]);
      const error = given(...awaiting, ...five)
        .when(request('f', undefined, 'exc_1'))
        .thenRefused('sales.too-many-payments');
      expect(error.data).to.deep.equal({ limit: 5 });
    });
  });

  describe('one ticket, one exchange at a time', () => {
    const second = beginExchange({ id: 'exc_2', holdId: 'hld_3' });
    it('the same person’s two devices: the second is refused while the first is under way', () => {
      for (const history of [[...withTickets, begun()], awaiting, replacing])
        given(...history)
          .when(second)
          .thenRefused('sales.exchange-under-way');
    });
    it('another ticket of the order may be exchanged meanwhile, and this one again afterwards', () => {
      const other = { id: 'exc_2', holdId: 'hld_3', rightId: 'rgt_2' };
      given(...awaiting)
        .when(beginExchange(other))
        .then(begun(other));
      for (const end of [exchangeDone, exchangeFailed('cancelled')])
        given(...replacing, end)
          .when(second)
          .then(begun({ id: 'exc_2', holdId: 'hld_3' }));
    });
    it('twenty that came to nothing are enough', () => {
      const twenty = Array.from({ length: 20 }, (_, index): OrderEvent[] => [
        begun({ id: `exc_n${index}`, holdId: `hld_n${index}` }),
        { type: 'ExchangeFailed', exchangeId: `exc_n${index}`, reason: 'cancelled' },
      ]).flat();
      const error = given(...withTickets, ...twenty)
        .when(beginExchange())
        .thenRefused('sales.too-many-exchanges');
      expect(error.data).to.deep.equal({ limit: 20 });
      given(...withTickets, ...twenty)
        .when(beginExchange({ rightId: 'rgt_2' }))
        .then(begun({ rightId: 'rgt_2' }));
    });
    it('the order knows the ticket of today', () => {
      given(...replacing)
        .when(completeExchange)
        .thenState((state) => {
          expect(state).to.have.nested.property('tickets[0].number', 'N3');
          expect(state).to.have.nested.property('tickets[1].number', 'N2');
        });
    });
    it('SAL-52 the fee of a session that was disrupted meanwhile comes back, once', () => {
      const waived = { waived: fen(500) };
      const done: OrderEvent = { ...exchangeDone, ...waived };
      const back = sentBack('rfd_exc_1', 'pay_1', 500, 'refund', 'exc_1');
      given(...replacing)
        .when({ ...completeExchange, ...waived })
        .then(done, back);
      given(...replacing, done, back)
        .when({ ...completeExchange, ...waived })
        .thenNothing();
      given(...replacing)
        .when({ ...completeExchange, ...waived })
        .thenState((state) =>
          expect(state)
            .to.have.nested.property('exchanges[0]')
            .that.includes({ fee: 0, due: 3_500, returned: 500, status: 'done' }),
        );
    });
    it('places of the order itself are still the order’s', () => {
      given(...awaiting)
        .when({ type: 'ReviewHold', holdId: 'hld_1' })
        .then({ type: 'HoldKept' });
      given(...awaiting)
        .when({ type: 'GrantHold', holdId: 'hld_1', at: SETTLE_BY })
        .thenNothing();
    });
  });

  describe('FIN-03 one account for the order and its exchanges', () => {
    it('a ticket that became dearer is paid back from both payments', () => {
      const dear = { fee: fen(0), returned: fen(15_000) };
      given(...replacing, exchangeDone, ...returned(2))
        .when(giveBack(1, { number: 'N3', ...dear }))
        .then(
          { type: 'TicketReturned', returned: returnOf(1, { number: 'N3', ...dear }) },
          sentBack('rfd_t1', 'pay_1', 13_200, 'refund', 'rfd_t1'),
          sentBack('rfd_t1-p2', 'pay_x', 1_800, 'refund', 'rfd_t1'),
        );
    });
    it('an order that was free pays back from its exchange', () => {
      const up = { price: fen(0), due: fen(15_000), fee: fen(0) };
      const free: OrderEvent = { type: 'OrderPlaced', facts: factsOf({ total: fen(0) }) };
      given(
        ...[free, granted, paidBy(undefined), fulfilled, begun(up), held()],
        ...[asked('pay_x', { amount: fen(15_000) }), settledBy('pay_x'), exchangeDone],
      )
        .when(giveBack(1, { fee: fen(0), returned: fen(15_000) }))
        .thenState((state) => expect(state).to.have.nested.property('refunds[0].paymentId', 'pay_x'));
    });
    it('a refund that took from the payment of an exchange under way leaves less of it to send back when that fails', () => {
      // Both tickets become dearer; the second is done and given back while the first is still to be replaced.
      const second = { id: 'exc_2', rightId: 'rgt_2', holdId: 'hld_3' };
      const both = [
        ...[...withTickets, begun(), held(), asked('pay_x'), begun(second), held('exc_2')],
        ...[settledBy('pay_x'), asked('pay_y', { exchangeId: 'exc_2' }), settledBy('pay_y', 'exc_2')],
        sentBack('rfd_t1', 'pay_1', 24_000, 'refund', 'rfd_t1'),
        sentBack('rfd_t1-p2', 'pay_x', 1_000, 'refund', 'rfd_t1'),
      ];
      given(...both)
        .when(failExchange)
        .then(
          exchangeFailed('sales.ticket-used'),
          sentBack('rfd_exc_1', 'pay_x', 2_500, 'cancelled', 'exc_1'),
          sentBack('rfd_exc_1-p2', 'pay_y', 1_000, 'cancelled', 'exc_1'),
        );
    });
    it('a refund of an exchange is confirmed like any other', () => {
      given(...replacing, exchangeFailed('x'), sentBack('rfd_pay_x', 'pay_x', DUE, 'cancelled', 'exc_1'))
        .when({ type: 'ConfirmRefund', refundId: 'rfd_pay_x' })
        .then(refundDone('pay_x'));
    });
  });
});
