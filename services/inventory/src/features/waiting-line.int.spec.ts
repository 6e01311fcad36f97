// The line of those who wait (SAL-26) on a real database and broker: first come, first served, nobody passes by, through crashes
// between any two writes, duplicates and two instances at once.
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { decideBatch } from '../site-day/site-day.decider.ts';
import type { SiteDay } from '../site-day/site-day.ts';
import {
  confirm,
  dyingAt,
  extend,
  HoldsTrial,
  nothingTakenBack,
  place,
  placeOrWait,
  release,
  scope,
  type Instance,
} from './holds-trial.fixture.ts';

describe('decide-holds: waiting line', function () {
  this.timeout(60_000);
  const trial = new HoldsTrial();
  before(() => trial.open());
  afterEach(() => trial.rest());
  after(() => trial.close());

  const line = (siteDay: SiteDay): readonly string[] => (siteDay.waiting ?? []).map(({ hold }) => hold.holdId.slice(4));
  const lineNow = async (instance: Instance, name: string): Promise<string> =>
    line(await trial.counters(instance, name)).join(' ');

  /** A session of so many places, all of them held by single holds `<name>0`, `<name>1` … */
  async function fill(instance: Instance, name: string, places: number, dayCapacity?: number): Promise<string> {
    const sessionId = await trial.session(instance, name, places, dayCapacity === undefined ? {} : { dayCapacity });
    const ids = Array.from({ length: places }, (_, index) => `${name}${index}`);
    await trial.send(ids.map((id) => place(id, [{ sessionId, quantity: 1 }])));
    await trial.answered(ids);
    return sessionId;
  }

  it('SAL-26 who finds no room stands in line, hears the position, and is granted when places come back', async () => {
    const instance = await trial.start();
    const sessionId = await fill(instance, 'lin', 3);
    await trial.send([
      placeOrWait('lina', [{ sessionId, quantity: 2 }]),
      placeOrWait('linb', [{ sessionId, quantity: 1 }]),
      placeOrWait('linc', [{ sessionId, quantity: 2 }]),
    ]);
    await trial.answered(['lina', 'linb', 'linc']);
    expect(['lina', 'linb', 'linc'].map((id) => trial.said(id))).to.deep.equal([
      ['queued 1'],
      ['queued 2'],
      ['queued 3'],
    ]);
    // One place: the first and the third party need two, so the second gets it. A newcomer gets nothing.
    await trial.send([release('lin0'), place('linx', [{ sessionId, quantity: 1 }])]);
    await eventually('the second is granted', () => trial.said('linb').includes('granted'));
    await trial.answered(['linx']);
    expect([trial.said('linx'), await lineNow(instance, 'lin')]).to.deep.equal([['sold-out'], 'lina linc']);
    await trial.send([release('lin1'), release('linb')]);
    await eventually('the first is granted', () => trial.said('lina').includes('granted'));
    await trial.send([confirm('lina')]);
    await eventually('sold', async () => (await trial.stored(instance, 'lina')) === 'confirmed');
    const siteDay = await trial.quiet(instance, 'lin');
    expect([line(siteDay), siteDay.sessions[sessionId]]).to.deep.equal([
      ['linc'],
      { capacity: 3, available: 0, held: 1, sold: 2, status: 'open' },
    ]);
  });

  it('SAL-26 asked twice while in line: told again, once in line', async () => {
    const instance = await trial.start();
    const sessionId = await fill(instance, 'dup', 1);
    const ask = placeOrWait('dupa', [{ sessionId, quantity: 1 }]);
    await trial.send([ask, ask]);
    await trial.answered(['dupa']);
    await trial.send([ask]);
    await trial.quiet(instance, 'dup');
    expect([trial.said('dupa'), await lineNow(instance, 'dup')]).to.deep.equal([['queued 1'], 'dupa']);
  });

  it('SAL-26 a line that is long enough takes nobody more', async () => {
    const instance = await trial.start();
    const sessionId = await fill(instance, 'lon', 1);
    const ids = ['lona', 'lonb', 'lonc'];
    await trial.send(ids.map((id) => placeOrWait(id, [{ sessionId, quantity: 1 }], 2)));
    await trial.answered(ids);
    expect(ids.map((id) => trial.said(id)[0])).to.deep.equal(['queued 1', 'queued 2', 'sold-out']);
  });

  it('SAL-26 who lets go leaves the line, and a place that comes late is refused, also in another instance', async () => {
    const first = await trial.start();
    const sessionId = await fill(first, 'let', 1);
    await trial.send([placeOrWait('leta', [{ sessionId, quantity: 1 }])]);
    await trial.answered(['leta']);
    await trial.rest();
    const instance = await trial.start();
    await trial.send([release('leta')]);
    await eventually('the line is empty', async () => (await lineNow(instance, 'let')) === '');
    await eventually('the tombstone', async () => (await trial.stored(instance, 'leta')) === 'released');
    await trial.send([placeOrWait('leta', [{ sessionId, quantity: 1 }]), release('let0')]);
    await eventually('free', async () => (await trial.counters(instance, 'let')).sessions[sessionId]?.available === 1);
    const siteDay = await trial.quiet(instance, 'let');
    expect([siteDay.waiting, trial.said('leta')]).to.deep.equal([undefined, []]);
  });

  it('INV-05 a full day holds up all sessions, and the line is one', async () => {
    const instance = await trial.start();
    const sessionId = await trial.session(instance, 'ful', 10, { dayCapacity: 2 });
    await trial.send([place('ful0', [{ sessionId, quantity: 2 }]), placeOrWait('fula', [{ sessionId, quantity: 2 }])]);
    await trial.answered(['ful0', 'fula']);
    await trial.send([release('ful0')]);
    await eventually('granted', () => trial.said('fula').includes('granted'));
    expect((await trial.quiet(instance, 'ful')).day).to.include({ available: 0, held: 2 });
  });

  it('INV-10 a longer life comes before the document: it waits on its rung and is not lost', async () => {
    const faults = dyingAt('afterCounters', 1);
    const filler = await trial.start();
    const sessionId = await fill(filler, 'ext', 1);
    await trial.send([placeOrWait('exta', [{ sessionId, quantity: 1 }])]);
    await trial.answered(['exta']);
    await trial.rest();
    const instance = await trial.start({ faults });
    await trial.send([release('ext0')]);
    await eventually('decided', async () => (await lineNow(instance, 'ext')) === '');
    await trial.send([extend('exta', '2026-12-01T11:30:00Z')]);
    const life = async (): Promise<string | undefined> =>
      (await instance.holds.load(scope, ['hld_exta'])).get('hld_exta')?.facts.expiresAt;
    await eventually('extended', async () => (await life()) === '2026-12-01T11:30:00.000Z', { withinMs: 30_000 });
    expect(faults.deaths).to.equal(1);
  });

  for (const point of ['afterCounters', 'afterHolds', 'afterPending'] as const) {
    it(`SAL-26 PLA-41 nobody is lost or served twice when a batch dies ${point}`, async () => {
      const name = `ldi${point.slice(5, 8).toLowerCase()}`;
      const filler = await trial.start();
      const sessionId = await fill(filler, name, 4);
      const waiting = ['a', 'b', 'c', 'd', 'e'].map((id) => `${name}${id}`);
      await trial.send(waiting.map((id) => placeOrWait(id, [{ sessionId, quantity: 1 }])));
      await trial.answered(waiting);
      await trial.rest();
      const faults = dyingAt(point, 2);
      const instance = await trial.start({ faults });
      await trial.send([0, 1, 2].map((index) => release(`${name}${index}`)));
      await eventually(
        'three are granted',
        () => waiting.slice(0, 3).every((id) => trial.said(id).includes('granted')),
        {
          withinMs: 30_000,
        },
      );
      await eventually('it has died twice', () => faults.deaths === 2);
      const siteDay = await trial.quiet(instance, name);
      expect(line(siteDay)).to.deep.equal(waiting.slice(3));
      expect(siteDay.sessions[sessionId]).to.include({ available: 0, held: 4, sold: 0 });
    });
  }

  it('PLA-41 a crash that nobody comes back to is made good by the round, and told', async () => {
    const instance = await trial.start();
    const sessionId = await fill(instance, 'rou', 1);
    await trial.send([placeOrWait('roua', [{ sessionId, quantity: 1 }])]);
    await trial.answered(['roua']);
    const before = await trial.quiet(instance, 'rou');
    await instance.siteDays.changeCapacity(scope, before.id, sessionId, 1, 2, nothingTakenBack);
    await trial.round(instance, dyingAt('afterCounters', 1))();
    expect([await trial.stored(instance, 'roua'), await lineNow(instance, 'rou')]).to.deep.equal([undefined, '']);
    await trial.round(instance)();
    await eventually('granted', () => trial.said('roua').includes('granted'));
    const siteDay = await trial.counters(instance, 'rou');
    expect([siteDay.pending, siteDay.lineMoved]).to.deep.equal([[], undefined]);
  });

  it('SAL-26 the whole line is told by the round, in the order of the counters, and once it has gone', async () => {
    const instance = await trial.start();
    const round = trial.round(instance);
    const sessionId = await fill(instance, 'tel', 1);
    const told = (orders: readonly string[]): Promise<boolean> =>
      eventually(`told: ${orders.join(' ')}`, () => {
        const last = trial.lines.filter((one) => one.sessionId === sessionId).at(-1);
        return last !== undefined && last.orderIds.join() === orders.map((id) => `ord_${id}`).join();
      });
    await trial.send(['tela', 'telb'].map((id) => placeOrWait(id, [{ sessionId, quantity: 1 }])));
    await trial.answered(['tela', 'telb']);
    await round();
    await told(['tela', 'telb']);
    await round();
    await trial.send([release('tel0')]);
    await eventually('granted', () => trial.said('tela').includes('granted'));
    await round();
    await told(['telb']);
    await trial.send([release('telb')]);
    await eventually('gone', async () => (await lineNow(instance, 'tel')) === '');
    await round();
    await told([]);
    const sequences = trial.lines.filter((one) => one.sessionId === sessionId).map(({ sequence }) => sequence);
    expect(sequences).to.have.length(3);
    expect(sequences).to.deep.equal([...new Set(sequences)].sort((a, b) => a - b));
    const found = await instance.siteDays.withLine(scope, 100);
    expect(found.filter(({ id }) => id === trial.dayOf('tel'))).to.deep.equal([]);
  });

  it('SAL-26 a closed session keeps its line and serves it when it opens; a cancelled one refuses all of it', async () => {
    const instance = await trial.start();
    const sessionId = await fill(instance, 'clo', 1);
    await trial.send(['cloa', 'clob'].map((id) => placeOrWait(id, [{ sessionId, quantity: 1 }])));
    await trial.answered(['cloa', 'clob']);
    const round = trial.round(instance);
    const day = trial.dayOf('clo');
    await instance.siteDays.setStatus(scope, day, sessionId, 'closed');
    await trial.send([release('clo0')]);
    await eventually('free', async () => (await trial.counters(instance, 'clo')).sessions[sessionId]?.available === 1);
    await round();
    expect(await lineNow(instance, 'clo')).to.equal('cloa clob');
    await instance.siteDays.setStatus(scope, day, sessionId, 'open');
    await round();
    await eventually('granted', () => trial.said('cloa').includes('granted'));
    const open = await trial.counters(instance, 'clo');
    const figures = open.sessions[sessionId];
    if (figures === undefined) throw new Error('no session');
    const change = { sessionId, counters: { ...figures, status: 'cancelled' as const } };
    expect(await instance.siteDays.rewrite(scope, open, [change], new Date())).to.equal(true);
    await round();
    await eventually('refused', () => trial.said('clob').includes('session-closed'));
    expect([await lineNow(instance, 'clo'), await trial.stored(instance, 'clob')]).to.deep.equal(['', 'released']);
  });

  it('INV-10 who stands in line past the end of it is found for a question to sales, and only then', async () => {
    const instance = await trial.start();
    const sessionId = await fill(instance, 'ask', 1);
    await trial.send([
      placeOrWait('aska', [{ sessionId, quantity: 1 }], 9, '2026-11-01T10:00:00+08:00'),
      placeOrWait('askb', [{ sessionId, quantity: 1 }], 9, '2026-11-01T12:00:00+08:00'),
    ]);
    await trial.answered(['aska', 'askb']);
    const overdue = await instance.siteDays.waitingBefore(scope, new Date('2026-11-01T03:00:00Z'), 10);
    expect(overdue.map(({ holdId, orderId }) => [holdId, orderId])).to.deep.equal([['hld_aska', 'ord_aska']]);
  });

  it('INV-11 two instances that both serve the line sell no place twice and serve in order', async () => {
    const one = await trial.start({ singleActive: false, slice: 'race' });
    const two = await trial.start({ singleActive: false, slice: 'race' });
    const sessionId = await fill(one, 'rac', 60);
    const waiting = Array.from({ length: 80 }, (_, index) => `racw${index}`);
    await trial.send(waiting.map((id) => placeOrWait(id, [{ sessionId, quantity: 1 }])));
    await trial.answered(waiting);
    const order = line(await trial.counters(one, 'rac'));
    expect(order).to.have.length(80);
    const rounds = [trial.round(one), trial.round(two)];
    for (let from = 0; from < 60; from += 10) {
      await trial.send(Array.from({ length: 10 }, (_, index) => release(`rac${from + index}`)));
      await Promise.all(rounds.map((round) => round()));
    }
    await eventually('sixty are granted', () => order.slice(0, 60).every((id) => trial.said(id).includes('granted')));
    const siteDay = await trial.quiet(one, 'rac');
    expect(line(siteDay)).to.deep.equal(order.slice(60));
    expect(siteDay.sessions[sessionId]).to.include({ capacity: 60, available: 0, held: 60, sold: 0 });
  });

  for (const guard of ['on', 'off'] as const) {
    const title = guard === 'on' ? 'INV-11 two that serve one line' : 'negative control: with the guard off two';
    it(`${title}: the free place is ${guard === 'on' ? 'given once' : 'given twice'}`, async () => {
      const name = `gua${guard}`;
      const instance = await trial.start({ guard });
      const sessionId = await fill(instance, name, 1);
      await trial.send([placeOrWait(`${name}a`, [{ sessionId, quantity: 1 }])]);
      await trial.answered([`${name}a`]);
      const before = await trial.quiet(instance, name);
      await instance.siteDays.changeCapacity(scope, before.id, sessionId, 1, 2, nothingTakenBack);
      const day = await trial.counters(instance, name);
      const written: boolean[] = [];
      for (const { change } of [1, 2].map(() => decideBatch(day, () => undefined, [])))
        written.push(change !== undefined && (await instance.siteDays.decide(scope, day, change, new Date())));
      expect(written).to.deep.equal([true, guard === 'off']);
      const { held, available } = (await trial.counters(instance, name)).sessions[sessionId] ?? {};
      expect([held, available]).to.deep.equal(guard === 'on' ? [2, 0] : [3, -1]);
    });
  }
});
