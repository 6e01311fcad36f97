import { expect } from 'chai';
import type { Delivery } from './ack-line.ts';
import { openLink } from './link.ts';
import { subscribe } from './subscription.ts';
import { sliceTopology } from './topology.ts';
import { event, happened, numberIn, openHouse, quiet, type House } from './trial/house.ts';
import { eventually } from './trial/eventually.ts';
import { startProxy, type Proxy } from './trial/proxy.ts';
import type { Received } from './wire.ts';

describe('coming back', () => {
  let house: House;
  let proxy: Proxy;
  beforeEach(async () => {
    house = await openHouse();
    proxy = await startProxy(house.url);
  });
  afterEach(async () => {
    await house.clear();
    await proxy.stop();
  });

  it('after the broker closed the channel', async () => {
    const helper = await house.instance('helper');
    const made = await helper.consume({ slice: 'closed', definitions: [happened], handle: async () => undefined });
    await made.cancel();
    const link = await openLink({ url: house.url, name: 'trial', logger: quiet, startTimeoutMs: 5_000 });
    const deliveries: Delivery[] = [];
    const events: string[] = [];
    const subscription = subscribe({
      link,
      queue: made.queue,
      topology: sliceTopology(house.names, {
        slice: 'closed',
        definitions: [happened],
        retry: { rungs: ['1s', '5s', '30s', '2m', '10m'] },
        singleActive: false,
      }),
      prefetch: 10,
      logger: quiet,
      onDelivery: (delivery) => deliveries.push(delivery),
      onLost: () => events.push('lost'),
      onResumed: () => events.push('resumed'),
    });
    try {
      await subscription.started();
      await helper.publisher.publish(event(1));
      const [first] = await eventually(
        'a delivery',
        () => deliveries,
        (list) => list.length === 1,
      );
      // An ack of what was never delivered: the broker answers by closing the channel.
      if (first !== undefined) first.message.fields.deliveryTag = 4_711;
      first?.ack();
      await eventually(
        'the message again',
        () => deliveries.length,
        (count) => count === 2,
      );
      deliveries[1]?.ack();
      await eventually(
        'consuming again',
        () => events,
        (list) => list.includes('resumed'),
      );
      expect(events).to.deep.equal(['lost', 'resumed']);
      expect(subscription.active()).to.equal(true);
    } finally {
      await subscription.cancel();
      await subscription.close();
      await link.close();
    }
    expect(await house.ready(made.queue)).to.equal(0);
  });

  it('after the queue was deleted: it is made again, bound and heard', async () => {
    const broker = await house.instance('one');
    const heard: number[] = [];
    const handle = await broker.consume({
      slice: 'deleted',
      definitions: [happened],
      handle: async ({ envelope }) => void heard.push(numberIn(envelope)),
    });
    const channel = await house.channel();
    await channel.deleteQueue(handle.queue);
    let number = 0;
    await eventually(
      'an event being heard',
      async () => {
        await broker.publisher.publish(event((number += 1)));
        return heard.length;
      },
      (count) => count > 0,
    );
    expect(broker.health().ok).to.equal(true);
  });

  it('after the connection was lost: not ready meanwhile, then the rest is heard, what was in hand twice', async () => {
    const broker = await house.instance('one', { url: proxy.url });
    const outside = await house.instance('outside');
    const gate = Promise.withResolvers<undefined>();
    const heard: [number, boolean][] = [];
    const handle = await broker.consume({
      slice: 'lost',
      definitions: [happened],
      concurrency: 1,
      async handle({ envelope, redelivered }) {
        heard.push([numberIn(envelope), redelivered]);
        if (heard.length === 1) await gate.promise;
      },
    });
    await outside.publisher.publishMany([1, 2, 3].map((number) => event(number)));
    await eventually(
      'the first in hand',
      () => heard.length,
      (count) => count === 1,
    );
    proxy.close();
    await eventually(
      'not ready',
      () => broker.health(),
      ({ ok, connected, consumers }) => !ok && !connected && consumers.every(({ active }) => !active),
    );
    gate.resolve(undefined);
    proxy.open();
    await eventually(
      'the rest',
      () => heard.map(([number]) => number),
      (list) => list.join() === '1,1,2,3',
    );
    expect(heard[1]).to.deep.equal([1, true]);
    await eventually(
      'ready again',
      () => broker.health().ok,
      (ok) => ok,
    );
    await eventually(
      'an empty queue',
      () => house.ready(handle.queue),
      (ready) => ready === 0,
    );
  });

  it('a single active consumer hands over when its connection dies, and order is kept', async () => {
    const heard: [string, number][] = [];
    const consumeAs = async (instance: string, url: string): Promise<void> => {
      const broker = await house.instance(instance, { url });
      await broker.consume({
        slice: 'single',
        definitions: [happened],
        singleActive: true,
        handle: async ({ envelope }: Received) => void heard.push([instance, numberIn(envelope)]),
      });
    };
    await consumeAs('first', proxy.url);
    await consumeAs('second', house.url);
    const outside = await house.instance('outside');
    await outside.publisher.publishMany([1, 2, 3].map((number) => event(number)));
    await eventually(
      'the first three',
      () => heard.length,
      (count) => count === 3,
    );
    proxy.close();
    await outside.publisher.publishMany([4, 5, 6].map((number) => event(number)));
    await eventually(
      'the last',
      () => heard.at(-1)?.[1],
      (number) => number === 6,
    );
    const of = (instance: string): number[] => heard.filter(([who]) => who === instance).map(([, number]) => number);
    expect(of('first').slice(0, 3)).to.deep.equal([1, 2, 3]);
    expect(of('second')).to.deep.equal(of('second').toSorted((a, b) => a - b));
    expect(of('second').at(-1)).to.equal(6);
  });

  it('a start without a broker ends in time with its reason', async () => {
    proxy.close();
    let code: unknown;
    try {
      await house.instance('one', { url: proxy.url, startTimeoutMs: 300 });
    } catch (error) {
      code = error instanceof Error && 'code' in error ? error.code : error;
    }
    expect(code).to.equal('messaging.broker-unreachable');
  });

  it('a queue of that name with other arguments fails the start instead of being tried for ever', async () => {
    const broker = await house.instance('one');
    const handle = await broker.consume({ slice: 'other', definitions: [happened], handle: async () => undefined });
    await handle.cancel();
    let failed: unknown;
    try {
      await broker.consume({
        slice: 'other',
        definitions: [happened],
        singleActive: true,
        handle: async () => undefined,
      });
    } catch (error) {
      failed = error;
    }
    expect(String(failed)).to.contain('PRECONDITION_FAILED');
    expect(broker.health().consumers).to.deep.equal([]);
  });
});

