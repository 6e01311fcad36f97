// Every cell of the payment's table, then what holds for any sequence of inputs.
import { fen, fold, NotYet, type Fen } from '@tongpiao/kernel';
import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { paymentDecider } from './payment.decider.ts';
import { paymentMessages } from './payment.messages.ts';
import { nextStep, refundable, refundedAmount, setAside } from './payment.policy.ts';
import type { Capture, PaymentCommand, PaymentEvent, PaymentFacts, PaymentState } from './payment.ts';

const AT = '2026-12-01T02:00:00.000Z';
const ASK = '2026-12-01T02:00:30.000Z';
const LATER = '2026-12-01T02:05:00.000Z';
const OVERDUE = '2026-12-01T02:20:00.000Z';
const PAY_URL = 'weixin://wxpay/bizpayurl?pr=example';

const facts: PaymentFacts = {
  orderId: 'ord_1',
  amount: fen(24_000),
  method: 'wechat',
  description: '门票',
  expiresAt: '2026-12-01T02:15:00.000Z',
  requestedAt: AT,
};
const money: Capture = { transactionId: 'tx-1', amount: fen(24_000), at: AT };
const other: Capture = { transactionId: 'tx-2', amount: fen(24_000), at: LATER };

const requested: PaymentEvent = { type: 'PaymentRequested', facts, at: AT };
const opened: PaymentEvent = { type: 'PaymentOpened', payUrl: PAY_URL, askAt: ASK, at: AT };
const openedLate: PaymentEvent = { type: 'PaymentOpenedLate', askAt: ASK, at: AT };
const failed: PaymentEvent = { type: 'PaymentFailed', reason: 'refused', at: AT };
const captured: PaymentEvent = { type: 'PaymentCaptured', capture: money, at: AT };
const closing: PaymentEvent = { type: 'CloseRequested', askAt: ASK, at: AT };
const forbidden: PaymentEvent = { type: 'PaymentForbidden', orderId: 'ord_1', at: AT };
const failedForbidden: PaymentEvent = { type: 'PaymentFailed', reason: 'closed-before-requested', at: AT };
const closed: PaymentEvent = { type: 'PaymentClosed', at: AT };
const stillUnpaid = (askAt: string): PaymentEvent => ({ type: 'PaymentStillUnpaid', askAt, at: AT });
const refundAsked = (id = 'rfd_1', amount = 10_000): PaymentEvent => ({
  type: 'RefundRequested',
  refund: { id, amount: fen(amount), reason: 'refund', transactionId: 'tx-1' },
  askAt: ASK,
  at: AT,
});
const accepted: PaymentEvent = { type: 'RefundAccepted', refundId: 'rfd_1', providerRefundId: 'p-1', at: AT };
const refundDone: PaymentEvent = { type: 'RefundDone', refundId: 'rfd_1', refundedAt: AT, at: AT };
const refundFailed = (final: boolean): PaymentEvent => ({
  type: 'RefundFailed',
  refundId: 'rfd_1',
  problem: 'no',
  final,
  at: AT,
});
const refused = (id = 'rfd_1', problem = 'nothing-captured', amount = 10_000): PaymentEvent => ({
  type: 'RefundRefused',
  refund: { id, amount: fen(amount), reason: 'refund' },
  problem,
  at: AT,
});

const request: PaymentCommand = { type: 'RequestPayment', facts };
const open: PaymentCommand = { type: 'OpenPayment', payUrl: PAY_URL, at: AT };
const refuse: PaymentCommand = { type: 'RefusePayment', reason: 'refused', at: AT };
const capture = (received: Capture): PaymentCommand => ({
  type: 'CapturePayment',
  capture: received,
  surplusRefundId: `rfd_of_${received.transactionId}`,
  at: AT,
});
const close: PaymentCommand = { type: 'ClosePayment', orderId: 'ord_1', at: AT };
const confirmClosed: PaymentCommand = { type: 'ConfirmClosed', at: AT };
const reportUnpaid = (at = AT): PaymentCommand => ({ type: 'ReportUnpaid', at });
const requestRefund = (amount = 10_000, refundId = 'rfd_1'): PaymentCommand => ({
  type: 'RequestRefund',
  refundId,
  amount: fen(amount),
  reason: 'refund',
  at: AT,
});
const accept: PaymentCommand = { type: 'AcceptRefund', refundId: 'rfd_1', providerRefundId: 'p-1', at: AT };
const confirmRefund: PaymentCommand = { type: 'ConfirmRefund', refundId: 'rfd_1', refundedAt: AT, at: AT };
const failRefund = (final = true): PaymentCommand => ({
  type: 'FailRefund',
  refundId: 'rfd_1',
  problem: 'no',
  final,
  at: AT,
});
const reportPending: PaymentCommand = { type: 'ReportRefundPending', refundId: 'rfd_1', at: AT };

