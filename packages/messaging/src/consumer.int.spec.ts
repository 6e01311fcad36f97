import { ContractBreach, DomainError, NotYet, TransientError } from '@tongpiao/kernel';
import { expect } from 'chai';
import type { MessageDefinition } from '@tongpiao/contracts';
import type { Broker } from './broker.ts';
import type { Outcome } from './consumer.ts';
import type { MessagingMetrics } from './options.ts';
import type { ParkedMessage } from './parked.ts';
import { DELIVERY_LIMIT } from './topology.ts';
import { command, doIt, envelopeOf, event, happened, numberIn, openHouse, type House } from './trial/house.ts';
import { eventually } from './trial/eventually.ts';
import type { Received } from './wire.ts';

const fast = { rungs: ['50ms', '100ms'] } as const;

function counting(): { metrics: MessagingMetrics; lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    metrics: {
      handled: (_queue, _type, outcome) => lines.push(`handled ${outcome}`),
      published: () => undefined,
      retried: (_queue, _type, rung) => lines.push(`retried ${rung}`),
      parked: (_queue, _type, reason) => lines.push(`parked ${reason}`),
      unrouted: () => undefined,
    },
  };
}

async function parkedIn(broker: Broker): Promise<ParkedMessage[]> {
  const parked: ParkedMessage[] = [];
  await broker.drainDead(async (message) => void parked.push(message));
  return parked;
}

