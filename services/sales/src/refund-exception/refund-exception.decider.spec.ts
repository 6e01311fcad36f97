// Every cell of a refund beyond the rules, who may decide it, and that it is carried out at most once whoever does what in which order.
import { DomainError, fen, fold } from '@tongpiao/kernel';
import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { exceptionDecider } from './refund-exception.decider.ts';
import { exceptionMessages } from './refund-exception.messages.ts';
import type {
  ExceptionCommand,
  ExceptionDecision,
  ExceptionEvent,
  ExceptionFacts,
  ExceptionState,
} from './refund-exception.ts';

const AT = '2026-12-01T00:00:00.000Z';
const facts: ExceptionFacts = {
  rightId: 'rgt_1',
  orderId: 'ord_1',
  productId: 'prd_1',
  ticketNumber: 'N1',
  revision: 1,
  price: fen(12_000),
  amount: fen(9_000),
  reason: '游客突发疾病',
  requestedBy: 'usr_clerk',
  requester: 'staff',
  requestedAt: AT,
};
const decisionOf = (approved: boolean, by = 'usr_manager'): ExceptionDecision => ({
  by,
  approved,
  remark: '同意',
  at: AT,
});
const requested: ExceptionEvent = { type: 'ExceptionRequested', facts };
const approved: ExceptionEvent = { type: 'ExceptionApproved', decision: decisionOf(true) };
const refused: ExceptionEvent = { type: 'ExceptionRefused', decision: decisionOf(false) };
const withdrawn: ExceptionEvent = { type: 'ExceptionWithdrawn', by: 'usr_clerk', at: AT };
const done: ExceptionEvent = { type: 'ExceptionDone', at: AT };
const failed: ExceptionEvent = { type: 'ExceptionFailed', failure: 'sales.ticket-used', at: AT };

const HISTORIES: Readonly<Record<string, readonly ExceptionEvent[]>> = {
  none: [],
  requested: [requested],
  approved: [requested, approved],
  refused: [requested, refused],
  withdrawn: [requested, withdrawn],
  done: [requested, approved, done],
  failed: [requested, approved, failed],
};
const decideBy = (approve: boolean, by = 'usr_manager', mayUpTo?: number): ExceptionCommand => ({
  type: 'DecideException',
  by,
  approve,
  remark: '同意',
  at: AT,
  ...(mayUpTo === undefined ? {} : { mayUpTo: fen(mayUpTo) }),
});
const COMMANDS = {
  request: { type: 'RequestException', facts },
  approve: decideBy(true),
  refuse: decideBy(false),
  'approve as somebody else': decideBy(true, 'usr_other'),
  'approve one’s own': decideBy(true, 'usr_clerk'),
  withdraw: { type: 'WithdrawException', by: 'usr_clerk', at: AT },
  'withdraw somebody else’s': { type: 'WithdrawException', by: 'usr_other', at: AT },
  complete: { type: 'CompleteException', at: AT },
  fail: { type: 'FailException', failure: 'sales.ticket-used', at: AT },
} as const satisfies Record<string, ExceptionCommand>;

const NOT_FOUND = 'platform.not-found';
const DECIDED = 'sales.refund-exception-decided';
const NOT_YOURS = 'sales.refund-exception-not-yours';
const afterwards = (cell: string): Record<string, string> => ({
  refused: cell,
  withdrawn: cell,
  done: cell,
  failed: cell,
});
/** What is not named is answered by nothing. */
const TABLE: Readonly<Record<keyof typeof COMMANDS, Readonly<Record<string, string>>>> = {
  request: { none: 'ExceptionRequested' },
  approve: { none: NOT_FOUND, requested: 'ExceptionApproved', refused: DECIDED, withdrawn: DECIDED },
  refuse: {
    none: NOT_FOUND,
    requested: 'ExceptionRefused',
    approved: DECIDED,
    withdrawn: DECIDED,
    done: DECIDED,
    failed: DECIDED,
  },
  'approve as somebody else': {
    none: NOT_FOUND,
    requested: 'ExceptionApproved',
    approved: DECIDED,
    ...afterwards(DECIDED),
  },
  'approve one’s own': {
    none: NOT_FOUND,
    requested: 'sales.refund-exception-own',
    approved: DECIDED,
    ...afterwards(DECIDED),
  },
  withdraw: {
    none: NOT_FOUND,
    requested: 'ExceptionWithdrawn',
    approved: DECIDED,
    ...afterwards(DECIDED),
    withdrawn: '-',
  },
  'withdraw somebody else’s': {
    none: NOT_FOUND,
    requested: NOT_YOURS,
    approved: NOT_YOURS,
    ...afterwards(NOT_YOURS),
  },
  complete: { approved: 'ExceptionDone' },
  fail: { approved: 'ExceptionFailed' },
};