const STATES = {
  none: [],
  'none, closed': [forbidden],
  requested: [requested],
  'requested, closing': [requested, closing],
  opened: [requested, opened],
  'opened, closing': [requested, opened, closing],
  captured: [requested, opened, captured],
  failed: [requested, failed],
  'failed, closing again': [requested, failed, openedLate],
  closed: [requested, opened, closed],
  'closed, closing again': [requested, closing, closed, openedLate],
} satisfies Record<string, readonly PaymentEvent[]>;
type StateName = keyof typeof STATES;

const REFUNDS = {
  unknown: [],
  requested: [refundAsked()],
  accepted: [refundAsked(), accepted],
  done: [refundAsked(), refundDone],
  failed: [refundAsked(), refundFailed(true)],
  abnormal: [refundAsked(), refundFailed(false)],
  refused: [refused('rfd_1', 'exceeds-captured')],
} satisfies Record<string, readonly PaymentEvent[]>;
type RefundName = keyof typeof REFUNDS;

/** Events, `-` for nothing, or the code of a refusal. */
type Cell = readonly PaymentEvent[] | string;
const given = specify(paymentDecider);

function check(events: readonly PaymentEvent[], command: PaymentCommand, cell: Cell): void {
  const then = given(...events).when(command);
  if (cell === '-') then.thenNothing();
  else if (typeof cell === 'string') then.thenRefused(cell);
  else then.then(...cell);
}

const UNKNOWN = 'finance.payment-unknown';
const NOT_CAPTURED = 'finance.payment-not-captured';

const cells: readonly [string, PaymentCommand, Record<StateName, Cell>][] = [
  [
    'FIN-01 RequestPayment',
    request,
    {
      none: [requested],
      'none, closed': [requested, failedForbidden],
      requested: '-',
      'requested, closing': '-',
      opened: '-',
      'opened, closing': '-',
      captured: '-',
      failed: '-',
      'failed, closing again': '-',
      closed: '-',
      'closed, closing again': '-',
    },
  ],
  [
    'FIN-01 OpenPayment',
    open,
    {
      none: UNKNOWN,
      'none, closed': UNKNOWN,
      requested: [opened],
      'requested, closing': [opened],
      opened: '-',
      'opened, closing': '-',
      captured: '-',
      failed: [openedLate],
      'failed, closing again': '-',
      closed: [openedLate],
      'closed, closing again': '-',
    },
  ],
  [
    'FIN-01 RefusePayment',
    refuse,
    {
      none: UNKNOWN,
      'none, closed': UNKNOWN,
      requested: [failed],
      'requested, closing': [failed],
      opened: [failed],
      'opened, closing': [failed],
      captured: '-',
      failed: '-',
      'failed, closing again': '-',
      closed: '-',
      'closed, closing again': '-',
    },
  ],
  [
    'FIN-02 CapturePayment',
    capture(money),
    {
      none: UNKNOWN,
      'none, closed': UNKNOWN,
      requested: [captured],
      'requested, closing': [captured],
      opened: [captured],
      'opened, closing': [captured],
      captured: '-',
      failed: [captured],
      'failed, closing again': [captured],
      closed: [captured],
      'closed, closing again': [captured],
    },
  ],
  [
    'FIN-02 ClosePayment',
    close,
    {
      none: [forbidden],
      'none, closed': '-',
      requested: [closing],
      'requested, closing': '-',
      opened: [closing],
      'opened, closing': '-',
      captured: '-',
      failed: '-',
      'failed, closing again': '-',
      closed: '-',
      'closed, closing again': '-',
    },
  ],
  [
    'FIN-02 ConfirmClosed',
    confirmClosed,
    {
      none: UNKNOWN,
      'none, closed': UNKNOWN,
      requested: [closed],
      'requested, closing': [closed],
      opened: [closed],
      'opened, closing': [closed],
      captured: '-',
      failed: '-',
      'failed, closing again': [{ type: 'PaymentClosedAgain', at: AT }],
      closed: '-',
      'closed, closing again': [{ type: 'PaymentClosedAgain', at: AT }],
    },
  ],
  [
    'FIN-02 ReportUnpaid',
    reportUnpaid(),
    {
      none: UNKNOWN,
      'none, closed': UNKNOWN,
      requested: '-',
      'requested, closing': [stillUnpaid('2026-12-01T02:01:00.000Z')],
      opened: [stillUnpaid('2026-12-01T02:01:00.000Z')],
      'opened, closing': [stillUnpaid('2026-12-01T02:01:00.000Z')],
      captured: '-',
      failed: '-',
      'failed, closing again': [stillUnpaid('2026-12-01T02:01:00.000Z')],
      closed: '-',
      'closed, closing again': [stillUnpaid('2026-12-01T02:01:00.000Z')],
    },
  ],
  [
    'FIN-02 RequestRefund',
    requestRefund(),
    {
      none: UNKNOWN,
      'none, closed': UNKNOWN,
      requested: NOT_CAPTURED,
      'requested, closing': NOT_CAPTURED,
      opened: NOT_CAPTURED,
      'opened, closing': NOT_CAPTURED,
      captured: [refundAsked()],
      failed: [refused()],
      'failed, closing again': [refused()],
      closed: [refused()],
      'closed, closing again': [refused()],
    },
  ],
  ...[accept, confirmRefund, failRefund(), reportPending].map(
    (command): [string, PaymentCommand, Record<StateName, Cell>] => {
      const unknown = Object.fromEntries(Object.keys(STATES).map((name) => [name, 'finance.refund-unknown']));
      return [
        `FIN-02 ${command.type}`,
        command,
        { ...unknown, none: UNKNOWN, 'none, closed': UNKNOWN } as Record<StateName, Cell>,
      ];
    },
  ),
];

