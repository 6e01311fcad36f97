// A cancellation meets what else happens on its day (INV-21, INV-05): late payments, releases and returns of its holds, and places of
// another session that the day was too full for. Each race is placed exactly, with the guard on, and off, where it must show.
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { cancellationOf } from '../session/session.decider.ts';
import { completeSteps, decideOnCounters, type CountersParts } from '../session/session-steps.ts';
import { cancelledIn } from '../site-day/cancellation.policy.ts';
import { balanced } from '../site-day/counters.policy.ts';
import { decideBatch } from '../site-day/site-day.decider.ts';
import type { HoldRequest, SiteDay } from '../site-day/site-day.ts';
import { confirm, giveBack, HoldsTrial, place, release, scope, type Instance } from './holds-trial.fixture.ts';

const NOW = new Date('2026-11-20T08:00:00Z');
const STARTS_AT = '2026-12-01T09:00:00+08:00';

describe('cancellations meet holds', function () {
  this.timeout(60_000);
  const trial = new HoldsTrial();
  before(() => trial.open());
  afterEach(() => trial.rest());
  after(() => trial.close());

  const parts = (instance: Instance, faults?: CountersParts['faults']): CountersParts => ({
    sessions: instance.sessions,
    siteDays: instance.siteDays,
    moved: () => undefined,
    clock: () => NOW,
    faults,
  });
  async function cancel(instance: Instance, sessionId: string, faults?: CountersParts['faults']): Promise<unknown> {
    const id = 'dis_1';
    const facts = { disruptionId: id, reason: 'gale', decideWithinHours: 48, fingerprint: 'f' };
    return decideOnCounters(
      parts(instance, faults),
      scope,
      { sessionId, id },
      cancellationOf,
      (state, counters, siteDay) => ({
        ...cancelledIn(siteDay, counters, state.startsAt, NOW),
        command: { type: 'CancelSession', ...facts, decideBy: NOW.toISOString() },
      }),
    );
  }
  /** A session with two sold and three held places, and another one, on a day that takes no more than these. */
  async function fullDay(instance: Instance, name: string): Promise<{ readonly gone: string; readonly other: string }> {
    const gone = await trial.session(instance, `${name}a`, 10, { dayCapacity: 5, beside: name });
    const other = await trial.session(instance, `${name}b`, 10, { dayCapacity: 5, beside: name });
    const ids = [`${name}sold`, `${name}held`];
    await trial.send(ids.map((id, index) => place(id, [{ sessionId: gone, quantity: 2 + index }])));
    await trial.answered(ids);
    await trial.send([confirm(`${name}sold`)]);
    await eventually('sold', async () => (await trial.stored(instance, `${name}sold`)) === 'confirmed');
    await trial.quiet(instance, name);
    return { gone, other };
  }
  const figures = ({ day, sessions }: SiteDay, ...ids: readonly string[]): unknown =>
    [day, ...ids.map((id) => sessions[id])].map((one) => [one?.held, one?.sold]);

  it('INV-05 whoever holds its ticket gets a place of the same full day, and what comes back later is counted once', async () => {
    const [instance, second] = [await trial.start(), await trial.start()];
    const { gone, other } = await fullDay(instance, 'exc');
    await trial.send([place('excbefore', [{ sessionId: other, quantity: 1 }])]);
    await trial.answered(['excbefore']);
    expect(trial.said('excbefore')).to.deep.equal(['day-full']);
    await Promise.all([cancel(instance, gone), cancel(second, gone)]);
    expect(figures(await trial.quiet(instance, 'exc'), gone, other)).to.deep.equal([
      [0, 0],
      [3, 2],
      [0, 0],
    ]);
    await trial.send([place('excnew', [{ sessionId: other, quantity: 2 }])]);
    await trial.answered(['excnew']);
    expect(trial.said('excnew')).to.deep.equal(['granted']);
    // The exchange is done: its new place is paid, its old one comes back, twice said; a late payment, and then the rest.
    const back = giveBack('excsold', gone, 1, 'rfd_1');
    await trial.send([confirm('excnew'), back, back, confirm('excheld')]);
    await eventually('paid late', async () => (await trial.stored(instance, 'excheld')) === 'confirmed');
    expect(figures(await trial.quiet(instance, 'exc'), gone, other)).to.deep.equal([
      [0, 2],
      [0, 4],
      [0, 2],
    ]);
    await trial.send([release('excsold', 'refunded'), release('excheld', 'refunded')]);
    await eventually('all is back', async () => (await trial.stored(instance, 'excheld')) === 'released');
    const end = await trial.quiet(instance, 'exc');
    expect(figures(end, gone, other)).to.deep.equal([
      [0, 2],
      [0, 0],
      [0, 2],
    ]);
    expect(
      [end.day, end.sessions[gone], end.sessions[other]].every((one) => one !== undefined && balanced(one)),
    ).to.equal(true);
  });

  it('PLA-41 killed between the counters and the session, it is completed, and the day lets go of its places once', async () => {
    const instance = await trial.start();
    const { gone, other } = await fullDay(instance, 'die');
    const faults = {
      at(): void {
        throw new Error('killed after the counters');
      },
    };
    const died = await cancel(instance, gone, faults).catch((error: unknown) => String(error));
    expect(died).to.include('killed');
    const between = await trial.quiet(instance, 'die');
    expect(figures(between, gone)).to.deep.equal([
      [0, 0],
      [3, 2],
    ]);
    await trial.send([release('dieheld')]);
    await eventually('let go', async () => (await trial.stored(instance, 'dieheld')) === 'released');
    await completeSteps(parts(instance), scope, between);
    await cancel(instance, gone);
    expect(figures(await trial.quiet(instance, 'die'), gone, other)).to.deep.equal([
      [0, 0],
      [0, 2],
      [0, 0],
    ]);
  });

  const CROSSING = { confirm: 'a late payment', release: 'a release', return: 'a return' } as const;
  for (const guard of ['on', 'off'] as const)
    for (const kind of ['confirm', 'release', 'return'] as const) {
      const control = guard === 'off' ? 'negative control: with the guard off, ' : 'INV-11 ';
      it(`${control}crossing ${CROSSING[kind]}: ${guard === 'on' ? 'the later of the two decides again' : 'the day’s counters break'}`, async () => {
        const name = `${kind.slice(0, 3)}${guard}`;
        const instance = await trial.start({ guard });
        const { gone } = await fullDay(instance, name);
        const before = await trial.counters(instance, name);
        const id = `${name}${kind === 'return' ? 'sold' : 'held'}`;
        const quantity = kind === 'return' ? 2 : 3;
        const lines = [{ sessionId: gone, siteDay: before.id, quantity }];
        const facts = {
          holdId: `hld_${id}`,
          orderId: `ord_${id}`,
          channel: 'web',
          expiresAt: NOW.toISOString(),
          lines,
        };
        const request: HoldRequest =
          kind === 'return'
            ? { kind, hold: facts, returned: { id: 'rfd_1', sessionId: gone, quantity: 1 } }
            : kind === 'confirm'
              ? { kind, hold: facts }
              : { kind, hold: facts, refund: false };
        const status = kind === 'return' ? 'confirmed' : 'held';
        const { change } = decideBatch(before, () => ({ status, returns: [] }), [request]);
        const own = before.sessions[gone];
        if (change === undefined || own === undefined) throw new Error('nothing to decide');
        const { counters, day } = cancelledIn(before, own, STARTS_AT, NOW);
        const cancelled = [{ sessionId: gone, counters }];
        expect(await instance.siteDays.rewrite(scope, before, cancelled, NOW, day)).to.equal(true);
        expect(await instance.siteDays.decide(scope, before, change, NOW)).to.equal(guard === 'off');
        const after = await trial.counters(instance, name);
        if (guard === 'off') {
          expect(figures(after)).to.not.deep.equal([[0, 0]]);
          return;
        }
        expect(await instance.siteDays.rewrite(scope, before, cancelled, NOW, day)).to.equal(false);
        expect(figures(after, gone)).to.deep.equal([
          [0, 0],
          [3, 2],
        ]);
        const again = decideBatch(after, () => ({ status, returns: [] }), [request]).change;
        expect(again?.day).to.deep.equal({ available: 0, held: 0, sold: 0 });
      });
    }

  it('a session that was cancelled before its day let go of places moves both, until all has come back', async () => {
    const instance = await trial.start();
    const { gone, other } = await fullDay(instance, 'old');
    const before = await trial.counters(instance, 'old');
    const own = before.sessions[gone];
    if (own === undefined) throw new Error('no session');
    const counters = { ...own, status: 'cancelled' as const };
    expect(await instance.siteDays.rewrite(scope, before, [{ sessionId: gone, counters }], NOW)).to.equal(true);
    await trial.send([release('oldheld'), giveBack('oldsold', gone, 1, 'rfd_1')]);
    await eventually('let go', async () => (await trial.stored(instance, 'oldheld')) === 'released');
    const after = await trial.quiet(instance, 'old');
    expect(figures(after, gone, other)).to.deep.equal([
      [0, 1],
      [0, 1],
      [0, 0],
    ]);
    expect(after.day).to.include({ capacity: 5, available: 4 });
  });
});
