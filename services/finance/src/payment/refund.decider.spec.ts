// Every cell of the table of refunds, and what several refunds of one payment may do together.
import { fen, fold } from '@tongpiao/kernel';
import { expect } from 'chai';
import {
  ASK,
  AT,
  REFUNDS,
  STATES,
  accepted,
  capture,
  check,
  confirmRefund,
  facts,
  failRefund,
  given,
  nameOfCell,
  other,
  payOut,
  refundAsked,
  refundDone,
  refundFailed,
  refused,
  reportPending,
  reportTaken,
  requestRefund,
  retryRefund,
  toHandOver,
  type Cell,
  type RefundName,
} from './payment.fixture.ts';
import { paymentDecider } from './payment.decider.ts';
import { providerNumber, refundable, refundNumbered } from './payment.policy.ts';
import type { Capture, PaymentCommand, PaymentEvent, PaymentFacts, PaymentState } from './payment.ts';

const retried = (attempt: number, transactionId = 'tx-1'): PaymentEvent => ({
  type: 'RefundRetried',
  refundId: 'rfd_1',
  transactionId,
  attempt,
  askAt: ASK,
  at: AT,
});
const pendingAgain: PaymentEvent = {
  type: 'RefundStillPending',
  refundId: 'rfd_1',
  askAt: '2026-12-01T02:01:00.000Z',
  at: AT,
};

const NOT_CASH = 'finance.refund-not-cash';
const handedOver: PaymentEvent = {
  type: 'RefundDone',
  refundId: 'rfd_1',
  refundedAt: AT,
  paidOutBy: 'usr_2',
  at: AT,
};

const refundCells: readonly [string, PaymentCommand, Record<RefundName, Cell>][] = [
  [
    'RequestRefund',
    requestRefund(),
    {
      unknown: [refundAsked()],
      requested: '-',
      accepted: '-',
      done: '-',
      failed: '-',
      abnormal: '-',
      refused: '-',
      'to-hand-over': '-',
    },
  ],
  [
    'RetryRefund',
    retryRefund,
    {
      unknown: 'finance.refund-unknown',
      requested: '-',
      accepted: '-',
      done: '-',
      failed: [retried(1)],
      abnormal: '-',
      refused: [retried(1)],
      'to-hand-over': '-',
    },
  ],
  [
    'ConfirmRefund',
    confirmRefund(),
    {
      unknown: 'finance.refund-unknown',
      requested: [refundDone],
      accepted: [refundDone],
      done: '-',
      failed: [refundDone],
      abnormal: [refundDone],
      refused: 'finance.refund-contradiction',
      'to-hand-over': '-',
    },
  ],
  [
    'FailRefund',
    failRefund(true),
    {
      unknown: 'finance.refund-unknown',
      requested: [refundFailed(true)],
      accepted: [refundFailed(true)],
      done: '-',
      failed: '-',
      abnormal: [refundFailed(true)],
      refused: '-',
      'to-hand-over': '-',
    },
  ],
  [
    'FailRefund (nobody knows)',
    failRefund(false),
    {
      unknown: 'finance.refund-unknown',
      requested: [refundFailed(false)],
      accepted: [refundFailed(false)],
      done: '-',
      failed: '-',
      abnormal: '-',
      refused: '-',
      'to-hand-over': '-',
    },
  ],
  [
    'ReportRefundPending',
    reportPending(),
    {
      unknown: 'finance.refund-unknown',
      requested: [pendingAgain],
      accepted: [pendingAgain],
      done: '-',
      failed: '-',
      abnormal: '-',
      refused: '-',
      'to-hand-over': '-',
    },
  ],
  [
    'ReportRefundPending (the provider has it)',
    reportTaken(),
    {
      unknown: 'finance.refund-unknown',
      requested: [accepted, pendingAgain],
      accepted: [pendingAgain],
      done: '-',
      failed: '-',
      abnormal: [accepted, pendingAgain],
      refused: '-',
      'to-hand-over': '-',
    },
  ],
  [
    'PayOutRefund',
    payOut,
    {
      unknown: 'finance.refund-unknown',
      requested: NOT_CASH,
      accepted: NOT_CASH,
      done: NOT_CASH,
      failed: NOT_CASH,
      abnormal: NOT_CASH,
      refused: NOT_CASH,
      'to-hand-over': [handedOver],
    },
  ],
];

