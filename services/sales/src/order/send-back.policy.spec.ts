// The rule of send-back.policy.ts, every cell of its table.
import { expect } from 'chai';
import { sendingOf, SINGLE_REFUNDS_MAX, type Owing } from './send-back.policy.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const few = SINGLE_REFUNDS_MAX - 1;
const many = SINGLE_REFUNDS_MAX;
const owing = (change: Partial<Owing>): Owing => ({
  cause: 'holder',
  refunds: 0,
  lastOfSession: false,
  lastOfOrder: false,
  ...change,
});

describe('SAL-50 FIN-02 when money that is owed back is asked for', () => {
  for (const [what, change, sending] of [
    ['a holder, few refunds', { refunds: few }, 'by-itself'],
    ['a holder, few refunds, the last ticket', { refunds: few, lastOfSession: true, lastOfOrder: true }, 'by-itself'],
    ['a holder, many refunds', { refunds: many }, { collectMs: HOUR }],
    ['a holder, many refunds, the last of its session', { refunds: many, lastOfSession: true }, { collectMs: HOUR }],
    ['a holder, one more', { refunds: many + 1 }, { collectMs: 2 * HOUR }],
    ['a holder, nine more', { refunds: many + 9 }, { collectMs: 512 * HOUR }],
    ['a holder, many refunds, the last', { refunds: many, lastOfSession: true, lastOfOrder: true }, 'with-others'],
    ['a deadline, few refunds', { cause: 'deadline', refunds: few }, { collectMs: MINUTE }],
    ['a deadline, the last of its session', { cause: 'deadline', refunds: few, lastOfSession: true }, 'with-others'],
    ['a deadline, many refunds', { cause: 'deadline', refunds: many, lastOfSession: true }, { collectMs: MINUTE }],
    ['a deadline, three more', { cause: 'deadline', refunds: many + 3 }, { collectMs: 8 * MINUTE }],
    [
      'a deadline, many refunds, the last',
      { cause: 'deadline', refunds: many, lastOfSession: true, lastOfOrder: true },
      'with-others',
    ],
  ] as const satisfies readonly (readonly [string, Partial<Owing>, ReturnType<typeof sendingOf>])[])
    it(`${what}: ${JSON.stringify(sending)}`, () => {
      expect(sendingOf(owing(change))).to.deep.equal(sending);
    });

  it('whoever gives tickets back whenever there is one to send comes to fifty after six weeks', () => {
    let waited = 0;
    for (let refunds = many; refunds < 50; refunds += 1) {
      const sending = sendingOf(owing({ refunds }));
      waited += typeof sending === 'string' ? 0 : sending.collectMs;
    }
    expect(waited).to.be.greaterThan(6 * 7 * 24 * HOUR);
  });
});
