// Every cell of the table, what is pending beside what is stored, and what a batch sees of itself.
import { expect } from 'chai';
import { decideBatch } from './site-day.decider.ts';
import {
  confirm,
  giveBack,
  hold,
  noRecord,
  place,
  record,
  refund,
  release,
  returned,
  siteDay,
} from './site-day.fixture.ts';
import type { Delta, HoldFacts, HoldOutcome, HoldRequest, HoldStatus, Returned, SiteDay, Step } from './site-day.ts';

const REQUESTS = {
  place: place(),
  confirm: confirm(),
  release: release(),
  refund: refund(),
  return: giveBack(),
} as const;
type Name = keyof typeof REQUESTS;

const PLACED: Delta = { available: -2, held: 2, sold: 0 };
const SOLD: Delta = { available: 0, held: -2, sold: 2 };
const FREED: Delta = { available: 2, held: -2, sold: 0 };
const BACK: Delta = { available: 2, held: 0, sold: -2 };
const ONE_BACK: Delta = { available: 1, held: 0, sold: -1 };
const STAY: Delta = { available: 0, held: 0, sold: 0 };

/** Outcome and how the counters move; "already" for what changes nothing. */
type Cell = HoldOutcome['kind'] | readonly ['complete', Delta];
type Row = {
  readonly stands: string;
  readonly status: HoldStatus;
  readonly pending?: readonly Step['step'][];
  readonly returns?: readonly Returned[];
  /** Stands in line: there is no room. */
  readonly waits?: true;
  readonly cells: Readonly<Record<Name, Cell>>;
};
const row = (
  stands: string,
  given: Omit<Row, 'stands' | 'cells'>,
  [forPlace, forConfirm, forRelease, forRefund, forReturn]: readonly [Cell, Cell, Cell, Cell, Cell],
): Row => ({
  stands,
  ...given,
  cells: { place: forPlace, confirm: forConfirm, release: forRelease, refund: forRefund, return: forReturn },
});

const freed = ['complete', FREED] as const;
const sells = ['complete', SOLD] as const;
const back = ['complete', BACK] as const;
const oneBack = ['complete', ONE_BACK] as const;
const TABLE: readonly Row[] = [
  row('none', { status: 'none' }, [['complete', PLACED], 'early', 'complete', 'complete', 'early']),
  row('queued', { status: 'none', waits: true }, ['queued', 'early', 'complete', 'complete', 'early']),
  row('reject pending', { status: 'none', pending: ['reject'] }, [
    'already',
    'contradiction',
    'complete',
    'complete',
    'already',
  ]),
  row('place pending', { status: 'none', pending: ['place'] }, ['complete', sells, freed, freed, 'early']),
  row('held', { status: 'held' }, ['already', sells, freed, freed, 'early']),
  row('held, its place pending still', { status: 'held', pending: ['place'] }, [
    'complete',
    sells,
    freed,
    freed,
    'early',
  ]),
  row('confirm pending', { status: 'held', pending: ['confirm'] }, ['already', 'complete', 'already', back, 'early']),
  row('confirmed', { status: 'confirmed' }, ['already', 'already', 'already', back, oneBack]),
  row('confirmed, its place pending still', { status: 'confirmed', pending: ['place'] }, [
    'complete',
    'already',
    'already',
    back,
    oneBack,
  ]),
  row('confirmed, its confirm pending still', { status: 'confirmed', pending: ['confirm'] }, [
    'already',
    'complete',
    'already',
    back,
    oneBack,
  ]),
  row('confirmed, another part has come back', { status: 'confirmed', returns: [returned('rfd_2')] }, [
    'already',
    'already',
    'already',
    oneBack,
    oneBack,
  ]),
  row('confirmed, all has come back in other parts', { status: 'confirmed', returns: [returned('rfd_2', 2)] }, [
    'already',
    'already',
    'already',
    ['complete', STAY],
    'contradiction',
  ]),
  row('confirmed, this part has come back', { status: 'confirmed', returns: [returned()] }, [
    'already',
    'already',
    'already',
    oneBack,
    'already',
  ]),
  row('this return pending', { status: 'confirmed', pending: ['return'] }, [
    'already',
    'already',
    'already',
    oneBack,
    'complete',
  ]),
  row('this return pending, its document there', { status: 'confirmed', pending: ['return'], returns: [returned()] }, [
    'already',
    'already',
    'already',
    oneBack,
    'complete',
  ]),
  row('release pending', { status: 'held', pending: ['release'] }, [
    'already',
    'contradiction',
    'complete',
    'complete',
    'already',
  ]),
  row('release pending, this return as well', { status: 'confirmed', pending: ['return', 'release'] }, [
    'already',
    'contradiction',
    'complete',
    'complete',
    'complete',
  ]),
  row('released', { status: 'released' }, ['already', 'contradiction', 'already', 'already', 'already']),
  row('released, its place pending still', { status: 'released', pending: ['place'] }, [
    'complete',
    'contradiction',
    'already',
    'already',
    'already',
  ]),
  row('released, its release pending still', { status: 'released', pending: ['release'] }, [
    'already',
    'contradiction',
    'complete',
    'complete',
    'already',
  ]),
];

