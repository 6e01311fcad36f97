// Gates at work: tickets bought through the platform, then scanned at a fixed rate at several gates through the gateway; and how long a
// ticket that was given back still opens a gate that is online.
import { Agent, request } from 'undici';
import { eventually } from '@tongpiao/testing';
import type { Client } from '../support/client.ts';
import { newKey } from '../support/client.ts';
import type { Gate, Offer } from '../support/world.ts';
import { openLoop, type OpenLoop } from './open-loop.ts';
import { spread, type Spread } from './statistics.ts';

export type Ticket = { readonly number: string; readonly qr: string; readonly accessToken: string };

const TICKETS_PER_ORDER = 200;

/** For one session that is open now. */
export async function buyTickets(client: Client, offer: Offer, count: number): Promise<readonly Ticket[]> {
  const [sessionId = ''] = offer.today;
  const tickets: Ticket[] = [];
  for (let order = 0; tickets.length < count; order += 1) {
    const { id, accessToken } = await client.expect<{ id: string; accessToken: string }>(201, '/api/v1/orders', {
      wait: 20,
      json: {
        contact: { name: '张三', phone: `136${String(10_000_005 + order * 10)}` },
        lines: [{ sessionId, ticketTypeId: offer.ticketTypes['adult'], quantity: TICKETS_PER_ORDER }],
      },
    });
    await client.expect([201, 202], `/api/v1/orders/${id}/payments`, {
      token: accessToken,
      wait: 20,
      json: { method: 'sandbox' },
    });
    const bought = await eventually(
      'the tickets',
      async () => {
        const seen = await client.expect<{ tickets: { number: string; qr: string }[] }>(200, `/api/v1/orders/${id}`, {
          token: accessToken,
        });
        return seen.tickets.length === TICKETS_PER_ORDER && seen.tickets;
      },
      { withinMs: 60_000 },
    );
    tickets.push(...bought.map(({ number, qr }) => ({ number, qr, accessToken })));
  }
  return tickets;
}

export async function measureScans(
  baseUrl: string,
  gates: readonly Gate[],
  tickets: readonly Ticket[],
  perSecond: number,
): Promise<OpenLoop> {
  const agent = new Agent({ connections: 64, pipelining: 1, keepAliveTimeout: 30_000 });
  try {
    return await openLoop(tickets.length, perSecond, async (index) => {
      const { gateId, gateKey } = gates[index % gates.length] ?? { gateId: '', gateKey: '' };
      const { statusCode, body } = await request(`${baseUrl}/api/v1/check-ins`, {
        dispatcher: agent,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': gateKey, 'idempotency-key': newKey() },
        body: JSON.stringify({ gateId, credential: { qr: tickets[index]?.qr } }),
      });
      const { outcome, reason, code } = (await body.json()) as { outcome?: string; reason?: string; code?: string };
      return reason ?? outcome ?? `${statusCode} ${code ?? ''}`;
    });
  } finally {
    await agent.close();
  }
}

/** The same load on a server that answers at once: what this machine and this process can do at all. */
export async function measureYardstick(origin: string, count: number, perSecond: number): Promise<OpenLoop> {
  const agent = new Agent({ connections: 64, pipelining: 1, keepAliveTimeout: 30_000 });
  try {
    return await openLoop(count, perSecond, async () => {
      const { statusCode, body } = await request(`${origin}/hello`, { dispatcher: agent });
      await body.dump();
      return String(statusCode);
    });
  } finally {
    await agent.close();
  }
}

/** From asking for the refund until a gate that is online says so, one ticket after another. */
export async function measureRefundedScans(
  client: Client,
  gate: Gate,
  tickets: readonly Ticket[],
): Promise<{ readonly spread: Spread; readonly words: ReadonlyMap<string, number> }> {
  const latencies: number[] = [];
  const words = new Map<string, number>();
  for (const { number, qr, accessToken } of tickets) {
    const begun = performance.now();
    await client.expect([201, 202], `/api/v1/tickets/${number}/refunds`, { token: accessToken, json: {} });
    const { outcome, reason } = await client.expect<{ outcome: string; reason?: string }>(200, '/api/v1/check-ins', {
      apiKey: gate.gateKey,
      json: { gateId: gate.gateId, credential: { qr } },
    });
    latencies.push(performance.now() - begun);
    const word = reason ?? outcome;
    words.set(word, (words.get(word) ?? 0) + 1);
  }
  return { spread: spread(latencies), words };
}
