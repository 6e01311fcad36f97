// Every cell of the work on a disrupted session, what it says to itself, and that no order of messages makes it do a step twice.
import { fold } from '@tongpiao/kernel';
import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { disruptionDecider } from './disruption.decider.ts';
import { disruptionMessages } from './disruption.messages.ts';
import type {
  Disruption,
  DisruptionCommand,
  DisruptionEvent,
  DisruptionFacts,
  DisruptionState,
  Told,
} from './disruption.ts';

const BEGUN = '2026-12-01T00:00:00.000Z';
const SOON = '2026-12-01T00:00:10.000Z';
const DECIDE_BY = '2026-12-01T06:00:00.000Z';
const LATER = '2026-12-01T08:00:00.000Z';
const MUCH_LATER = '2026-12-02T08:00:00.000Z';
const facts: DisruptionFacts = {
  kind: 'cancelled',
  sessionId: 'ses_1',
  productId: 'prd_1',
  siteId: 'sit_1',
  date: '2026-12-02',
  startsAt: '2026-12-02T09:00:00+08:00',
  endsAt: '2026-12-02T11:00:00+08:00',
  reason: '大风停园',
  decideBy: '2026-12-01T14:00:00+08:00',
  begunAt: BEGUN,
};
const cursor = { soldAt: '2026-11-20T00:00:00.000Z', id: 'rgt_2' };
const toldAll: Told = { tickets: 2, people: 2, orders: 1, left: [] };
const toldNobody: Told = { tickets: 0, people: 0, orders: 0, left: ['rgt_1', 'rgt_2'] };

const begun: DisruptionEvent = { type: 'DisruptionBegun', facts };
const taken: DisruptionEvent = { type: 'TicketsTaken', rightIds: ['rgt_1', 'rgt_2'], cursor };
const told: DisruptionEvent = { type: 'TicketsTold', told: toldAll, nextAt: SOON };
const opened: DisruptionEvent = { type: 'ChoiceOpened', nextAt: DECIDE_BY };
const returningBegun: DisruptionEvent = { type: 'ReturningBegun', nextAt: LATER };
const returned: DisruptionEvent = { type: 'TicketsReturned', returnedTo: 'rgt_2', nextAt: LATER };
const done: DisruptionEvent = { type: 'DisruptionDone', at: LATER, nextAt: '2026-12-01T10:00:00.000Z' };
const superseded: DisruptionEvent = { type: 'DisruptionSuperseded', by: 'dis_2', at: SOON };

const restoration = { restoreId: 'rst_1', places: 2, sequence: 4, at: SOON };
const restored: DisruptionEvent = { type: 'PlacesRestored', ...restoration };
const ticketsKept: DisruptionEvent = { type: 'TicketsKept', nextAt: SOON };

const HISTORIES: Readonly<Record<string, readonly DisruptionEvent[]>> = {
  none: [],
  telling: [begun],
  'telling, in hand': [begun, taken],
  open: [begun, taken, told, opened],
  returning: [begun, opened, returningBegun],
  done: [begun, opened, returningBegun, done],
  superseded: [begun, superseded],
};
type Status = keyof typeof HISTORIES;
const stateOf = (history: readonly DisruptionEvent[]): DisruptionState =>
  fold(disruptionDecider, disruptionDecider.initial, history);
const stepOf = (status: Status): number => {
  const state = stateOf(HISTORIES[status] ?? []);
  return state.status === 'none' ? 0 : state.step;
};

const COMMANDS = {
  begin: () => ({ type: 'BeginDisruption', facts }),
  take: (step) => ({ type: 'TakeTickets', rightIds: ['rgt_1', 'rgt_2'], cursor, step, at: SOON }),
  tell: (step) => ({ type: 'FinishTelling', told: toldAll, step, at: SOON }),
  'nobody before the deadline': (step) => ({ type: 'FindNobody', step, at: SOON }),
  'nobody after the deadline': (step) => ({ type: 'FindNobody', step, at: LATER }),
  'somebody late': (step) => ({ type: 'FindLate', step, at: SOON }),
  'money back': (step) => ({ type: 'FinishReturning', returnedTo: 'rgt_2', step, at: LATER }),
  'money back to all': (step) => ({ type: 'EndReturning', waiting: 0, step, at: LATER }),
  'money back but for exchanges': (step) => ({ type: 'EndReturning', waiting: 2, step, at: LATER }),
  'resume what has been due for long': (step) => ({ type: 'ResumeWork', step, at: MUCH_LATER }),
  'resume what was due just now': (step) => ({ type: 'ResumeWork', step, at: SOON }),
  supersede: () => ({ type: 'Supersede', by: 'dis_2', at: SOON }),
  restore: () => ({ type: 'RestorePlaces', ...restoration }),
  kept: (step) => ({ type: 'FinishKeeping', step, at: SOON }),
} as const satisfies Record<string, (step: number) => DisruptionCommand>;