/** As the provider says it of a refund that it had taken. */
const endedThere: PaymentEvent = { type: 'RefundFailed', refundId: 'rfd_1', problem: 'failed', final: true, at: AT };
const stateAfter = (...events: readonly PaymentEvent[]): PaymentState =>
  fold(paymentDecider, paymentDecider.initial, events);

describe('refunds of a payment', () => {
  for (const [name, command, row] of refundCells) {
    for (const refund of Object.keys(REFUNDS) as RefundName[]) {
      it(`FIN-02 ${name} × a refund that is ${refund} → ${nameOfCell(row[refund])}`, () =>
        check([...STATES.captured, ...REFUNDS[refund]], command, row[refund]));
    }
  }

  it('FIN-03 another transaction for a captured payment goes back by itself, and does not touch the first', () => {
    const surplusRefund = {
      id: 'rfd_of_tx-2',
      amount: fen(24_000),
      reason: 'double-payment',
      transactionId: 'tx-2',
    } as const;
    const received: PaymentEvent = { type: 'SurplusReceived', capture: other, at: AT };
    const back: PaymentEvent = { type: 'RefundRequested', refund: surplusRefund, askAt: ASK, at: AT };
    given(...STATES.captured)
      .when(capture(other))
      .then(received, back);
    given(...STATES.captured, received, back)
      .when(capture(other))
      .thenNothing();
    given(...STATES.captured, received, back)
      .when(requestRefund(24_000))
      .then(refundAsked('rfd_1', 24_000));
  });

  it('FIN-02 partial refunds add up to the capture and not to a fen more', () => {
    const history = [...STATES.captured, refundAsked('rfd_1', 10_000), refundAsked('rfd_2', 14_000)];
    given(...history)
      .when(requestRefund(1, 'rfd_3'))
      .then(refused('rfd_3', 'exceeds-captured', 1));
    given(...STATES.captured)
      .when(requestRefund(24_001))
      .then(refused('rfd_1', 'exceeds-captured', 24_001));
    given(...STATES.captured)
      .when(requestRefund(0))
      .then(refused('rfd_1', 'nothing-to-refund', 0));
  });

  it('FIN-02 a refund that failed frees its amount; one that nobody knows about does not', () => {
    given(...STATES.captured, refundAsked('rfd_1', 24_000), refundFailed(true))
      .when(requestRefund(24_000, 'rfd_2'))
      .then(refundAsked('rfd_2', 24_000));
    given(...STATES.captured, refundAsked('rfd_1', 24_000), refundFailed(false))
      .when(requestRefund(1, 'rfd_2'))
      .then(refused('rfd_2', 'exceeds-captured', 1));
  });

  it('FIN-02 a failed refund that is confirmed after its money was promised again is a contradiction', () => {
    given(...STATES.captured, refundAsked('rfd_1', 24_000), refundFailed(true), refundAsked('rfd_2', 24_000))
      .when(confirmRefund())
      .thenRefused('finance.refund-contradiction');
  });

  it('FIN-02 cash waits at the counter, set aside, until a clerk has handed it over; twice is once', () => {
    const cash: PaymentFacts = { ...facts, method: 'cash', takenBy: 'usr_1' };
    const coins: Capture = { transactionId: 'cash', amount: fen(24_000), at: AT };
    const taken: readonly PaymentEvent[] = [
      { type: 'PaymentRequested', facts: cash, at: AT },
      { type: 'PaymentCaptured', capture: coins, at: AT },
    ];
    const asked: PaymentEvent = {
      type: 'RefundRequested',
      refund: { id: 'rfd_1', amount: fen(10_000), reason: 'refund', transactionId: 'cash' },
      askAt: ASK,
      at: AT,
    };
    given(...taken)
      .when(requestRefund())
      .then(asked, toHandOver);
    given(...taken, asked, toHandOver)
      .when(requestRefund(14_001, 'rfd_2'))
      .then(refused('rfd_2', 'exceeds-captured', 14_001));
    given(...taken, asked, toHandOver)
      .when(payOut)
      .then(handedOver);
    given(...taken, asked, toHandOver, handedOver)
      .when({ ...payOut, by: 'usr_3' } as PaymentCommand)
      .thenNothing();
    const state = stateAfter(...taken, asked, toHandOver, handedOver);
    expect(state.status !== 'none' && state.refunds[0]).to.include({ status: 'done', paidOutBy: 'usr_2' });
  });

  it('FIN-02 a retry keeps the number that the provider refused, and takes a new one where the provider had ended the old', () => {
    const refusedThere = [...STATES.captured, refundAsked(), refundFailed(true)];
    given(...refusedThere)
      .when(retryRefund)
      .then(retried(1));
    given(...STATES.captured, refundAsked(), endedThere)
      .when(retryRefund)
      .then(retried(2));
    given(...STATES.captured, refundAsked(), endedThere, retried(2), endedThere)
      .when(retryRefund)
      .then(retried(3));
    const state = stateAfter(...STATES.captured, refundAsked(), endedThere, retried(2));
    expect(providerNumber({ id: 'rfd_1', attempt: 2 })).to.equal('rfd_1-2');
    expect(refundNumbered(state, 'rfd_1-2')).to.deep.include({ attempt: 2 });
    expect(refundNumbered(state, 'rfd_1')).to.deep.include({ attempt: 1 });
    expect(refundNumbered(state, 'rfd_1-3')).to.equal(undefined);
    expect(refundNumbered({ status: 'none' }, 'rfd_1')).to.equal(undefined);
  });

  it('FIN-02 a retried refund is under way like any other, and sets its money aside again', () => {
    const history = [...STATES.captured, refundAsked('rfd_1', 24_000), refundFailed(true), retried(1)];
    const state = stateAfter(...history);
    expect(state.status !== 'none' && refundable(state)).to.equal(0);
    given(...history)
      .when(requestRefund(1, 'rfd_2'))
      .then(refused('rfd_2', 'exceeds-captured', 1));
    given(...history)
      .when(confirmRefund())
      .then(refundDone);
    given(...history)
      .when(retryRefund)
      .thenNothing();
  });

  it('FIN-02 late words about an earlier attempt change nothing; that its money went after all is a contradiction', () => {
    const history = [...STATES.captured, refundAsked(), endedThere, retried(2)];
    given(...history)
      .when(failRefund(true, 1))
      .thenNothing();
    given(...history)
      .when(reportTaken(1))
      .thenNothing();
    given(...history)
      .when(confirmRefund(1))
      .thenRefused('finance.refund-contradiction');
    given(...history)
      .when(confirmRefund(2))
      .then(refundDone);
  });

  it('FIN-02 what was promised elsewhere meanwhile cannot be retried, nor what was never captured', () => {
    given(...STATES.captured, refundAsked('rfd_1', 24_000), refundFailed(true), refundAsked('rfd_2', 24_000))
      .when(retryRefund)
      .thenRefused('finance.refund-not-possible');
    given(...STATES.captured, refused('rfd_1', 'exceeds-captured', 24_001))
      .when(retryRefund)
      .thenRefused('finance.refund-not-possible');
    given(...STATES.closed, refused())
      .when(retryRefund)
      .thenRefused('finance.refund-not-possible');
    given(...STATES.captured, refused('rfd_1', 'nothing-to-refund', 0))
      .when(retryRefund)
      .thenRefused('finance.refund-not-possible');
  });

  it('FIN-02 a refused refund goes once the money is free again', () => {
    given(...STATES.closed, refused(), {
      type: 'PaymentCaptured',
      capture: { transactionId: 'tx-1', amount: fen(24_000), at: AT },
      at: AT,
    })
      .when(retryRefund)
      .then(retried(1));
  });

  it('FIN-03 the refund of a surplus that failed is retried against its own transaction', () => {
    const received: PaymentEvent = { type: 'SurplusReceived', capture: other, at: AT };
    const refund = { id: 'rfd_1', amount: fen(24_000), reason: 'double-payment', transactionId: 'tx-2' } as const;
    const asked: PaymentEvent = { type: 'RefundRequested', refund, askAt: ASK, at: AT };
    given(...STATES.captured, received, asked, refundAsked('rfd_2', 24_000), refundFailed(true))
      .when(retryRefund)
      .then(retried(1, 'tx-2'));
  });

  it('FIN-02 retried cash waits at the counter as well', () => {
    const cash: PaymentFacts = { ...facts, method: 'cash', takenBy: 'usr_1' };
    const coins: Capture = { transactionId: 'cash', amount: fen(24_000), at: AT };
    const asked = { type: 'PaymentRequested', facts: cash, at: AT } as const;
    given(asked, refused(), { type: 'PaymentCaptured', capture: coins, at: AT })
      .when(retryRefund)
      .then(retried(1, 'cash'), toHandOver);
  });
});