describe('site-day', () => {
  describe('INV-10 the table, every cell', () => {
    for (const { stands, status, pending = [], returns = [], waits, cells } of TABLE) {
      for (const [name, request] of Object.entries(REQUESTS)) {
        const cell = cells[name as Name];
        const [kind, moves] = typeof cell === 'string' ? ([cell, undefined] as const) : cell;
        it(`${name} when ${stands}: ${kind}${moves === undefined ? ', counters stay' : ''}`, () => {
          const day = siteDay(waits === undefined ? { pending } : { pending, capacity: 4, waiting: [hold()] });
          const { outcomes, change } = decideBatch(day, () => record(status, returns), [request]);
          expect(outcomes.map((outcome) => outcome.kind)).to.deep.equal([kind]);
          expect(change?.sessions['ses_1']).to.deep.equal(moves);
          if (kind === 'complete') expect(outcomes[0]).to.include({ step: name === 'refund' ? 'release' : name });
        });
      }
    }
  });

  describe('refusals', () => {
    const refusalOf = (day: SiteDay, request: HoldRequest): unknown => {
      const { outcomes, change } = decideBatch(day, noRecord, [request]);
      expect(change).to.equal(undefined);
      const [outcome] = outcomes;
      return outcome?.kind === 'rejected' ? [outcome.reason, outcome.available] : outcome?.kind;
    };
    it('sold out, with what is left', () => {
      expect(refusalOf(siteDay({ capacity: 5 }), place(hold('hld_2', 2)))).to.deep.equal(['sold-out', 1]);
    });
    it('the last place is sold, one more is not', () => {
      expect(decideBatch(siteDay(), noRecord, [place(hold('hld_2', 6))]).outcomes[0]?.kind).to.equal('complete');
      expect(refusalOf(siteDay(), place(hold('hld_2', 7)))).to.deep.equal(['sold-out', 6]);
    });
    it('INV-05 the day is full although the session is not', () => {
      expect(refusalOf(siteDay({ day: 5 }), place(hold('hld_2', 2)))).to.deep.equal(['day-full', 1]);
    });
    it('a closed session', () => {
      const day = siteDay();
      const closed: SiteDay = {
        ...day,
        sessions: { ses_1: { capacity: 10, available: 6, held: 2, sold: 2, status: 'closed' } },
      };
      expect(refusalOf(closed, place(hold('hld_2')))).to.deep.equal(['session-closed', 0]);
      expect(
        decideBatch(closed, () => record('held'), [confirm(), release(hold('hld_3'))]).outcomes.map(({ kind }) => kind),
      ).to.deep.equal(['complete', 'complete']);
    });
    it('a session that is not of this day', () => {
      expect(refusalOf(siteDay(), place(hold('hld_2', 1, 'ses_9')))).to.deep.equal(['unknown-session', 0]);
    });
    it('INV-10 two lines on one session are counted together', () => {
      const twice: HoldFacts = { ...hold('hld_2', 4), lines: [...hold('hld_2', 4).lines, ...hold('hld_2', 4).lines] };
      expect(refusalOf(siteDay(), place(twice))).to.deep.equal(['sold-out', 6]);
    });
  });

  describe('INV-12 a batch', () => {
    it('is decided in order of arrival', () => {
      const ids = ['a', 'b', 'c', 'd'];
      const quantities = [3, 4, 3, 1];
      const { outcomes } = decideBatch(
        siteDay(),
        noRecord,
        ids.map((id, index) => place(hold(id, quantities[index]))),
      );
      expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['complete', 'rejected', 'complete', 'rejected']);
    });
    it('sees its own earlier steps: placed, confirmed and confirmed again', () => {
      const { outcomes, change } = decideBatch(siteDay({ held: 0, sold: 0 }), noRecord, [
        place(),
        confirm(),
        confirm(),
        place(),
      ]);
      expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['complete', 'complete', 'complete', 'already']);
      expect(change?.sessions['ses_1']).to.deep.equal({ available: -2, held: 0, sold: 2 });
      expect(change?.pending.map(({ id }) => id)).to.deep.equal(['hld_1:place', 'hld_1:confirm']);
    });
    it('a release in it makes room for the next', () => {
      const { outcomes } = decideBatch(siteDay({ capacity: 4 }), (id) => record(id === 'hld_1' ? 'held' : 'none'), [
        place(hold('early', 2)),
        release(),
        place(hold('late', 2)),
      ]);
      expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['rejected', 'complete', 'complete']);
    });
    it('a release that came before its place refuses it', () => {
      const { outcomes, change } = decideBatch(siteDay(), noRecord, [release(hold('x')), place(hold('x'))]);
      expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['complete', 'already']);
      expect(change).to.equal(undefined);
    });
    it('without anything to write changes nothing', () => {
      expect(decideBatch(siteDay(), () => record('confirmed'), [confirm()]).change).to.equal(undefined);
    });
  });

  describe('SAL-54 a part of a sold hold comes back', () => {
    const outcomesOf = (requests: readonly HoldRequest[], status: HoldStatus = 'confirmed'): unknown => {
      const { outcomes, change } = decideBatch(siteDay({ capacity: 10, sold: 8 }), () => record(status), requests);
      return [outcomes.map(({ kind }) => kind), change?.sessions['ses_1']];
    };
    const four = hold('hld_1', 4);

    it('in parts, each once, and never more than is left', () => {
      const parts = [returned('a', 1), returned('b', 2), returned('a', 1), returned('c', 2), returned('d', 1)];
      expect(outcomesOf(parts.map((part) => giveBack(part, four)))).to.deep.equal([
        ['complete', 'complete', 'already', 'contradiction', 'complete'],
        { available: 4, held: 0, sold: -4 },
      ]);
    });
    it('and the rest afterwards, by a release with reason refunded: the counters get what is left', () => {
      expect(outcomesOf([giveBack(returned('a', 3), four), refund(four)])).to.deep.equal([
        ['complete', 'complete'],
        { available: 4, held: 0, sold: -4 },
      ]);
    });
    it('in the batch of its confirm it is early, as the order says the two in this order and the retry follows', () => {
      expect(outcomesOf([confirm(four), giveBack(returned('a', 1), four)], 'held')).to.deep.equal([
        ['complete', 'early'],
        { available: 0, held: -4, sold: 4 },
      ]);
    });
    it('two lines on one session are one store of places', () => {
      const twice: HoldFacts = { ...four, lines: [...hold('', 1).lines, ...hold('', 3).lines] };
      expect(outcomesOf([giveBack(returned('a', 2), twice), refund(twice)])).to.deep.equal([
        ['complete', 'complete'],
        { available: 4, held: 0, sold: -4 },
      ]);
    });
    it('makes room for the next in the batch', () => {
      const { outcomes } = decideBatch(
        siteDay({ capacity: 4 }),
        (id) => record(id === 'hld_1' ? 'confirmed' : 'none'),
        [place(hold('early', 1)), giveBack(returned('a', 1)), place(hold('late', 1))],
      );
      expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['rejected', 'complete', 'complete']);
    });
    it('of a hold over two days, on the day of its session only', () => {
      const lines = [...four.lines, { sessionId: 'ses_2', siteDay: 'sit_1:2026-12-02', quantity: 4 }];
      const { change } = decideBatch(siteDay({ day: 10 }), () => record('confirmed', [returned('b', 1, 'ses_2')]), [
        giveBack(returned('a', 2), { ...four, lines }),
      ]);
      expect(change).to.deep.include({ sessions: { ses_1: BACK }, day: BACK });
      expect(change?.pending.map(({ id }) => id)).to.deep.equal(['hld_1:return:a']);
    });
  });
});
