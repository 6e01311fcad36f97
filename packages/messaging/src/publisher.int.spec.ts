import { ContractBreach, TransientError } from '@tongpiao/kernel';
import { expect } from 'chai';
import type { Broker } from './broker.ts';
import type { Published } from './options.ts';
import { command, doIt, envelopeOf, event, happened, openHouse, type House } from './trial/house.ts';
import { eventually } from './trial/eventually.ts';
import { startProxy, type Proxy } from './trial/proxy.ts';

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'resolved';
  } catch (error) {
    if (error instanceof TransientError || error instanceof ContractBreach) return error.code;
    throw error;
  }
}

/** Makes a queue without listening to it. */
async function queueFor(broker: Broker, slice: string): Promise<string> {
  const handle = await broker.consume({ slice, definitions: [happened, doIt], handle: async () => undefined });
  await handle.cancel();
  return handle.queue;
}

describe('publishing', () => {
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

  it('PLA-41 resolves when the broker has the message in every queue that wants it', async () => {
    const broker = await house.instance('one');
    const queues = [await queueFor(broker, 'first'), await queueFor(broker, 'second')];
    await broker.publisher.publish(event(1));
    for (const queue of queues) {
      await eventually(
        `a message in ${queue}`,
        () => house.ready(queue),
        (ready) => ready === 1,
      );
    }
    expect(broker.publisher.pending()).to.equal(0);
  });

  it('a command that nobody hears comes back to its sender', async () => {
    const broker = await house.instance('one');
    expect(await codeOf(broker.publisher.publish(command(1)))).to.equal('messaging.unroutable');
  });

  it('a message to a queue that does not exist comes back to its sender', async () => {
    const broker = await house.instance('one');
    const lost = broker.publisher.publish({ kind: 'direct', queue: 'nowhere', envelope: envelopeOf(happened, 1) });
    expect(await codeOf(lost)).to.equal('messaging.unroutable');
  });

  it('an event that nobody hears is legal and counted', async () => {
    const unrouted: string[] = [];
    const published: [string, Published][] = [];
    const broker = await house.instance('one', {
      metrics: {
        handled: () => undefined,
        published: (type, outcome) => published.push([type, outcome]),
        retried: () => undefined,
        parked: () => undefined,
        unrouted: (type) => unrouted.push(type),
      },
    });
    await broker.publisher.publish(event(1));
    expect(unrouted).to.deep.equal([happened.type]);
    expect(published).to.deep.equal([[happened.type, 'confirmed']]);
  });

  it('a return is joined with its own message, even when the same id is on the way several times', async () => {
    const broker = await house.instance('one');
    const queue = await queueFor(broker, 'first');
    const envelope = envelopeOf(happened, 1);
    const targets = Array.from({ length: 60 }, (_, index) => (index % 3 === 0 ? 'nowhere' : queue));
    const results = await broker.publisher.publishMany(
      targets.map((target) => ({ kind: 'direct', queue: target, envelope })),
    );
    expect(results.map(({ status }) => status)).to.deep.equal(
      targets.map((target) => (target === queue ? 'fulfilled' : 'rejected')),
    );
  });

  it('keeps a window, then a line, and refuses above it', async () => {
    const broker = await house.instance('one', { limits: { window: 2, backlog: 3 } });
    const queue = await queueFor(broker, 'first');
    await eventually(
      'the first message',
      () => codeOf(broker.publisher.publish(event(0))),
      (code) => code === 'resolved',
    );
    const results = await Promise.all(
      [1, 2, 3, 4, 5, 6, 7].map((number) => codeOf(broker.publisher.publish(event(number)))),
    );
    expect(results).to.deep.equal([
      ...Array.from({ length: 5 }, () => 'resolved'),
      'messaging.backlog-full',
      'messaging.backlog-full',
    ]);
    await eventually(
      'all that were taken',
      () => house.ready(queue),
      (ready) => ready === 6,
    );
  });

  it('is bounded in time while the broker is away, and goes on when it is back', async () => {
    const broker = await house.instance('one', { url: proxy.url, limits: { confirmMs: 300 } });
    const queue = await queueFor(broker, 'first');
    proxy.close();
    await eventually(
      'the loss of the connection',
      () => broker.health().connected,
      (connected) => !connected,
    );
    expect(await codeOf(broker.publisher.publish(event(1)))).to.equal('messaging.unconfirmed');
    expect(broker.publisher.pending()).to.equal(0);
    proxy.open();
    await eventually(
      'publishing again',
      () => codeOf(broker.publisher.publish(event(2))),
      (code) => code === 'resolved',
    );
    await eventually(
      'the message',
      () => house.ready(queue),
      (ready) => ready === 1,
    );
  });

  it('hides a short loss of the connection from what waits', async () => {
    const broker = await house.instance('one', { url: proxy.url });
    await queueFor(broker, 'first');
    proxy.close();
    await eventually(
      'the loss of the connection',
      () => broker.health().connected,
      (connected) => !connected,
    );
    const waiting = broker.publisher.publish(event(1));
    proxy.open();
    await waiting;
  });

  it('PLA-41 connection lost again and again while publishing: each message is confirmed or rejected, and no confirmed one is lost', async () => {
    const broker = await house.instance('one', { url: proxy.url });
    const queue = await queueFor(broker, 'first');
    const count = 4_000;
    const confirmed = new Set<string>();
    let rejected = 0;
    let next = 0;
    const publishSome = async (): Promise<void> => {
      while (next < count) {
        const message = event((next += 1));
        if (next % 1_000 === 500) proxy.cut();
        const code = await codeOf(broker.publisher.publish(message));
        if (code === 'resolved') confirmed.add(message.envelope.id);
        else if (code === 'messaging.unconfirmed') rejected += 1;
        else throw new Error(`neither confirmed nor rejected as it should: ${code}`);
      }
    };
    await Promise.all(Array.from({ length: 100 }, publishSome));
    expect(confirmed.size + rejected).to.equal(count);
    // Else the cuts came at moments when nothing was on the way, and this proves nothing.
    expect(rejected).to.be.greaterThan(0);

    const arrived = new Set<string>();
    const channel = await house.channel();
    await channel.consume(
      queue,
      (message) => {
        if (message !== null) arrived.add(String(message.properties.messageId));
      },
      { noAck: true },
    );
    await eventually(
      'every confirmed message',
      () => [...confirmed].filter((id) => !arrived.has(id)).length,
      (missing) => missing === 0,
    );
  });

  it('an exchange that was removed is made again', async () => {
    const broker = await house.instance('one');
    const channel = await house.channel();
    await broker.publisher.publish(event(1));
    await channel.deleteExchange(house.names.events);
    expect(await codeOf(broker.publisher.publish(event(2)))).to.equal('messaging.unconfirmed');
    await broker.publisher.publish(event(3));
  });

  it('a test can stand between the confirm and its news', async () => {
    const broker = await house.instance('one', {
      faults: {
        at: (point) => {
          if (point === 'afterPublish') throw new TransientError('trial.killed', 'killed');
        },
      },
    });
    const queue = await queueFor(broker, 'first');
    expect(await codeOf(broker.publisher.publish(event(1)))).to.equal('trial.killed');
    await eventually(
      'the message',
      () => house.ready(queue),
      (ready) => ready === 1,
    );
  });

  it('PLA-51 closing waits for what is on the way and refuses what comes then', async () => {
    const broker = await house.instance('one');
    const queue = await queueFor(broker, 'first');
    const results = broker.publisher.publishMany(Array.from({ length: 500 }, (_, index) => event(index)));
    await broker.close();
    expect((await results).filter(({ status }) => status === 'rejected')).to.deep.equal([]);
    await eventually(
      'all messages',
      () => house.ready(queue),
      (ready) => ready === 500,
    );
    expect(await codeOf(broker.publisher.publish(event(1_000)))).to.equal('messaging.closed');
  });

  it('what AMQP cannot carry is refused alone', async () => {
    const broker = await house.instance('one');
    const [bad, good] = await broker.publisher.publishMany([
      { kind: 'event', envelope: { ...envelopeOf(happened, 1), id: 'x'.repeat(300) } },
      event(2),
    ]);
    expect(bad?.status).to.equal('rejected');
    expect(bad?.status === 'rejected' && bad.reason instanceof ContractBreach ? bad.reason.code : '').to.equal(
      'messaging.not-sendable',
    );
    expect(good?.status).to.equal('fulfilled');
  });
});
