// Every cell of the payment's table; those of its refunds are in refund.decider.spec.ts.
import { fen, fold } from '@tongpiao/kernel';
import { expect } from 'chai';
import {
  AT,
  OVERDUE,
  PAY_URL,
  STATES,
  accepted,
  capture,
  captured,
  check,
  close,
  closed,
  closing,
  confirmClosed,
  confirmRefund,
  facts,
  failRefund,
  failed,
  failedForbidden,
  forbidden,
  given,
  money,
  nameOfCell,
  open,
  opened,
  openedLate,
  refundAsked,
  refuse,
  refused,
  reportPending,
  reportUnpaid,
  request,
  requestRefund,
  requested,
  retryRefund,
  stillUnpaid,
  type Cell,
  type StateName,
} from './payment.fixture.ts';
import { paymentDecider } from './payment.decider.ts';
import { nextStep, refundable } from './payment.policy.ts';
import type { Capture, PaymentCommand, PaymentEvent, PaymentFacts, PaymentState } from './payment.ts';

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
  ...[retryRefund, confirmRefund(), failRefund(), reportPending()].map(
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

describe('the payment', () => {
  for (const [name, command, row] of cells) {
    for (const state of Object.keys(STATES) as StateName[]) {
      it(`${name} × ${state} → ${nameOfCell(row[state])}`, () => check(STATES[state], command, row[state]));
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
    const after = (events: readonly PaymentEvent[]): PaymentState =>
      fold(paymentDecider, paymentDecider.initial, events);
    const due = (events: readonly PaymentEvent[], at = AT): string => nextStep(after(events), at).kind;
    expect(due(STATES.none)).to.equal('none');
    expect(due(STATES.requested)).to.equal('create');
    expect(due(STATES.requested, OVERDUE)).to.equal('abandon');
    expect(due(STATES['requested, closing'])).to.equal('close');
    expect(due(STATES.opened)).to.equal('none');
    expect(due(STATES['opened, closing'])).to.equal('close');
    expect(due(STATES.captured)).to.equal('none');
    expect(due([...STATES.captured, refundAsked()])).to.equal('refund');
    expect(nextStep(after([...STATES.captured, refundAsked()]), AT, new Set(['rfd_1'])).kind).to.equal('none');
    expect(due([...STATES.captured, refundAsked(), accepted])).to.equal('none');
    expect(due(STATES.failed)).to.equal('none');
    expect(due(STATES['failed, closing again'])).to.equal('close');
    expect(due(STATES['closed, closing again'])).to.equal('close');
  });
});
