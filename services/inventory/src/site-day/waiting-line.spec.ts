// Who stands in line, who is served and in which order (SAL-26): the cells of the line's table, and what holds for any batches.
import { WAITING_LINE_MAX } from '@tongpiao/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import { applyChange, balanced } from './counters.policy.ts';
import { afterLine, decideBatch } from './site-day.decider.ts';
import {
  confirm,
  hold,
  noRecord,
  place,
  placeOrWait,
  record,
  refund,
  release,
  siteDay,
  waitingOf,
} from './site-day.fixture.ts';
import {
  pendingId,
  type BatchDecision,
  type HoldFacts,
  type HoldRecord,
  type HoldRequest,
  type SessionStatus,
  type SiteDay,
} from './site-day.ts';
import { WaitingLine } from './waiting-line.policy.ts';

const full = { capacity: 4 } as const;
const lineOf = (day: SiteDay): readonly string[] => (day.waiting ?? []).map(({ hold: { holdId } }) => holdId);
const kinds = ({ outcomes }: BatchDecision): readonly string[] => outcomes.map(({ kind }) => kind);
const held = (id: string): HoldRecord | undefined => record(id === 'hld_1' ? 'held' : 'none');

function decided(
  day: SiteDay,
  requests: readonly HoldRequest[],
  recordOf: (id: string) => HoldRecord | undefined = held,
): BatchDecision & { after: SiteDay } {
  const decision = decideBatch(day, recordOf, requests);
  return { ...decision, after: decision.change === undefined ? day : applyChange(day, decision.change) };
}