const pendingAgain: PaymentEvent = {
  type: 'RefundStillPending',
  refundId: 'rfd_1',
  askAt: '2026-12-01T02:01:00.000Z',
  at: AT,
};

const refundCells: readonly [string, PaymentCommand, Record<RefundName, Cell>][] = [
  [
    'RequestRefund',
    requestRefund(),
    { unknown: [refundAsked()], requested: '-', accepted: '-', done: '-', failed: '-', abnormal: '-', refused: '-' },
  ],
  [
    'AcceptRefund',
    accept,
    {
      unknown: 'finance.refund-unknown',
      requested: [accepted],
      accepted: '-',
      done: '-',
      failed: '-',
      abnormal: '-',
      refused: '-',
    },
  ],
  [
    'ConfirmRefund',
    confirmRefund,
    {
      unknown: 'finance.refund-unknown',
      requested: [refundDone],
      accepted: [refundDone],
      done: '-',
      failed: [refundDone],
      abnormal: [refundDone],
      refused: 'finance.refund-contradiction',
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
    },
  ],
  [
    'ReportRefundPending',
    reportPending,
    {
      unknown: 'finance.refund-unknown',
      requested: [pendingAgain],
      accepted: [pendingAgain],
      done: '-',
      failed: '-',
      abnormal: '-',
      refused: '-',
    },
  ],
];

function nameOfCell(cell: Cell): string {
  if (typeof cell === 'string') return cell === '-' ? 'nothing' : cell;
  return cell.map(({ type }) => type).join(' + ');
}