describe('consuming', () => {
  let house: House;
  beforeEach(async () => (house = await openHouse()));
  afterEach(() => house.clear());

  it('hears events and commands of its definitions, parsed', async () => {
    const broker = await house.instance('one');
    const heard: Received[] = [];
    const handle = await broker.consume({
      slice: 'both',
      definitions: [happened, doIt],
      handle: async (message) => void heard.push(message),
    });
    await broker.publisher.publish(event(1, { number: 1, unknown: 'field' }));
    await broker.publisher.publish(command(2));
    await eventually(
      'both messages',
      () => heard.length,
      (count) => count === 2,
    );
    expect(
      heard.map(({ envelope, definition, attempt, redelivered }) => [
        envelope.data,
        definition.type,
        attempt,
        redelivered,
      ]),
    ).to.deep.equal([
      [{ number: 1 }, happened.type, 1, false],
      [{ number: 2 }, doIt.type, 1, false],
    ]);
    await eventually(
      'an empty queue',
      () => house.ready(handle.queue),
      (ready) => ready === 0,
    );
  });

  it('PLA-41 a crash between the effect and the ack brings the message again', async () => {
    let crashed = false;
    const broker = await house.instance('one', {
      faults: {
        at(point) {
          if (point !== 'beforeAck' || crashed) return;
          crashed = true;
          throw new Error('crash');
        },
      },
    });
    const heard: boolean[] = [];
    await broker.consume({
      slice: 'twice',
      definitions: [happened],
      handle: async ({ redelivered }) => void heard.push(redelivered),
    });
    await broker.publisher.publish(event(1));
    await eventually(
      'the second delivery',
      () => heard,
      (list) => list.length === 2,
    );
    expect(heard).to.deep.equal([false, true]);
  });

  it('PLA-41 a message said twice is heard twice: the receiver absorbs it', async () => {
    const broker = await house.instance('one');
    const ids: string[] = [];
    await broker.consume({
      slice: 'said-twice',
      definitions: [happened],
      handle: async ({ envelope }) => void ids.push(envelope.id),
    });
    await broker.publisher.publish(event(1));
    await broker.publisher.publish(event(1));
    await eventually(
      'both',
      () => ids.length,
      (count) => count === 2,
    );
    expect(new Set(ids).size).to.equal(1);
  });

  for (const [title, error, kind, reason] of [
    ['transient trouble', new TransientError('trial.away', 'the store is away'), 'transient', 'trial.away'],
    ['too early', new NotYet('trial.too-early', 'not known yet'), 'not-yet', 'trial.too-early'],
  ] as const) {
    it(`PLA-42 ${title} climbs the rungs and is parked with its reason after the last`, async () => {
      const { metrics, lines } = counting();
      const broker = await house.instance('one', { metrics });
      const attempts: number[] = [];
      const handle = await broker.consume({
        slice: 'climbing',
        definitions: [happened],
        retry: fast,
        async handle({ attempt }) {
          attempts.push(attempt);
          throw error;
        },
      });
      const parked = await parkedIn(broker);
      await broker.publisher.publish(event(1));
      await eventually(
        'a parked message',
        () => parked.length,
        (count) => count === 1,
      );
      expect(attempts).to.deep.equal([1, 2, 3]);
      expect(parked[0]).to.deep.include({
        queue: handle.queue,
        messageId: 'thing:1:0',
        type: happened.type,
        envelope: envelopeOf(happened, 1),
        kind,
        reason,
        detail: error.message,
        attempts: 3,
      });
      expect(Date.parse(parked[0]?.firstFailedAt ?? '')).to.be.lessThan(Date.parse(parked[0]?.parkedAt ?? ''));
      expect(lines).to.deep.equal([
        'retried 50ms',
        'handled retried',
        'retried 100ms',
        'handled retried',
        `parked ${reason}`,
        'handled parked',
      ]);
    });
  }

  it('PLA-42 what succeeds on a later attempt is done', async () => {
    const broker = await house.instance('one');
    const attempts: number[] = [];
    const handle = await broker.consume({
      slice: 'later',
      definitions: [happened],
      retry: fast,
      async handle({ attempt }) {
        attempts.push(attempt);
        if (attempt < 3) throw new NotYet('trial.too-early', 'not known yet');
      },
    });
    await broker.publisher.publish(event(1));
    await eventually(
      'the third attempt',
      () => attempts,
      (list) => list.length === 3,
    );
    const depths = await eventually(
      'empty queues',
      () => broker.queueDepths(),
      (list) => list.length === 2 && list.every(({ ready }) => ready === 0),
    );
    expect(depths.map(({ queue }) => queue)).to.deep.equal([handle.queue, `${handle.queue}.dead`]);
  });

  it('a failed message comes back to its own queue only, not to others that heard it', async () => {
    const broker = await house.instance('one');
    const heard: string[] = [];
    for (const slice of ['failing', 'fine']) {
      await broker.consume({
        slice,
        definitions: [happened],
        retry: fast,
        async handle({ attempt }) {
          heard.push(`${slice} ${attempt}`);
          if (slice === 'failing' && attempt === 1) throw new TransientError('trial.away', 'away');
        },
      });
    }
    await broker.publisher.publish(event(1));
    await eventually(
      'the second attempt',
      () => heard.length,
      (count) => count === 3,
    );
    expect(heard.sort()).to.deep.equal(['failing 1', 'failing 2', 'fine 1']);
  });

  for (const [title, error, kind, reason] of [
    [
      'a breach of contract found by the handler',
      new ContractBreach('trial.breach', 'wrong'),
      'breach',
      'trial.breach',
    ],
    [
      'a refusal that should have been an event',
      new DomainError('trial.refused', 'refused'),
      'refused',
      'trial.refused',
    ],
  ] as const) {
    it(`PLA-42 ${title} is parked at once`, async () => {
      const broker = await house.instance('one');
      let attempts = 0;
      await broker.consume({
        slice: 'parking',
        definitions: [happened],
        retry: fast,
        async handle() {
          attempts += 1;
          throw error;
        },
      });
      const parked = await parkedIn(broker);
      await broker.publisher.publish(event(1));
      await eventually(
        'a parked message',
        () => parked.length,
        (count) => count === 1,
      );
      expect(attempts).to.equal(1);
      expect(parked[0]).to.include({ kind, reason, attempts: 1 });
    });
  }

  for (const [title, content, reason] of [
    ['no JSON', '{', 'messaging.not-json'],
    ['no envelope', '{"id":1}', 'messaging.envelope-invalid'],
    ['data that do not fit', JSON.stringify(envelopeOf(happened, 1, { number: 'one' })), 'messaging.data-invalid'],
  ] as const) {
    it(`PLA-42 poison (${title}) is parked at once with its content, and the next message is handled`, async () => {
      const broker = await house.instance('one');
      const heard: number[] = [];
      const handle = await broker.consume({
        slice: 'poison',
        definitions: [happened],
        handle: async ({ envelope }) => void heard.push(numberIn(envelope)),
      });
      const parked = await parkedIn(broker);
      const channel = await house.channel();
      channel.sendToQueue(handle.queue, Buffer.from(content), { messageId: 'poison', type: happened.type });
      await broker.publisher.publish(event(2));
      await eventually(
        'the next message',
        () => heard,
        (list) => list.includes(2),
      );
      await eventually(
        'a parked message',
        () => parked.length,
        (count) => count === 1,
      );
      expect(parked[0]).to.include({ reason, kind: 'breach', messageId: 'poison', type: happened.type, content });
      expect(heard).to.deep.equal([2]);
    });
  }

  it('a type that only a newer instance knows waits on the rungs for it', async () => {
    const { metrics, lines } = counting();
    const older = await house.instance('older', { metrics });
    const newer = await house.instance('newer');
    const heard: string[] = [];
    const spec = (instance: string, definitions: readonly MessageDefinition[]) => ({
      slice: 'deployed',
      definitions,
      retry: { rungs: Array.from({ length: 20 }, () => '100ms' as const) },
      handle: async ({ envelope }: Received) => void heard.push(`${instance} ${envelope.type}`),
    });
    // The newer one binds the type and is away for a moment: only the older one is there to take it.
    await (await newer.consume(spec('newer', [happened, doIt]))).cancel();
    const old = await older.consume(spec('older', [happened]));
    await older.publisher.publish(command(1));
    await eventually(
      'the older one passing it on',
      () => lines,
      (list) => list.includes('retried 100ms'),
    );
    await newer.consume(spec('newer', [happened, doIt]));
    await old.cancel();
    await eventually(
      'the newer one handling it',
      () => heard,
      (list) => list.length === 1,
    );
    expect(heard).to.deep.equal([`newer ${doIt.type}`]);
  });

  it(`a message that is never answered is parked by the broker after ${DELIVERY_LIMIT + 1} deliveries`, async () => {
    let deliveries = 0;
    const broker = await house.instance('one', {
      faults: {
        at() {
          deliveries += 1;
          throw new Error('crash');
        },
      },
    });
    const parked = await parkedIn(broker);
    await broker.consume({ slice: 'killing', definitions: [happened], handle: async () => undefined });
    const channel = await house.channel();
    channel.publish(house.names.events, happened.type, Buffer.from(JSON.stringify(envelopeOf(happened, 1))), {
      messageId: 'thing:1:0',
      type: happened.type,
    });
    await eventually(
      'a parked message',
      () => parked.length,
      (count) => count === 1,
    );
    expect(deliveries).to.equal(DELIVERY_LIMIT + 1);
    expect(parked[0]).to.deep.include({
      kind: 'delivery-limit',
      reason: 'messaging.delivery-limit',
      envelope: envelopeOf(happened, 1),
    });
  });

  it('PLA-42 a replayed message starts anew in its own queue', async () => {
    const broker = await house.instance('one');
    let mended = false;
    const attempts: number[] = [];
    await broker.consume({
      slice: 'replayed',
      definitions: [happened],
      retry: { rungs: ['50ms'] },
      async handle({ attempt }) {
        attempts.push(attempt);
        if (!mended) throw new TransientError('trial.away', 'away');
      },
    });
    const parked = await parkedIn(broker);
    await broker.publisher.publish(event(1));
    const [message] = await eventually(
      'a parked message',
      () => parked,
      (list) => list.length === 1,
    );
    mended = true;
    if (message?.envelope === undefined) throw new Error('the parked message has no envelope');
    await broker.replay(message.queue, message.envelope);
    await eventually(
      'the replay',
      () => attempts,
      (list) => list.length === 3,
    );
    expect(attempts).to.deep.equal([1, 2, 1]);
  });

  it('PLA-42 a parked message that could not be stored is offered again', async function () {
    this.timeout(30_000);
    const broker = await house.instance('one');
    let offers = 0;
    await broker.consume({
      slice: 'stored-later',
      definitions: [happened],
      handle: async () => Promise.reject(new ContractBreach('trial.breach', 'wrong')),
    });
    await broker.drainDead(async () => {
      offers += 1;
      if (offers === 1) throw new Error('the store is away');
    });
    await broker.publisher.publish(event(1));
    await eventually(
      'the second offer',
      () => offers,
      (count) => count === 2,
    );
  });

  it('a rung that cannot be reached leaves the message in its queue', async () => {
    const { metrics, lines } = counting();
    const broker = await house.instance('one', { metrics });
    const attempts: number[] = [];
    await broker.consume({
      slice: 'no-rung',
      definitions: [happened],
      retry: { rungs: ['60ms'] },
      async handle({ attempt, redelivered }) {
        attempts.push(attempt);
        if (!redelivered) throw new TransientError('trial.away', 'away');
      },
    });
    const channel = await house.channel();
    await channel.deleteExchange(house.names.retry('60ms'));
    await broker.publisher.publish(event(1));
    await eventually(
      'the second delivery',
      () => attempts,
      (list) => list.length === 2,
    );
    expect(attempts).to.deep.equal([1, 1]);
    expect(lines).to.deep.equal(['handled requeued', 'handled done']);
  });

  it('works on some at a time and no more', async () => {
    const broker = await house.instance('one');
    let [running, most, done] = [0, 0, 0];
    await broker.consume({
      slice: 'some',
      definitions: [happened],
      concurrency: 3,
      async handle() {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        done += 1;
      },
    });
    await broker.publisher.publishMany(Array.from({ length: 50 }, (_, index) => event(index)));
    await eventually(
      'all of them',
      () => done,
      (count) => count === 50,
    );
    expect(most).to.equal(3);
  });
});