describe('SAL-26 waiting line', () => {
  describe('joining', () => {
    it('where the session is sold out', () => {
      const { outcomes, after } = decided(siteDay(full), [placeOrWait(hold('a')), placeOrWait(hold('b'))]);
      expect(outcomes).to.deep.equal([
        { kind: 'queued', hold: hold('a'), sessionId: 'ses_1', position: 1 },
        { kind: 'queued', hold: hold('b'), sessionId: 'ses_1', position: 2 },
      ]);
      expect(after.waiting).to.deep.equal([waitingOf(hold('a')), waitingOf(hold('b'))]);
      expect(after.lineMoved).to.deep.equal({ revision: 6, sessions: ['ses_1'] });
      expect(after.sessions).to.deep.equal(siteDay(full).sessions);
    });
    it('where the day is full', () => {
      expect(kinds(decided(siteDay({ day: 5 }), [placeOrWait(hold('a'))]))).to.deep.equal(['queued']);
    });
    it('not where there is room, nor where the session is closed, cancelled or unknown', () => {
      expect(kinds(decided(siteDay(), [placeOrWait(hold('a'))]))).to.deep.equal(['complete']);
      for (const status of ['closed', 'cancelled'] as const)
        expect(decided(siteDay({ ...full, status }), [placeOrWait(hold('a'))]).outcomes).to.deep.equal([
          { kind: 'rejected', hold: hold('a'), reason: 'session-closed', sessionId: 'ses_1', available: 0 },
        ]);
      expect(kinds(decided(siteDay(full), [placeOrWait(hold('a', 1, 'ses_9'))]))).to.deep.equal(['rejected']);
    });
    it('not for a hold on two sessions', () => {
      const both: HoldFacts = { ...hold('a'), lines: [...hold('a').lines, ...hold('a', 1, 'ses_2').lines] };
      expect(kinds(decided(siteDay(full), [placeOrWait(both)]))).to.deep.equal(['rejected']);
    });
    it('not without the wish to wait', () => {
      expect(kinds(decided(siteDay(full), [place(hold('a'))]))).to.deep.equal(['rejected']);
    });
    it('a line that is long enough is closed: sold out, also where the day is full', () => {
      const requests = ['a', 'b', 'c'].map((id) => placeOrWait(hold(id), 2));
      for (const day of [siteDay(full), siteDay({ day: 5 })]) {
        const { outcomes } = decided(day, requests);
        expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['queued', 'queued', 'rejected']);
        expect(outcomes[2]).to.include({ reason: 'sold-out' });
      }
    });
    it('the bound is for one session, and another bound for the whole day', () => {
      const line = new WaitingLine([]);
      expect(line.join(waitingOf(hold('a')), 1)).to.equal(true);
      expect(line.join(waitingOf(hold('b')), 1)).to.equal(false);
      expect(line.join(waitingOf(hold('c', 1, 'ses_2')), 1)).to.equal(true);
      for (let index = 2; index < WAITING_LINE_MAX; index += 1)
        expect(line.join(waitingOf(hold(`d${index}`, 1, `ses_d${index}`)), 1)).to.equal(true);
      expect(line.join(waitingOf(hold('e', 1, 'ses_new')), 1)).to.equal(false);
      expect(line.standing('c')).to.deep.equal({ sessionId: 'ses_2', position: 1 });
    });
    it('twice is said again and moves nothing', () => {
      const { outcomes, change } = decided(siteDay({ ...full, waiting: [hold('a'), hold('b')] }), [
        placeOrWait(hold('b')),
      ]);
      expect(outcomes[0]).to.include({ kind: 'queued', position: 2 });
      expect(change).to.equal(undefined);
    });
    it('twice in one batch as well', () => {
      const { after } = decided(siteDay(full), [placeOrWait(hold('a')), placeOrWait(hold('a'))]);
      expect(lineOf(after)).to.deep.equal(['a']);
    });
  });

  describe('being served, every cell', () => {
    const serve = (status: SessionStatus, available: number): BatchDecision & { after: SiteDay } =>
      decided(siteDay({ capacity: 4 + available, status, waiting: [hold('a', 3), hold('b', 2)] }), []);
    for (const [status, available, left, steps] of [
      ['open', 0, ['a', 'b'], []],
      ['open', 2, ['a'], ['b:place']],
      ['open', 3, ['b'], ['a:place']],
      ['open', 5, [], ['a:place', 'b:place']],
      ['closed', 5, ['a', 'b'], []],
      ['closed', 0, ['a', 'b'], []],
      ['cancelled', 5, [], ['a:reject', 'b:reject']],
      ['cancelled', 0, [], ['a:reject', 'b:reject']],
    ] as const) {
      it(`${status}, ${available} free for parties of three and two: ${steps.join(', ') || 'nobody'}`, () => {
        const { after, change, served } = serve(status, available);
        expect(lineOf(after)).to.deep.equal(left);
        expect(served.map((step) => pendingId(step))).to.deep.equal(steps);
        expect(change?.pending.map(({ id }) => id) ?? []).to.deep.equal(steps);
        const granted = steps
          .filter((id) => id.endsWith('place'))
          .reduce((sum, id) => sum + (id[0] === 'a' ? 3 : 2), 0);
        expect(after.sessions['ses_1']).to.include({ held: 2 + granted, available: available - granted });
        if (steps.length > 0) expect(after.lineMoved).to.deep.equal({ revision: 6, sessions: ['ses_1'] });
      });
    }
    it('a session that others stand in front of does not hold up another one', () => {
      const day = siteDay({ ...full, waiting: [hold('a'), hold('b', 2, 'ses_2')] });
      const two: SiteDay = {
        ...day,
        sessions: { ...day.sessions, ses_2: { capacity: 2, available: 2, held: 0, sold: 0, status: 'open' } },
      };
      expect(lineOf(decided(two, []).after)).to.deep.equal(['a']);
    });
    it('a full day holds up all of them, in one line', () => {
      const day = siteDay({ day: 6, waiting: [hold('a', 2), hold('b', 1)] });
      const { after } = decided(day, []);
      expect([lineOf(after), after.day]).to.deep.equal([['b'], { capacity: 6, available: 0, held: 4, sold: 2 }]);
    });
  });

  describe('in a batch', () => {
    const waiting = [hold('a', 2), hold('b', 1)];
    it('what a release gives goes to the line before a newcomer gets any', () => {
      const { outcomes, after } = decided(siteDay({ ...full, waiting: [hold('a', 2)] }), [
        place(hold('early', 1)),
        release(),
        place(hold('late', 1)),
      ]);
      expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['rejected', 'complete', 'rejected']);
      expect(lineOf(after)).to.deep.equal([]);
      expect(after.sessions['ses_1']).to.include({ available: 0, held: 2 });
    });
    it('a newcomer gets what nobody in line can use', () => {
      const { outcomes, after } = decided(siteDay({ capacity: 5, waiting: [hold('a', 2)] }), [place(hold('new', 1))]);
      expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['complete']);
      expect(lineOf(after)).to.deep.equal(['a']);
    });
    it('releases of one batch are put together, so that the first party fits', () => {
      const day = siteDay({ ...full, waiting: [hold('a', 2), hold('b', 1)] });
      const { after } = decided(day, [release(hold('x', 1)), release(hold('y', 1))], (id) =>
        record(id === 'x' || id === 'y' ? 'held' : 'none'),
      );
      expect(lineOf(after)).to.deep.equal(['b']);
    });
    it('places that come back from sold holds serve it as well', () => {
      expect(lineOf(decided(siteDay({ ...full, waiting }), [refund()], () => record('confirmed')).after)).to.deep.equal(
        ['b'],
      );
    });
    it('joined and served within the batch is a place like any other', () => {
      const { outcomes, after, change } = decided(siteDay(full), [placeOrWait(hold('a')), release()]);
      expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['complete', 'complete']);
      expect([after.waiting, change?.line]).to.deep.equal([undefined, undefined]);
      expect(change?.pending.map(({ id }) => id)).to.deep.equal(['hld_1:release', 'a:place']);
    });
    it('joined and let go within the batch leaves a tombstone and nothing to say', () => {
      const { outcomes, change } = decided(siteDay(full), [placeOrWait(hold('a')), release(hold('a'))]);
      expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['already', 'complete']);
      expect(change?.line).to.equal(undefined);
      expect(change?.pending.map(({ id }) => id)).to.deep.equal(['a:release']);
    });
    it('positions are told as they are at the end of it', () => {
      const day = siteDay({ ...full, waiting: [hold('a')] });
      const { outcomes } = decided(day, [placeOrWait(hold('b')), release(hold('a')), placeOrWait(hold('c'))], noRecord);
      expect(outcomes.map((outcome) => (outcome.kind === 'queued' ? outcome.position : outcome.kind))).to.deep.equal([
        1,
        'complete',
        2,
      ]);
    });
    it('let go while in line, a late place is refused', () => {
      const { outcomes, after } = decided(siteDay({ ...full, waiting: [hold('a')] }), [
        release(hold('a')),
        placeOrWait(hold('a')),
      ]);
      expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['complete', 'already']);
      expect(after.waiting).to.equal(undefined);
    });
    it('served and confirmed within the batch', () => {
      const { outcomes, after } = decided(siteDay({ capacity: 6, waiting: [hold('a')] }), [
        place(hold('b', 1)),
        confirm(hold('a')),
      ]);
      expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['rejected', 'complete']);
      expect(after.sessions['ses_1']).to.include({ held: 2, sold: 4 });
    });
    it('PLA-41 what came of the line before a crash is completed by the next decision, whatever that decides', () => {
      for (const [status, step] of [
        ['open', 'a:place'],
        ['cancelled', 'a:reject'],
      ] as const) {
        const { after } = decided(siteDay({ capacity: 6, status, waiting: [hold('a')] }), []);
        expect(decided(after, []).change).to.equal(undefined);
        expect(decided(after, []).served.map((one) => pendingId(one))).to.deep.equal([step]);
      }
    });
  });

  describe('what newcomers are shown', () => {
    it('is what the line leaves', () => {
      expect(afterLine(siteDay({ capacity: 7, waiting: [hold('a', 2)] })).sessions['ses_1']?.available).to.equal(1);
      expect(afterLine(siteDay({ capacity: 6, waiting: [hold('a', 2)] })).sessions['ses_1']?.available).to.equal(0);
    });
    it('without a line nothing is reckoned', () => {
      const day = siteDay();
      expect(afterLine(day)).to.equal(day);
    });
  });

  describe('for any batches', () => {
    const SESSIONS = ['ses_1', 'ses_2'] as const;
    type Ask = { readonly kind: string; readonly id: number; readonly quantity: number; readonly session: number };
    const ask = fc.record({
      kind: fc.constantFrom('wait', 'wait', 'wait', 'place', 'confirm', 'release', 'release', 'refund'),
      id: fc.integer({ min: 0, max: 14 }),
      quantity: fc.integer({ min: 1, max: 4 }),
      session: fc.integer({ min: 0, max: 1 }),
    });
    /** Between batches somebody else changes a session: a few more places, closed, open again. */
    const outside = fc.constantFrom('nothing', 'nothing', 'raise', 'close', 'open');
    const list = fc.array(fc.tuple(fc.array(ask, { maxLength: 10 }), outside), { maxLength: 12 });
    const fresh = (): SiteDay => ({
      ...siteDay({ capacity: 5, held: 0, sold: 0, day: 7 }),
      sessions: {
        ses_1: { capacity: 5, available: 5, held: 0, sold: 0, status: 'open' },
        ses_2: { capacity: 4, available: 4, held: 0, sold: 0, status: 'open' },
      },
    });
    type World = { day: SiteDay; readonly records: Map<string, HoldRecord>; readonly facts: Map<string, HoldFacts> };
    const requestOf = (world: World, { kind, id, quantity, session }: Ask): HoldRequest => {
      const holdId = `hld_${id}`;
      const facts = world.facts.get(holdId) ?? hold(holdId, quantity, SESSIONS[session]);
      world.facts.set(holdId, facts);
      if (kind === 'wait') return placeOrWait(facts, 6);
      if (kind === 'place') return place(facts);
      if (kind === 'confirm') return confirm(facts);
      return kind === 'release' ? release(facts) : refund(facts);
    };
    const changed = (day: SiteDay, what: string): SiteDay => {
      const session = day.sessions['ses_1'];
      if (session === undefined || what === 'nothing') return day;
      const { capacity, available } = session;
      const next =
        what === 'raise'
          ? { ...session, capacity: capacity + 2, available: available + 2 }
          : { ...session, status: what === 'close' ? ('closed' as const) : ('open' as const) };
      return { ...day, sessions: { ...day.sessions, ses_1: next } };
    };
    const run = (world: World, requests: readonly HoldRequest[]): BatchDecision => {
      const decision = decideBatch(world.day, (id) => world.records.get(id), requests);
      if (decision.change !== undefined) world.day = applyChange(world.day, decision.change);
      const steps = [...decision.outcomes.filter((outcome) => outcome.kind === 'complete'), ...decision.served];
      const AFTER = { place: 'held', confirm: 'confirmed', release: 'released', reject: 'released' } as const;
      for (const step of world.day.pending.filter((entry) => steps.some((one) => pendingId(one) === entry.id)))
        if (step.step !== 'return') world.records.set(step.hold.holdId, { status: AFTER[step.step], returns: [] });
      for (const step of steps)
        if (step.step === 'release' && !world.records.has(step.hold.holdId))
          world.records.set(step.hold.holdId, { status: 'released', returns: [] });
      world.day = { ...world.day, pending: [] };
      return decision;
    };
    const world = (): World => ({ day: fresh(), records: new Map(), facts: new Map() });
    const fits = (day: SiteDay, facts: HoldFacts): boolean => {
      const [line] = facts.lines;
      const session = day.sessions[line?.sessionId ?? ''];
      if (line === undefined || session?.status !== 'open') return false;
      return line.quantity <= Math.min(session.available, day.day?.available ?? Infinity);
    };

    it('INV-11 the counters balance, and nobody is both in line and in a hold', () => {
      fc.assert(
        fc.property(list, (rounds) => {
          const now = world();
          for (const [asks, what] of rounds) {
            now.day = changed(now.day, what);
            run(
              now,
              asks.map((one) => requestOf(now, one)),
            );
            expect([...Object.values(now.day.sessions), now.day.day].every((one) => one === undefined || balanced(one)))
              .to.be.true;
            for (const id of lineOf(now.day)) expect(now.records.has(id)).to.equal(false);
            expect(new Set(lineOf(now.day)).size).to.equal(lineOf(now.day).length);
            expect(now.day.waiting?.length).to.not.equal(0);
          }
        }),
        { numRuns: 500 },
      );
    });

    it('after every batch nobody in line fits what is free', () => {
      fc.assert(
        fc.property(list, (rounds) => {
          const now = world();
          for (const [asks, what] of rounds) {
            now.day = changed(now.day, what);
            run(
              now,
              asks.map((one) => requestOf(now, one)),
            );
            expect((now.day.waiting ?? []).filter((entry) => fits(now.day, entry.hold))).to.deep.equal([]);
          }
        }),
        { numRuns: 500 },
      );
    });

    it('nobody who needs as many places or more gets them before somebody who stood in line for the session earlier', () => {
      fc.assert(
        fc.property(list, (rounds) => {
          const now = world();
          for (const [asks, what] of rounds) {
            now.day = changed(now.day, what);
            const before = now.day.waiting ?? [];
            const { outcomes, served } = run(
              now,
              asks.map((one) => requestOf(now, one)),
            );
            const still = new Set(lineOf(now.day));
            const granted = [
              ...served.filter(({ step }) => step === 'place').map((step) => step.hold),
              ...outcomes.flatMap((one) => (one.kind === 'complete' && one.step === 'place' ? [one.hold] : [])),
            ];
            for (const winner of granted) {
              const place = before.findIndex((entry) => entry.hold.holdId === winner.holdId);
              const ahead = place === -1 ? before : before.slice(0, place);
              for (const { hold: loser } of ahead.filter((entry) => still.has(entry.hold.holdId)))
                if (loser.lines[0]?.sessionId === winner.lines[0]?.sessionId)
                  expect(loser.lines[0]?.quantity).to.be.above(winner.lines[0]?.quantity ?? 0);
            }
          }
        }),
        { numRuns: 500 },
      );
    });
  });
});
