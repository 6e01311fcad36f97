// `npm run tour`: a narrated purchase against the platform that `npm start` runs. It buys as a guest and prints each message that passes
// between the services while it does, so that a newcomer sees the house at work.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CATALOGUE, type Envelope } from '@tongpiao/contracts';
import { DemoFile } from '@tongpiao/local-stack';
import { connectBroker } from '@tongpiao/messaging';
import { eventually } from '@tongpiao/testing';
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { z } from 'zod';
import { createClient } from './support/client.ts';
import { today } from './support/world.ts';

const stateDirectory = path.resolve(import.meta.dirname, '..', process.env['STATE_DIRECTORY'] ?? '.local');

/** Figures that pass all the time and belong to no purchase. */
const BACKGROUND = new Set([
  'inventory.session.availability-changed.v1',
  'identity.trust.beat.v1',
  'identity.trust.published.v1',
]);
const begun = performance.now();

function read(name: string): unknown {
  try {
    return JSON.parse(readFileSync(path.join(stateDirectory, name), 'utf8'));
  } catch {
    throw new Error(
      `${name} is not in ${stateDirectory}: start the platform first with \`npm start\`, in another terminal`,
    );
  }
}

const say = (line: string): void => void process.stdout.write(`\n● ${line}\n`);
const hear = (envelope: Envelope): void => {
  const at = `${Math.round(performance.now() - begun)} ms`.padStart(8);
  process.stdout.write(`  ${at}  ${envelope.source.padEnd(12)} → ${envelope.type}  (${envelope.subject})\n`);
};

const orderSchema = z.looseObject({
  id: z.string(),
  status: z.string(),
  accessToken: z.string().optional(),
  tickets: z.array(z.looseObject({ number: z.string(), qr: z.string(), status: z.string() })).default([]),
});

async function main(): Promise<void> {
  const demo = DemoFile.parse(read('demo.json'));
  const { rabbitmqUrl } = z.looseObject({ rabbitmqUrl: z.string() }).parse(read('addresses.json'));
  const [tenant] = demo.tenants;
  const [product] = tenant?.products ?? [];
  const [gate] = tenant?.gates ?? [];
  const [ticketType] = product?.ticketTypes ?? [];
  if (tenant === undefined || product === undefined || gate === undefined || ticketType === undefined)
    throw new Error('the demo has nothing to sell');

  const name = `tour-${randomBytes(3).toString('hex')}`;
  const broker = await connectBroker({
    url: rabbitmqUrl,
    service: name,
    instance: name,
    prefix: '',
    logger: pino({ level: 'silent' }),
  });
  await broker.broadcast({
    name: 'everything',
    definitions: CATALOGUE.filter(({ type }) => !BACKGROUND.has(type)),
    handle: async ({ envelope }) => hear(envelope),
  });
  const client = createClient(demo.baseUrl);
  try {
    say(`A traveller opens the page of ${tenant.name} and looks for a place today. Sales answers from memory.`);
    const { sessions } = await client.expect<{ sessions: { id: string; startsAt: string; available: number }[] }>(
      200,
      `/api/v1/products/${product.id}/availability?from=${today()}`,
    );
    const session = sessions.find(({ available }) => available > 0);
    if (session === undefined) throw new Error('nothing is left to buy');
    process.stdout.write(`  ${session.startsAt}, ${session.available} places left\n`);

    say('They order one ticket. Sales stores the order together with its request for a place; inventory decides.');
    const order = orderSchema.parse(
      await client.expect([201, 202], '/api/v1/orders', {
        wait: 15,
        json: {
          contact: { name: '赵六', phone: '13800138000', email: 'zhao@example.cn' },
          lines: [{ sessionId: session.id, ticketTypeId: ticketType.id, quantity: 1 }],
        },
      }),
    );
    const token = order.accessToken ?? '';
    process.stdout.write(`  order ${order.id}: ${order.status}\n`);

    say(
      'They pay. Finance asks the provider, the provider calls back with a signature, the books are written, tickets are issued.',
    );
    await client.expect([201, 202], `/api/v1/orders/${order.id}/payments`, {
      token,
      wait: 15,
      json: { method: 'sandbox' },
    });
    const done = await eventually('the tickets', async () => {
      const now = orderSchema.parse(await client.expect(200, `/api/v1/orders/${order.id}`, { token }));
      return now.status === 'fulfilled' ? now : undefined;
    });
    const [ticket] = done.tickets;
    if (ticket === undefined) throw new Error('a fulfilled order without tickets');
    process.stdout.write(`  ticket ${ticket.number}\n`);

    say('They hold the QR code to the gate, twice.');
    for (const _scan of [1, 2]) {
      const answer = await client.expect<{ outcome: string; reason?: string; message: { en: string } }>(
        200,
        '/api/v1/check-ins',
        { apiKey: gate.apiKey, json: { gateId: gate.id, credential: { qr: ticket.qr } } },
      );
      process.stdout.write(
        `  ${answer.outcome}${answer.reason === undefined ? '' : ` (${answer.reason})`}: ${answer.message.en}\n`,
      );
    }

    say('What they were told:');
    const sms = await eventually('the SMS', async () => {
      const found = (await (await fetch(`${demo.sandboxes.sms}/sms?limit=20`)).json()) as { text: string }[];
      return found.find(({ text }) => text.includes(ticket.number));
    });
    process.stdout.write(`  ${sms.text}\n\n  All messages and mails: ${demo.sandboxes.sms}\n`);
  } finally {
    await client.close();
    await broker.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