describe('stopping', () => {
  let house: House;
  beforeEach(async () => (house = await openHouse()));
  afterEach(() => house.clear());

  it('PLA-51 finishes what is in flight and gives back the rest', async () => {
    const broker = await house.instance('one');
    const gate = Promise.withResolvers<undefined>();
    const begun: number[] = [];
    const handle = await broker.consume({
      slice: 'drained',
      definitions: [happened],
      concurrency: 1,
      prefetch: 10,
      async handle({ envelope }) {
        begun.push(numberIn(envelope));
        await gate.promise;
      },
    });
    await broker.publisher.publishMany([1, 2, 3, 4, 5].map((number) => event(number)));
    await eventually(
      'the first in hand',
      () => begun.length,
      (count) => count === 1,
    );
    const stopped = broker.cancelConsumers();
    // At once, so that another instance has them while this one finishes.
    await eventually(
      'the rest back in the queue',
      () => house.ready(handle.queue),
      (ready) => ready === 4,
    );
    gate.resolve(undefined);
    await stopped;
    expect(begun).to.deep.equal([1]);
    expect(await house.ready(handle.queue)).to.equal(4);
    expect(broker.health().consumers.every(({ active }) => !active)).to.equal(true);
  });

  it('PLA-51 waits for a handler no longer than it was told', async () => {
    const broker = await house.instance('one', { drainMs: 100 });
    let begun = 0;
    const handle = await broker.consume({
      slice: 'stuck',
      definitions: [happened],
      async handle() {
        begun += 1;
        await new Promise(() => undefined);
      },
    });
    await broker.publisher.publish(event(1));
    await eventually(
      'the handler',
      () => begun,
      (count) => count === 1,
    );
    await broker.cancelConsumers();
    await eventually(
      'the message back in the queue',
      () => house.ready(handle.queue),
      (ready) => ready === 1,
    );
  });

  it('PLA-51 two instances: one stops under load, nothing is lost and nothing unhandled', async () => {
    const handled = new Set<number>();
    const consumeAs = async (instance: string) => {
      const broker = await house.instance(instance);
      const handle = await broker.consume({
        slice: 'shared',
        definitions: [happened],
        async handle({ envelope }) {
          await new Promise((resolve) => setImmediate(resolve));
          handled.add(numberIn(envelope));
        },
      });
      return { broker, handle };
    };
    const [first, second] = [await consumeAs('first'), await consumeAs('second')];
    const publishing = second.broker.publisher.publishMany(Array.from({ length: 2_000 }, (_, index) => event(index)));
    await eventually(
      'some work',
      () => handled.size,
      (size) => size > 100,
    );
    await first.broker.close();
    await publishing;
    await eventually(
      'all of it',
      () => handled.size,
      (size) => size === 2_000,
    );
  });
});
