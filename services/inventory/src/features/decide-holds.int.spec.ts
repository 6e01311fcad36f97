// The hot path on a real database and broker: never oversold, never lost, through crashes between any two writes, duplicates, two
// instances at once, and with the guard off, where the race must show.
import { confirmHold, returnPlaces } from '@tongpiao/contracts';
import { NotYet } from '@tongpiao/kernel';
import type { Received } from '@tongpiao/messaging';
import { Scope } from '@tongpiao/persistence';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { DecisionMemory } from '../hold/decision-memory.ts';
import { readRequests } from '../hold/hold-requests.ts';
import { createSessionIndex } from '../session/session-index.ts';
import { balanced } from '../site-day/counters.policy.ts';
import type { SiteDay } from '../site-day/site-day.ts';
import { completePending } from './complete-pending.ts';
import {
  confirm,
  DATE,
  dyingAt,
  giveBack,
  holdOf,
  HoldsTrial,
  logger,
  origin,
  place,
  release,
  scope,
} from './holds-trial.fixture.ts';

/** Once for the places and once for what becomes of them: however few batches they come in, there are as many as that. */
const DEATHS = 2;

describe('decide-holds', function () {
  this.timeout(60_000);
  const trial = new HoldsTrial();
  before(() => trial.open());
  afterEach(() => trial.rest());
  after(() => trial.close());

  it('INV-11 INV-12 sells 500 places to 2,000 who ask at once: 500 granted, 1,500 told that it is sold out', async () => {
    const instance = await trial.start();
    const sessionId = await trial.session(instance, 'hot', 500);
    const ids = Array.from({ length: 2_000 }, (_, index) => `hot${index}`);
    await trial.send(ids.map((id) => place(id, [{ sessionId, quantity: 1 }])));
    await trial.answered(ids);
    const granted = ids.filter((id) => trial.said(id)[0] === 'granted');
    expect(granted).to.have.length(500);
    expect(ids.filter((id) => trial.said(id)[0] === 'sold-out')).to.have.length(1_500);
    expect(
      ids.every((id) => trial.said(id).length === 1),
      'one answer each',
    ).to.equal(true);
    const siteDay = await trial.quiet(instance, 'hot');
    expect(siteDay.sessions[sessionId]).to.deep.include({ capacity: 500, available: 0, held: 500, sold: 0 });
  });

  it('INV-10 takes all lines of a hold or none', async () => {
    const instance = await trial.start();
    const a = await trial.session(instance, 'all', 5);
    await trial.send([
      place('all1', [{ sessionId: a, quantity: 3 }]),
      place('all2', [{ sessionId: a, quantity: 3 }]),
      place('all3', [{ sessionId: a, quantity: 2 }]),
    ]);
    await trial.answered(['all1', 'all2', 'all3']);
    expect([trial.said('all1'), trial.said('all2'), trial.said('all3')]).to.deep.equal([
      ['granted'],
      ['sold-out'],
      ['granted'],
    ]);
  });

  it('INV-05 bounds all sessions of a site by its day', async () => {
    const instance = await trial.start();
    const a = await trial.session(instance, 'day', 5, { dayCapacity: 6 });
    await trial.send([place('day1', [{ sessionId: a, quantity: 5 }])]);
    await trial.answered(['day1']);
    expect((await trial.counters(instance, 'day')).day).to.deep.include({ capacity: 6, available: 1, held: 5 });
  });

  it('INV-10 takes several days of one hold together, and gives the first back when the second refuses', async () => {
    const instance = await trial.start();
    const first = await trial.session(instance, 'sev', 5);
    const second = await trial.session(instance, 'sew', 1, { date: '2026-12-02' });
    await trial.send([
      place('sev1', [
        { sessionId: first, quantity: 2 },
        { sessionId: second, quantity: 2 },
      ]),
      place('sev2', [
        { sessionId: first, quantity: 2 },
        { sessionId: second, quantity: 1 },
      ]),
    ]);
    await trial.answered(['sev1', 'sev2']);
    expect([trial.said('sev1'), trial.said('sev2')]).to.deep.equal([['sold-out'], ['granted']]);
    expect((await trial.quiet(instance, 'sev')).sessions[first]).to.deep.include({ available: 3, held: 2 });
    await trial.send([confirm('sev2')]);
    await eventually(
      'both days sold',
      async () =>
        (await trial.counters(instance, 'sev')).sessions[first]?.sold === 2 &&
        (await trial.counters(instance, 'sew', '2026-12-02')).sessions[second]?.sold === 1,
    );
  });

  it('INV-10 confirms and releases once, whatever comes twice', async () => {
    const instance = await trial.start();
    const sessionId = await trial.session(instance, 'dup', 10);
    const twice = [place('dup1', [{ sessionId, quantity: 2 }]), place('dup2', [{ sessionId, quantity: 3 }])];
    await trial.send([...twice, ...twice]);
    await trial.answered(['dup1', 'dup2']);
    await trial.send([confirm('dup1'), confirm('dup1'), release('dup2'), release('dup2'), confirm('dup1')]);
    await eventually('the sale', async () => (await trial.counters(instance, 'dup')).sessions[sessionId]?.sold === 2);
    const siteDay = await trial.quiet(instance, 'dup');
    expect(siteDay.sessions[sessionId]).to.deep.include({ capacity: 10, available: 8, held: 0, sold: 2 });
  });

  it('INV-10 a release that comes before its place leaves nothing held', async () => {
    const instance = await trial.start();
    const sessionId = await trial.session(instance, 'ear', 3);
    await trial.send([release('ear1')]);
    await eventually(
      'the tombstone',
      async () => (await instance.holds.load(scope, ['hld_ear1'])).get('hld_ear1')?.status === 'released',
    );
    await trial.send([place('ear1', [{ sessionId, quantity: 1 }]), place('ear2', [{ sessionId, quantity: 1 }])]);
    await trial.answered(['ear2']);
    expect((await trial.quiet(instance, 'ear')).sessions[sessionId]).to.deep.include({ available: 2, held: 1 });
  });

  it('INV-10 what is said of a hold that is not placed yet comes again', async () => {
    const { siteDays, holds, sessions } = await trial.start();
    const parts = { siteDays, holds, sessions: createSessionIndex(sessions), memory: new DecisionMemory() };
    for (const [definition, { envelope }] of [
      [confirmHold, confirm('none')],
      [returnPlaces, giveBack('none', 'ses_none', 1, 'ret_none')],
    ] as const) {
      const message: Received = { definition, envelope, attempt: 1, redelivered: false };
      const { outcomes } = await readRequests({ ...parts, clock: () => new Date() }, scope, [message]);
      const outcome = outcomes.get(message);
      expect(outcome, definition.type).to.have.property('failed');
      expect(outcome).to.have.nested.property('failed.code', 'inventory.unknown-hold');
      expect(outcome).to.have.property('failed').that.is.instanceOf(NotYet);
    }
  });

  for (const point of ['afterCounters', 'afterHolds', 'afterPending'] as const) {
    it(`INV-11 PLA-41 loses and doubles nothing when it dies ${point}`, async () => {
      let deaths = 0;
      const instance = await trial.start({
        faults: {
          at(at) {
            if (at === point && deaths < DEATHS) {
              deaths += 1;
              throw new Error(`killed ${point}`);
            }
          },
        },
      });
      const name = `die${point.slice(5, 8).toLowerCase()}`;
      const sessionId = await trial.session(instance, name, 30);
      const ids = Array.from({ length: 50 }, (_, index) => `${name}${index}`);
      await trial.send(ids.map((id) => place(id, [{ sessionId, quantity: 1 }])));
      await trial.answered(ids);
      const granted = ids.filter((id) => trial.said(id).includes('granted'));
      await trial.send([...granted.slice(0, 20).map(confirm), ...granted.slice(20).map((id) => release(id))]);
      await eventually('20 sold', async () => (await trial.counters(instance, name)).sessions[sessionId]?.sold === 20, {
        withinMs: 30_000,
      });
      const siteDay = await trial.quiet(instance, name);
      expect(deaths).to.equal(DEATHS);
      expect(granted).to.have.length(30);
      expect(
        ids.every((id) => trial.said(id).length === 1),
        'nobody was told two things',
      ).to.equal(true);
      expect(siteDay.sessions[sessionId]).to.deep.include({ capacity: 30, available: 10, held: 0, sold: 20 });
    });
  }

  it('INV-11 a release that overtakes its place on the retry rung leaves nothing held', async () => {
    const faults = dyingAt('afterCounters', 1);
    const instance = await trial.start({ faults });
    const sessionId = await trial.session(instance, 'ovt', 5);
    await trial.send([place('ovt1', [{ sessionId, quantity: 2 }])]);
    await eventually(
      'the counters have moved',
      async () => (await trial.counters(instance, 'ovt')).sessions[sessionId]?.held === 2,
    );
    await trial.send([release('ovt1')]);
    await eventually('the tombstone', async () => (await trial.stored(instance, 'ovt1')) === 'released');
    await eventually(
      'the places',
      async () => (await trial.counters(instance, 'ovt')).sessions[sessionId]?.available === 5,
    );
    expect((await trial.quiet(instance, 'ovt')).sessions[sessionId]).to.deep.include({
      available: 5,
      held: 0,
      sold: 0,
    });
    expect(trial.said('ovt1'), 'nobody is granted what was let go').to.deep.equal([]);
  });

  it('INV-11 two releases while the place waits on its rung give the places back once', async () => {
    const faults = dyingAt('afterHolds', 1);
    const instance = await trial.start({ faults });
    const sessionId = await trial.session(instance, 'two2', 5);
    await trial.send([place('rel1', [{ sessionId, quantity: 2 }])]);
    await eventually('the document', async () => (await trial.stored(instance, 'rel1')) === 'held');
    await trial.send([release('rel1')]);
    await eventually('released', async () => (await trial.stored(instance, 'rel1')) === 'released');
    await trial.send([release('rel1')]);
    const siteDay = await trial.quiet(instance, 'two2');
    expect(siteDay.sessions[sessionId]).to.deep.include({ capacity: 5, available: 5, held: 0, sold: 0 });
  });

  it('INV-11 two confirms while the place waits on its rung sell the places once', async () => {
    const faults = dyingAt('afterHolds', 1);
    const instance = await trial.start({ faults });
    const sessionId = await trial.session(instance, 'con2', 5);
    await trial.send([place('cnf1', [{ sessionId, quantity: 2 }])]);
    await eventually('the document', async () => (await trial.stored(instance, 'cnf1')) === 'held');
    await trial.send([confirm('cnf1')]);
    await eventually('confirmed', async () => (await trial.stored(instance, 'cnf1')) === 'confirmed');
    await trial.send([confirm('cnf1')]);
    const siteDay = await trial.quiet(instance, 'con2');
    expect(siteDay.sessions[sessionId]).to.deep.include({ capacity: 5, available: 3, held: 0, sold: 2 });
  });

  for (const [point, times] of [
    ['afterCounters', 2],
    ['afterHolds', 1],
    ['afterPending', 1],
  ] as const) {
    it(`INV-10 PLA-41 a hold over three days is all or nothing when it dies ${point}`, async () => {
      const faults = dyingAt(point, times);
      const instance = await trial.start({ faults });
      const name = `day${point.slice(5, 8).toLowerCase()}`;
      const dates = [DATE, '2026-12-02', '2026-12-03'];
      const ids: string[] = [];
      for (const [index, date] of dates.entries())
        ids.push(await trial.session(instance, `${name}${index}`, 3, { date }));
      const lines = ids.map((sessionId) => ({ sessionId, quantity: 2 }));
      await trial.send([place(`${name}a`, lines)]);
      await trial.answered([`${name}a`]);
      await trial.send([place(`${name}b`, lines)]);
      await trial.answered([`${name}b`]);
      expect([trial.said(`${name}a`), trial.said(`${name}b`)]).to.deep.equal([['granted'], ['sold-out']]);
      await trial.send([release(`${name}a`)]);
      await eventually('let go', async () => (await trial.stored(instance, `${name}a`)) === 'released');
      for (const [index, date] of dates.entries()) {
        await eventually(`day ${index} is free and nothing is pending`, async () => {
          const siteDay = await trial.counters(instance, `${name}${index}`, date);
          const figures = siteDay.sessions[ids[index] ?? ''];
          return siteDay.pending.length === 0 && figures?.available === 3 && figures.held === 0;
        });
      }
      expect(faults.deaths).to.equal(times);
    });
  }

  it('PLA-41 the sweep completes a decision that nobody completed, and gives back what was let go meanwhile', async () => {
    const instance = await trial.start();
    const sessionId = await trial.session(instance, 'swe', 5);
    const siteDay = await trial.counters(instance, 'swe');
    const hold = (id: string): SiteDay['pending'][number]['hold'] => ({
      ...holdOf(id),
      channel: 'web',
      expiresAt: '2026-12-01T10:00:00Z',
      lines: [{ sessionId, siteDay: siteDay.id, quantity: 1 }],
    });
    const change = { available: -2, held: 2, sold: 0 };
    const pending = ['swe1', 'swe2'].map((id) => ({ id: `hld_${id}:place`, step: 'place' as const, hold: hold(id) }));
    const decided = await instance.siteDays.decide(
      scope,
      siteDay,
      { sessions: { [sessionId]: change }, day: change, pending },
      new Date(Date.now() - 120_000),
    );
    expect(decided).to.equal(true);
    await instance.holds.bury(scope, { ...hold('swe2'), lines: [] }, new Date());
    let sweep: (() => Promise<void>) | undefined;
    completePending(
      {
        clock: () => new Date(),
        logger,
        acrossTenants: (reason) => Scope.acrossTenants(reason, origin, logger),
        every: (_name, _everyMs, task) => {
          sweep = task;
        },
      },
      { ...instance, moved: () => undefined },
    );
    await sweep?.();
    await sweep?.();
    await trial.answered(['swe1']);
    const after = await trial.counters(instance, 'swe');
    expect(after.pending).to.deep.equal([]);
    expect(after.sessions[sessionId]).to.deep.include({ available: 4, held: 1 });
  });

  it('INV-11 two instances that both decide sell no place twice', async () => {
    const one = await trial.start({ singleActive: false, slice: 'race' });
    await trial.start({ singleActive: false, slice: 'race' });
    const sessionId = await trial.session(one, 'two', 100);
    const ids = Array.from({ length: 600 }, (_, index) => `two${index}`);
    for (let from = 0; from < ids.length; from += 60)
      await trial.send(ids.slice(from, from + 60).map((id) => place(id, [{ sessionId, quantity: 1 }])));
    await trial.answered(ids);
    expect(ids.filter((id) => trial.said(id).includes('granted'))).to.have.length(100);
    const siteDay = await trial.quiet(one, 'two');
    expect(siteDay.sessions[sessionId]).to.deep.include({ capacity: 100, available: 0, held: 100 });
    expect(Object.values(siteDay.sessions).every(balanced)).to.equal(true);
  });

  it('negative control: with the guard off the same race oversells', async () => {
    const one = await trial.start({ singleActive: false, slice: 'race', guard: 'off' });
    await trial.start({ singleActive: false, slice: 'race', guard: 'off' });
    let oversold = false;
    for (let round = 0; round < 10 && !oversold; round += 1) {
      const name = `off${round}`;
      const sessionId = await trial.session(one, name, 60);
      const ids = Array.from({ length: 600 }, (_, index) => `${name}${index}`);
      for (let from = 0; from < ids.length; from += 20)
        void trial.send(ids.slice(from, from + 20).map((id) => place(id, [{ sessionId, quantity: 1 }])));
      await trial.answered(ids);
      oversold = ids.filter((id) => trial.said(id).includes('granted')).length > 60;
    }
    expect(oversold, 'the race must show without the guard').to.equal(true);
  });
});
