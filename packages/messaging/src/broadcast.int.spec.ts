import { expect } from 'chai';
import { envelopeOf, event, happened, numberIn, openHouse, type House } from './trial/house.ts';
import { eventually } from './trial/eventually.ts';
import { startProxy } from './trial/proxy.ts';

describe('broadcasting', () => {
  let house: House;
  beforeEach(async () => (house = await openHouse()));
  afterEach(() => house.clear());

  it('reaches every instance, in order, while a slice hears it once', async () => {
    const heard: Record<string, number[]> = { first: [], second: [] };
    let slice = 0;
    for (const instance of ['first', 'second']) {
      const broker = await house.instance(instance);
      await broker.broadcast({
        name: 'keys',
        definitions: [happened],
        handle: async ({ envelope }) => void heard[instance]?.push(numberIn(envelope)),
      });
      await broker.consume({ slice: 'once', definitions: [happened], handle: async () => void (slice += 1) });
    }
    const outside = await house.instance('outside');
    await outside.publisher.publishMany([1, 2, 3].map((number) => event(number)));
    await eventually(
      'both instances',
      () => heard,
      ({ first, second }) => first?.length === 3 && second?.length === 3,
    );
    await eventually(
      'the slice',
      () => slice,
      (count) => count === 3,
    );
    expect(heard).to.deep.equal({ first: [1, 2, 3], second: [1, 2, 3] });
  });

  it('a failure is not tried again and does not stop what follows', async () => {
    const broker = await house.instance('one');
    const heard: number[] = [];
    const handle = await broker.broadcast({
      name: 'keys',
      definitions: [happened],
      async handle({ envelope }) {
        heard.push(numberIn(envelope));
        if (heard.length === 1) throw new Error('bug');
      },
    });
    await broker.publisher.publishMany([1, 2].map((number) => event(number)));
    await eventually(
      'the second',
      () => heard,
      (list) => list.includes(2),
    );
    expect(heard).to.deep.equal([1, 2]);
    await eventually(
      'an empty queue',
      () => house.ready(handle.queue),
      (ready) => ready === 0,
    );
  });

  it('is reached directly by the name of its queue: that is where an answer to everything goes', async () => {
    const broker = await house.instance('one');
    const heard: number[] = [];
    const { queue } = await broker.broadcast({
      name: 'keys',
      definitions: [happened],
      handle: async ({ envelope }) => void heard.push(numberIn(envelope)),
    });
    const outside = await house.instance('outside');
    await outside.publisher.publish({ kind: 'direct', queue, envelope: envelopeOf(happened, 9) });
    await eventually(
      'the direct one',
      () => heard,
      (list) => list.includes(9),
    );
  });

  it('says that something may have been missed after a break', async () => {
    const proxy = await startProxy(house.url);
    try {
      const broker = await house.instance('one', { url: proxy.url });
      let missed = 0;
      await broker.broadcast({
        name: 'keys',
        definitions: [happened],
        handle: async () => undefined,
        missed: () => (missed += 1),
      });
      expect(missed).to.equal(0);
      proxy.cut();
      await eventually(
        'the notice',
        () => missed,
        (count) => count === 1,
      );
    } finally {
      await house.clear();
      await proxy.stop();
      house = await openHouse();
    }
  });
});