describe('the payment', () => {
  for (const [name, command, row] of cells) {
    for (const state of Object.keys(STATES) as StateName[]) {
      it(`${name} × ${state} → ${nameOfCell(row[state])}`, () => check(STATES[state], command, row[state]));
    }
  }

  for (const [name, command, row] of refundCells) {
    for (const refund of Object.keys(REFUNDS) as RefundName[]) {
      it(`FIN-02 ${name} × a refund that is ${refund} → ${nameOfCell(row[refund])}`, () =>
        check([...STATES.captured, ...REFUNDS[refund]], command, row[refund]));
    }
  }

  it('FIN-01 cash is captured in the same decision', () => {
    const cash: PaymentFacts = { ...facts, method: 'cash', takenBy: 'usr_1' };
    given()
      .when({ type: 'RequestPayment', facts: cash })
      .then(
        { type: 'PaymentRequested', facts: cash, at: AT },
        { type: 'PaymentCaptured', capture: { transactionId: 'cash', amount: fen(24_000), at: AT }, at: AT },
      );
  });

  it('FIN-01 a payment that is open at the provider already is opened in the same decision', () => {
    given()
      .when({ ...request, payUrl: PAY_URL })
      .then(requested, opened);
  });

  it('FIN-02 a payment that was closed before it was requested is closed at the provider if it was opened there', () => {
    given(forbidden)
      .when({ ...request, payUrl: PAY_URL })
      .then(requested, failedForbidden, openedLate);
  });

  it('FIN-01 a method that cannot be used here fails in the same decision', () => {
    given()
      .when({ ...request, refusal: 'sandbox-not-allowed' })
      .then(requested, { type: 'PaymentFailed', reason: 'sandbox-not-allowed', at: AT });
  });

  it('FIN-02 a capture with another amount is recorded as it came', () => {
    const short: Capture = { ...money, amount: fen(1) };
    given(requested, opened)
      .when(capture(short))
      .thenState((state) => {
        expect(state).to.deep.include({ status: 'captured', capture: short, amount: fen(24_000) });
        expect(state.status !== 'none' && refundable(state)).to.equal(1);
      });
  });

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
      .when(confirmRefund)
      .thenRefused('finance.refund-contradiction');
  });

  it('FIN-01 cash goes back over the counter in the same decision', () => {
    const cash: PaymentFacts = { ...facts, method: 'cash', takenBy: 'usr_1' };
    const money: Capture = { transactionId: 'cash', amount: fen(24_000), at: AT };
    given({ type: 'PaymentRequested', facts: cash, at: AT }, { type: 'PaymentCaptured', capture: money, at: AT })
      .when(requestRefund())
      .then(
        {
          type: 'RefundRequested',
          refund: { id: 'rfd_1', amount: fen(10_000), reason: 'refund', transactionId: 'cash' },
          askAt: ASK,
          at: AT,
        },
        refundDone,
      );
  });

  it('FIN-02 the gaps between questions grow up to ten minutes', () => {
    let state = fold(paymentDecider, paymentDecider.initial, [requested, opened]);
    const gaps: number[] = [];
    for (let asked = 0; asked < 7; asked += 1) {
      const events = paymentDecider.decide(state, reportUnpaid());
      for (const event of events)
        if (event.type === 'PaymentStillUnpaid') gaps.push(Date.parse(event.askAt) - Date.parse(AT));
      state = fold(paymentDecider, state, events);
    }
    expect(gaps).to.deep.equal([60_000, 120_000, 240_000, 480_000, 600_000, 600_000, 600_000]);
  });

  it('FIN-02 past its time and a margin it is closed instead of asked for again', () => {
    given(requested, opened)
      .when(reportUnpaid(OVERDUE))
      .then({ type: 'CloseRequested', askAt: '2026-12-01T02:21:00.000Z', at: OVERDUE });
  });

  it('what is due at the provider follows from what is stored', () => {
    const due = (events: readonly PaymentEvent[], at = AT): string =>
      nextStep(fold(paymentDecider, paymentDecider.initial, events), at).kind;
    expect(due(STATES.none)).to.equal('none');
    expect(due(STATES.requested)).to.equal('create');
    expect(due(STATES.requested, OVERDUE)).to.equal('abandon');
    expect(due(STATES['requested, closing'])).to.equal('close');
    expect(due(STATES.opened)).to.equal('none');
    expect(due(STATES['opened, closing'])).to.equal('close');
    expect(due(STATES.captured)).to.equal('none');
    expect(due([...STATES.captured, refundAsked()])).to.equal('refund');
    expect(due([...STATES.captured, refundAsked(), accepted])).to.equal('none');
    expect(due(STATES.failed)).to.equal('none');
    expect(due(STATES['failed, closing again'])).to.equal('close');
    expect(due(STATES['closed, closing again'])).to.equal('close');
  });
});

const at = fc.constantFrom(AT, LATER, OVERDUE);
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
  fc.record({ type: fc.constant('AcceptRefund' as const), refundId, providerRefundId: fc.constant('p'), at }),
  fc.record({ type: fc.constant('ConfirmRefund' as const), refundId, refundedAt: at, at }),
  fc.record({
    type: fc.constant('FailRefund' as const),
    refundId,
    problem: fc.constant('no'),
    final: fc.boolean(),
    at,
  }),
  fc.record({ type: fc.constant('ReportRefundPending' as const), refundId, at }),
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