function cell(state: ExceptionState, command: ExceptionCommand): string {
  try {
    return (
      exceptionDecider
        .decide(state, command)
        .map(({ type }) => type)
        .join() || '-'
    );
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}

describe('SAL-51 a refund beyond the rules', () => {
  const given = specify(exceptionDecider);

  describe('the table, every cell', () => {
    for (const [name, command] of Object.entries(COMMANDS)) {
      for (const [status, history] of Object.entries(HISTORIES)) {
        const expected = TABLE[name as keyof typeof COMMANDS][status] ?? '-';
        it(`${name} when ${status}: ${expected}`, () => {
          const state = fold(exceptionDecider, exceptionDecider.initial, history);
          expect(cell(state, command)).to.equal(expected);
        });
      }
    }
  });

  it('an amount is more than nothing and at most the price', () => {
    for (const amount of [0, 12_001, -1])
      given()
        .when({ type: 'RequestException', facts: { ...facts, amount: fen(amount) } })
        .thenRefused('sales.refund-exception-amount');
    for (const amount of [1, 12_000]) {
      const asked = { ...facts, amount: fen(amount) };
      given().when({ type: 'RequestException', facts: asked }).then({ type: 'ExceptionRequested', facts: asked });
    }
  });

  it('an amount needs the right for its size, for yes and for no', () => {
    given(requested)
      .when(decideBy(true, 'usr_manager', 9_000))
      .then(approved);
    for (const approve of [true, false])
      given(requested)
        .when(decideBy(approve, 'usr_manager', 8_999))
        .thenRefused('sales.refund-exception-too-large');
  });

  it('is open for its ticket until it has ended', () => {
    const openFor = (history: readonly ExceptionEvent[]): unknown => {
      const state = fold(exceptionDecider, exceptionDecider.initial, history);
      return 'openFor' in state ? state.openFor : undefined;
    };
    expect(openFor([requested])).to.equal('rgt_1');
    expect(openFor([requested, approved])).to.equal('rgt_1');
    for (const status of ['refused', 'withdrawn', 'done', 'failed'])
      expect(openFor(HISTORIES[status] ?? []), status).to.equal(undefined);
  });

  it('only an approval is carried out', () => {
    for (const event of [requested, approved, refused, withdrawn, done, failed]) {
      const said = exceptionMessages(event, { id: 'rex_1' });
      expect(said.length, event.type).to.equal(event === approved ? 1 : 0);
    }
  });

  it('is carried out at most once, never by who has asked, and ends for good', () => {
    const by = fc.constantFrom('usr_clerk', 'usr_manager', 'usr_other');
    const command = fc.oneof(
      fc
        .record({ by, approve: fc.boolean(), limit: fc.constantFrom(undefined, 5_000, 9_000) })
        .map((decision) => decideBy(decision.approve, decision.by, decision.limit)),
      by.map((person): ExceptionCommand => ({ type: 'WithdrawException', by: person, at: AT })),
      fc.constantFrom<ExceptionCommand>(COMMANDS.request, COMMANDS.complete, COMMANDS.fail),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
        const happened: ExceptionEvent[] = [];
        let state: ExceptionState = exceptionDecider.initial;
        for (const one of commands) {
          try {
            const events: readonly ExceptionEvent[] = exceptionDecider.decide(state, one);
            state = fold(exceptionDecider, state, events);
            happened.push(...events);
          } catch (error) {
            if (!(error instanceof DomainError)) throw error;
          }
        }
        const approvals = happened.filter(({ type }) => type === 'ExceptionApproved');
        expect(approvals.length).to.be.at.most(1);
        for (const event of approvals)
          expect(event.type === 'ExceptionApproved' && event.decision.by).to.not.equal('usr_clerk');
        expect(happened.length).to.be.at.most(3);
      }),
    );
  });

  it('SAL-52 keeps what went back instead of what was asked for', () => {
    const instead = { reason: 'session-cancelled', returned: fen(12_000) } as const;
    specify(exceptionDecider)(requested, approved)
      .when({ type: 'CompleteException', instead, at: AT })
      .then({ type: 'ExceptionDone', instead, at: AT });
    const events = exceptionDecider.decide(fold(exceptionDecider, exceptionDecider.initial, [requested, approved]), {
      ...{ type: 'CompleteException', instead, at: AT },
    });
    const ended = fold(exceptionDecider, exceptionDecider.initial, [requested, approved, ...events]);
    expect(ended).to.deep.include({ status: 'done', amount: 9_000, instead });
  });
});
