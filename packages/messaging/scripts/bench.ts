// How fast this layer is on this machine: messages a second published with confirm in a window, and consumed one by one and in
// batches. Run: RABBITMQ_URL=amqp://… node packages/messaging/scripts/bench.ts [messages]
import { randomBytes } from 'node:crypto';
import { defineEvent, type Envelope } from '@tongpiao/contracts';
import { pino } from 'pino';
import { z } from 'zod';
import { connect } from 'amqplib';
import { connectBroker, type ConsumerSpec } from '../src/index.ts';

const url = process.env['RABBITMQ_URL'];
if (url === undefined) throw new Error('RABBITMQ_URL says where the broker is');
const count = Number(process.argv[2] ?? 20_000);
const prefix = `bench-${randomBytes(4).toString('hex')}.`;

const seatTaken = defineEvent({
  type: 'bench.seat.taken.v1',
  summary: 'A message of ordinary size.',
  data: z.object({ seat: z.string(), fen: z.int(), holder: z.string(), at: z.string() }),
  example: { seat: 'A-12', fen: 12_800, holder: 'x'.repeat(200), at: '2026-01-01T00:00:00Z' },
});

function envelope(index: number): Envelope {
  return {
    specversion: '1.0',
    id: `bench-aggregate-0123456789:${index}:0`,
    type: seatTaken.type,
    source: 'bench',
    subject: 'bench-aggregate-0123456789',
    time: '2026-01-01T00:00:00Z',
    datacontenttype: 'application/json',
    tenantid: 'bench',
    correlationid: 'bench-correlation',
    causationid: 'bench-cause',
    sequence: index,
    data: seatTaken.example,
  };
}

async function timed(what: string, work: () => Promise<void>): Promise<void> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1_000;
  const used = process.cpuUsage(cpu);
  const cpuMicros = Math.round((used.user + used.system) / count);
  console.log(
    `${what.padEnd(52)} ${Math.round(count / seconds)
      .toLocaleString('en')
      .padStart(8)} /s  ${cpuMicros} µs CPU each`,
  );
}

const broker = await connectBroker({ url, service: 'bench', instance: 'one', prefix, logger: pino({ level: 'warn' }) });
const queues: string[] = [];

async function publishAll(): Promise<void> {
  // As a relay does: a few hundred promises at a time, the window bounds the rest.
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await broker.publisher.publish({ kind: 'event', envelope: envelope(next) });
    }
  };
  await Promise.all(Array.from({ length: 500 }, lane));
}

async function consumeAll(spec: (counted: (many: number) => void) => ConsumerSpec): Promise<void> {
  let seen = 0;
  const all = Promise.withResolvers<undefined>();
  const handle = await broker.consume(
    spec((many) => {
      seen += many;
      if (seen >= count) all.resolve(undefined);
    }),
  );
  await all.promise;
  await handle.cancel();
}

try {
  await timed('published with confirm, heard by nobody', publishAll);
  for (const slice of ['each', 'batch']) {
    const idle = await broker.consume({ slice, definitions: [seatTaken], handle: async () => undefined });
    queues.push(idle.queue, `${idle.queue}.dead`);
    await idle.cancel();
  }
  await timed('published with confirm into two quorum queues', publishAll);
  await timed('consumed one by one (10 at a time)', () =>
    consumeAll((counted) => ({ slice: 'each', definitions: [seatTaken], handle: async () => counted(1) })),
  );
  await timed('consumed in batches of up to 200', () =>
    consumeAll((counted) => ({
      slice: 'batch',
      definitions: [seatTaken],
      handleBatch: async (messages) => counted(messages.length),
    })),
  );
} finally {
  await broker.close();
  const connection = await connect(url);
  const channel = await connection.createChannel();
  for (const rung of ['1s', '5s', '30s', '2m', '10m']) queues.push(`${prefix}retry.${rung}`);
  for (const queue of queues) await channel.deleteQueue(queue);
  for (const exchange of ['events', 'commands', 'dead', 'retry.1s', 'retry.5s', 'retry.30s', 'retry.2m', 'retry.10m'])
    await channel.deleteExchange(`${prefix}${exchange}`);
  await connection.close();
}