const resumed: DisruptionEvent = { type: 'WorkResumed', nextAt: MUCH_LATER };
const late: DisruptionEvent = { type: 'LateTicketsFound', nextAt: SOON };
/** What is not named is answered by nothing. */
const TABLE: Readonly<Record<keyof typeof COMMANDS, Readonly<Record<string, readonly DisruptionEvent[]>>>> = {
  begin: { none: [begun] },
  take: { telling: [taken] },
  tell: { telling: [told], 'telling, in hand': [told] },
  'nobody before the deadline': {
    telling: [{ type: 'ChoiceOpened', nextAt: '2026-12-01T00:00:40.000Z' }],
    open: [{ type: 'LookedInVain', nextAt: '2026-12-01T00:00:40.000Z' }],
    done: [{ type: 'LookedInVain', nextAt: '2026-12-01T00:00:40.000Z' }],
  },
  'nobody after the deadline': {
    telling: [returningBegun],
    open: [returningBegun],
    done: [{ type: 'LookedInVain', nextAt: '2026-12-01T10:00:00.000Z' }],
  },
  'somebody late': { open: [late], returning: [late], done: [late] },
  'money back': { returning: [returned] },
  'money back to all': { returning: [done] },
  'money back but for exchanges': {
    returning: [{ type: 'ReturningPaused', waiting: 2, nextAt: '2026-12-01T10:00:00.000Z' }],
  },
  'resume what has been due for long': {
    telling: [resumed],
    'telling, in hand': [resumed],
    open: [resumed],
    returning: [resumed],
    done: [resumed],
  },
  'resume what was due just now': {},
  supersede: {
    telling: [superseded],
    'telling, in hand': [superseded],
    open: [superseded],
    returning: [superseded],
  },
  restore: {
    telling: [restored],
    'telling, in hand': [restored],
    open: [{ ...restored, nextAt: SOON }],
    returning: [restored],
    done: [{ ...restored, nextAt: SOON }],
  },
  kept: { open: [ticketsKept], done: [ticketsKept] },
};