describe('consuming in batches', () => {
  let house: House;
  beforeEach(async () => (house = await openHouse()));
  afterEach(() => house.clear());

  it('takes what has arrived, in order, one batch at a time', async () => {
    const broker = await house.instance('one');
    const gate = Promise.withResolvers<undefined>();
    const batches: number[][] = [];
    let running = 0;
    await broker.consume({
      slice: 'batches',
      definitions: [happened],
      maxBatch: 20,
      async handleBatch(messages) {
        running += 1;
        expect(running).to.equal(1);
        batches.push(messages.map(({ envelope }) => numberIn(envelope)));
        if (batches.length === 1) await gate.promise;
        running -= 1;
      },
    });
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    await broker.publisher.publishMany(numbers.map((number) => event(number)));
    gate.resolve(undefined);
    await eventually(
      'all of them',
      () => batches.flat().length,
      (count) => count === 100,
    );
    expect(batches.flat()).to.deep.equal(numbers);
    expect(Math.max(...batches.map(({ length }) => length))).to.equal(20);
  });

  it('each message goes by its own outcome', async () => {
    const broker = await house.instance('one');
    const seen: string[] = [];
    const handle = await broker.consume({
      slice: 'outcomes',
      definitions: [happened],
      retry: fast,
      async handleBatch(messages) {
        return messages.map(({ envelope, attempt }): Outcome => {
          const number = numberIn(envelope);
          seen.push(`${number}/${attempt}`);
          if (number === 2 && attempt === 1) return { failed: new TransientError('trial.away', 'away') };
          if (number === 3) return { failed: new ContractBreach('trial.breach', 'wrong') };
          return 'done';
        });
      },
    });
    const parked = await parkedIn(broker);
    await broker.publisher.publishMany([1, 2, 3, 4].map((number) => event(number)));
    await eventually(
      'the second attempt of 2',
      () => seen,
      (list) => list.includes('2/2'),
    );
    await eventually(
      '3 parked',
      () => parked.map(({ messageId }) => messageId),
      (list) => list.join() === 'thing:3:0',
    );
    expect(seen.sort()).to.deep.equal(['1/1', '2/1', '2/2', '3/1', '4/1']);
    await eventually(
      'an empty queue',
      () => house.ready(handle.queue),
      (ready) => ready === 0,
    );
  });

  it('throwing fails every message of the batch by the kind of the error; poison is parked alone', async () => {
    const broker = await house.instance('one');
    const attempts: number[] = [];
    const handle = await broker.consume({
      slice: 'throwing',
      definitions: [happened],
      retry: fast,
      async handleBatch(messages) {
        attempts.push(...messages.map(({ attempt }) => attempt));
        if (messages.some(({ attempt }) => attempt === 1)) throw new TransientError('trial.away', 'away');
      },
    });
    const parked = await parkedIn(broker);
    const channel = await house.channel();
    channel.sendToQueue(handle.queue, Buffer.from('{'), { messageId: 'poison' });
    await broker.publisher.publishMany([1, 2, 3].map((number) => event(number)));
    await eventually(
      'second attempts',
      () => attempts.filter((attempt) => attempt === 2).length,
      (count) => count === 3,
    );
    await eventually(
      'the poison',
      () => parked.map(({ messageId }) => messageId),
      (list) => list.join() === 'poison',
    );
  });

  it('an answer of the wrong length is a bug, and nothing is acked over it', async () => {
    const broker = await house.instance('one');
    const attempts: number[] = [];
    await broker.consume({
      slice: 'wrong-length',
      definitions: [happened],
      retry: fast,
      async handleBatch(messages) {
        attempts.push(...messages.map(({ attempt }) => attempt));
        return messages.some(({ attempt }) => attempt === 1) ? [] : messages.map(() => 'done' as const);
      },
    });
    await broker.publisher.publish(event(1));
    await eventually(
      'the second attempt',
      () => attempts,
      (list) => list.length === 2,
    );
    expect(attempts).to.deep.equal([1, 2]);
  });
});
