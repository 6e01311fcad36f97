// A part of a sold hold comes back (SAL-54) on a real database and broker: once, never more than there is, through crashes between
// any two writes, by two instances at once, and with the guard off, where the race must show.
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { decideBatch } from '../site-day/site-day.decider.ts';
import { confirm, dyingAt, giveBack, HoldsTrial, place, release, scope, type Instance } from './holds-trial.fixture.ts';

describe('decide-holds: places come back', function () {
  this.timeout(60_000);
  const trial = new HoldsTrial();
  before(() => trial.open());
  afterEach(() => trial.rest());
  after(() => trial.close());

  /** A sold hold of so many places in a session of ten. */
  async function sell(instance: Instance, name: string, quantity: number): Promise<string> {
    const sessionId = await trial.session(instance, name, 10);
    await trial.send([place(name, [{ sessionId, quantity }])]);
    await trial.answered([name]);
    await trial.send([confirm(name)]);
    await eventually('confirmed', async () => (await trial.stored(instance, name)) === 'confirmed');
    return sessionId;
  }
  const figures = async (instance: Instance, name: string, sessionId: string): Promise<unknown> =>
    (await trial.quiet(instance, name)).sessions[sessionId];
  const returnsOf = async (instance: Instance, name: string): Promise<readonly string[]> =>
    ((await instance.holds.load(scope, [`hld_${name}`])).get(`hld_${name}`)?.returns ?? []).map(({ id }) => id);

  it('SAL-54 one by one and all at once, each id once, and the rest by a release', async () => {
    const instance = await trial.start();
    const sessionId = await sell(instance, 'bac', 8);
    const parts = Array.from({ length: 6 }, (_, index) => giveBack('bac', sessionId, 1, `rfd_${index}`));
    await trial.send([...parts, ...parts]);
    await eventually('six came back', async () => (await returnsOf(instance, 'bac')).length === 6);
    expect(await figures(instance, 'bac', sessionId)).to.deep.include({ available: 8, held: 0, sold: 2 });
    await trial.send([giveBack('bac', sessionId, 1, 'rfd_9'), release('bac', 'refunded'), ...parts]);
    await eventually('released', async () => (await trial.stored(instance, 'bac')) === 'released');
    expect(await figures(instance, 'bac', sessionId)).to.deep.include({ available: 10, held: 0, sold: 0 });
    expect(await returnsOf(instance, 'bac')).to.have.length(7);
  });

  it('SAL-54 more than is left of the hold is parked and moves nothing', async () => {
    const instance = await trial.start();
    const sessionId = await sell(instance, 'mor', 3);
    await trial.send([giveBack('mor', sessionId, 2, 'rfd_1'), giveBack('mor', sessionId, 2, 'rfd_2')]);
    await eventually('parked', async () =>
      (await instance.broker.queueDepths()).some(({ queue, ready }) => queue.endsWith('.dead') && ready === 1),
    );
    expect(await figures(instance, 'mor', sessionId)).to.deep.include({ available: 9, held: 0, sold: 1 });
  });

  it('SAL-54 a return that overtakes its confirm waits on its rung', async () => {
    const instance = await trial.start();
    const sessionId = await trial.session(instance, 'ovr', 5);
    await trial.send([giveBack('ovr', sessionId, 1, 'rfd_1')]);
    await trial.send([place('ovr', [{ sessionId, quantity: 2 }]), confirm('ovr')]);
    await eventually('it came back', async () => (await returnsOf(instance, 'ovr')).length === 1);
    expect(await figures(instance, 'ovr', sessionId)).to.deep.include({ available: 4, held: 0, sold: 1 });
  });

  for (const point of ['afterCounters', 'afterHolds', 'afterPending'] as const) {
    it(`SAL-54 PLA-41 nothing comes back twice when it dies ${point}`, async () => {
      const name = `rdi${point.slice(5, 8).toLowerCase()}`;
      const seller = await trial.start();
      const sessionId = await sell(seller, name, 6);
      await trial.rest();
      const faults = dyingAt(point, 2);
      const instance = await trial.start({ faults });
      await trial.send([1, 2, 3].map((part) => giveBack(name, sessionId, 1, `rfd_${part}`)));
      await eventually('three came back', async () => (await returnsOf(instance, name)).length === 3, {
        withinMs: 30_000,
      });
      await trial.send([release(name, 'refunded')]);
      await eventually('released', async () => (await trial.stored(instance, name)) === 'released');
      expect(await figures(instance, name, sessionId)).to.deep.include({ available: 10, held: 0, sold: 0 });
      expect(faults.deaths).to.equal(2);
    });
  }

  it('INV-11 two instances that both take places back count each once', async () => {
    const one = await trial.start({ singleActive: false, slice: 'race' });
    await trial.start({ singleActive: false, slice: 'race' });
    const sessionId = await trial.session(one, 'rac', 400);
    const ids = Array.from({ length: 100 }, (_, index) => `rac${index}`);
    await trial.send(ids.map((id) => place(id, [{ sessionId, quantity: 3 }])));
    await trial.answered(ids);
    await trial.send(ids.map((id) => confirm(id)));
    await eventually('sold', async () => (await trial.counters(one, 'rac')).sessions[sessionId]?.sold === 300);
    await trial.quiet(one, 'rac');
    const parts = ids.map((id) => giveBack(id, sessionId, 1, `rfd_${id}`));
    for (let from = 0; from < parts.length; from += 10)
      await Promise.all([trial.send(parts.slice(from, from + 10)), trial.send(parts.slice(from, from + 10))]);
    await eventually('all came back', async () =>
      (await Promise.all(ids.map((id) => returnsOf(one, id)))).every(({ length }) => length === 1),
    );
    expect((await trial.quiet(one, 'rac')).sessions[sessionId]).to.include({ available: 200, sold: 200 });
  });

  for (const [guard, takes, sold] of [
    ['on', [true, false], 3],
    ['off', [true, true], 2],
  ] as const) {
    const title = guard === 'on' ? 'INV-11 the second' : 'negative control: with the guard off the second';
    it(`${title} of two decisions on one return ${guard === 'on' ? 'is refused' : 'moves the counters again'}`, async () => {
      const name = `gua${guard}`;
      const instance = await trial.start({ guard });
      const sessionId = await sell(instance, name, 4);
      const before = await trial.quiet(instance, name);
      const stored = await instance.holds.load(scope, [`hld_${name}`]);
      const hold = stored.get(`hld_${name}`)?.facts;
      if (hold === undefined) throw new Error('no hold');
      const request = { kind: 'return', hold, returned: { id: 'rfd_1', sessionId, quantity: 1 } } as const;
      const written: boolean[] = [];
      for (const { change } of [1, 2].map(() => decideBatch(before, (id) => stored.get(id), [request])))
        written.push(change !== undefined && (await instance.siteDays.decide(scope, before, change, new Date())));
      expect(written).to.deep.equal(takes);
      expect((await trial.counters(instance, name)).sessions[sessionId]?.sold).to.equal(sold);
    });
  }
});