describe('SAL-52 the work on a disrupted session', () => {
  const given = specify(disruptionDecider);

  describe('the table, every cell', () => {
    for (const [name, command] of Object.entries(COMMANDS)) {
      for (const [status, history] of Object.entries(HISTORIES)) {
        // Early: said of its own below.
        if (name === 'restore' && status === 'none') continue;
        const expected = TABLE[name as keyof typeof COMMANDS][status] ?? [];
        it(`${name} when ${status}: ${expected.map(({ type }) => type).join(', ') || 'nothing'}`, () => {
          given(...history)
            .when(command(stepOf(status)))
            .then(...expected);
        });
        if (name !== 'begin' && name !== 'supersede' && name !== 'restore')
          it(`${name} when ${status}, for a step that is finished: nothing`, () => {
            given(...history)
              .when(command(stepOf(status) - 1))
              .thenNothing();
          });
      }
    }
    it('restore when none, because it has overtaken its reduction: early', () => {
      given().when(COMMANDS.restore()).thenRefused('sales.unknown-reduction');
    });
    it('restore twice: nothing', () => {
      for (const status of ['telling', 'open', 'returning', 'done'])
        given(...(HISTORIES[status] ?? []), restored)
          .when(COMMANDS.restore())
          .thenNothing();
    });
    it('restore leaves the step that is under way as it is, and takes a look at once where there is none', () => {
      for (const status of ['telling', 'telling, in hand', 'returning']) {
        const before = stateOf(HISTORIES[status] ?? []);
        expect(stateOf([...(HISTORIES[status] ?? []), restored])).to.deep.equal({ ...before, restored: [restoration] });
      }
      const after = stateOf([...(HISTORIES['open'] ?? []), { ...restored, nextAt: SOON }]);
      const step = stepOf('open') + 1;
      expect(after).to.deep.include({ status: 'open', restored: [restoration], step, nextAt: SOON });
    });
    it('a reduction that is heard of after the cancellation is over as it begins', () => {
      given()
        .when({ type: 'BeginDisruption', facts, supersededBy: 'dis_2' })
        .then(begun, { ...superseded, at: BEGUN });
    });
  });

  describe('telling', () => {
    it('keeps in hand who is not told yet, and takes nobody else meanwhile', () => {
      const part: Told = { tickets: 1, people: 3, orders: 1, left: ['rgt_2'] };
      const state = stateOf([begun, taken, { type: 'TicketsTold', told: part, nextAt: SOON }]);
      expect(state).to.deep.include({ inHand: ['rgt_2'], tickets: 1, people: 3, orders: 1, step: 1, stuck: 0 });
      expect(disruptionDecider.decide(state, COMMANDS.take(1))).to.deep.equal([]);
    });
    it('gives up, after growing pauses, whom nothing can be told, and goes on with the others', () => {
      let state = stateOf([begun, taken]);
      const pauses: number[] = [];
      for (;;) {
        const { step } = state as Disruption;
        const events = disruptionDecider.decide(state, { type: 'FinishTelling', told: toldNobody, step, at: SOON });
        state = fold(disruptionDecider, state, events);
        if (events[0]?.type !== 'TicketsTold') break;
        pauses.push((Date.parse(events[0].nextAt) - Date.parse(SOON)) / 1_000);
      }
      expect(pauses).to.deep.equal([1, 5, 15, 60, 300]);
      expect(state).to.deep.include({ status: 'telling', inHand: [], untold: 2, stuck: 0 });
    });
    it('goes on where it stood still, and the message that was parked finds its step done', () => {
      const state = stateOf([begun, taken, { ...resumed }]);
      expect(state).to.deep.include({ inHand: ['rgt_1', 'rgt_2'], cursor, step: 1, nextAt: MUCH_LATER });
      expect(disruptionDecider.decide(state, COMMANDS.tell(0))).to.deep.equal([]);
    });
    it('walks on from where it was, and from the beginning when somebody came late', () => {
      expect(stateOf([begun, taken, told])).to.deep.include({ cursor });
      expect(stateOf([begun, taken, told, opened, late])).to.deep.include({ status: 'telling', cursor: undefined });
    });
  });

  describe('looking again', () => {
    const looks = (history: readonly DisruptionEvent[], from: string): string[] => {
      let state = stateOf(history);
      let at = from;
      const times: string[] = [];
      while (times.length < 200) {
        const { step } = state as Disruption;
        const events = disruptionDecider.decide(state, { type: 'FindNobody', step, at });
        state = fold(disruptionDecider, state, events);
        const { nextAt, status } = state as Disruption;
        if (nextAt === undefined || status === 'returning') return times;
        times.push(nextAt);
        at = nextAt;
      }
      throw new Error('looks for ever');
    };
    it('is at most a quarter of the time late, and never later than the deadline', () => {
      const times = looks([begun, opened], BEGUN);
      expect(times[0]).to.equal('2026-12-01T00:00:30.000Z');
      expect(times.at(-1)).to.equal(DECIDE_BY);
      times.slice(1).forEach((time, index) => {
        const before = Date.parse(times[index] ?? '') - Date.parse(BEGUN);
        const passed = Date.parse(time) - Date.parse(BEGUN);
        expect(passed).to.be.at.most(Math.max(before * 1.25, before + 30_000));
      });
    });
    it('ends when nobody can come late any more: a day and an hour after the beginning', () => {
      const times = looks([begun, opened, returningBegun, done], LATER);
      expect(times.at(-1)).to.equal('2026-12-02T01:00:00.000Z');
      expect(times.length).to.be.below(40);
    });
  });

  it('says what is to be done at once, and reminds itself of the rest; what is taken in hand has its message already', () => {
    const said = (history: readonly DisruptionEvent[], at: string): unknown => {
      const event = history.at(-1);
      return event === undefined ? [] : disruptionMessages(event, { id: 'dis_1', state: stateOf(history), at });
    };
    const data = { disruptionId: 'dis_1', step: 0 };
    expect(said([begun], BEGUN))
      .to.have.nested.property('[1].data')
      .that.deep.equals(data);
    expect(said([begun, taken], BEGUN)).to.deep.equal([]);
    expect(said([begun, opened], SOON))
      .to.have.nested.property('[0].timer')
      .that.deep.equals({ name: 'work', due: DECIDE_BY });
    expect(said([begun, superseded], SOON)).to.deep.equal([{ cancelTimer: 'work' }]);
    expect(said([begun, restored], SOON)).to.deep.equal([]);
    expect(said([begun, opened, { ...restored, nextAt: SOON }], SOON))
      .to.have.nested.property('[1].data')
      .that.deep.equals({ disruptionId: 'dis_1', step: 2 });
  });

  it('does no step twice, whatever comes twice, late or early', () => {
    const names = Object.keys(COMMANDS) as (keyof typeof COMMANDS)[];
    const input = fc.record({ name: fc.constantFrom(...names), late: fc.integer({ min: 0, max: 2 }) });
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
        let state: DisruptionState = stateOf([begun]);
        const finished = new Set<number>();
        for (const { name, late: behind } of inputs) {
          const before = state.status === 'none' ? 0 : state.step;
          const command = COMMANDS[name](before - behind);
          const events = disruptionDecider.decide(state, command);
          state = fold(disruptionDecider, state, events);
          const after = state.status === 'none' ? 0 : state.step;
          expect(after - before).to.be.within(0, 1);
          if (after > before) {
            expect(finished.has(before)).to.equal(false);
            finished.add(before);
          }
          expect(fold(disruptionDecider, state, disruptionDecider.decide(state, command)), 'again').to.deep.equal(
            state,
          );
        }
      }),
    );
  });
});
