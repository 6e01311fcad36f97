// Reissues while others buy: lost tickets with a name on them are applied for, an operator approves, and the clock runs from the approval
// until the SMS with the new number has reached the operator's SMSC. How soon the old ticket is dead is what each case says of itself.
import { eventually } from '@tongpiao/testing';
import { newKey, type Client } from '../support/client.ts';
import type { World } from '../support/world.ts';
import { buyersAt, type Buyers } from './cancellation.ts';
import type { Basket } from './purchases.ts';
import { spread, type Spread } from './statistics.ts';

type Case = { id: string; status: string; newNumber?: string; staff?: { carriedOutMs?: number } };
type Lost = { readonly caseId: string; readonly phone: string };
export type ReissueResult = {
  readonly toSms: Spread;
  /** From the approval until sales refuses the old ticket. */
  readonly toDeath: Spread;
  readonly buyers: Buyers;
};

const CASES = '/api/v1/reissue-applications';
const AT_ONCE = 8;
const TICKETS_PER_ORDER = 10;

export async function measureReissues(
  client: Client,
  world: World,
  parts: {
    readonly lost: Basket;
    readonly elsewhere: Basket;
    readonly count: number;
    readonly buyersPerSecond: number;
    readonly approvalsPerSecond: number;
    readonly sandboxUrl: string;
  },
): Promise<ReissueResult> {
  const operator = await world.addStaff('operator', ['reissue_operator']);
  await oneAddress(client, world.managerToken);
  const waiting: Lost[] = [];
  for (let order = 0; waiting.length < parts.count; order += 1)
    waiting.push(...(await loseTickets(client, parts.lost, operator, order)));
  const stop = buyersAt(client, parts.elsewhere, parts.buyersPerSecond);
  const toSms: number[] = [];
  const toDeath: number[] = [];
  const following: Promise<void>[] = [];
  for (const lost of waiting.slice(0, parts.count)) {
    const from = Date.now();
    following.push(
      approve(client, operator, lost).then(async () => {
        const { newNumber = '', staff } = await reissued(client, operator, lost);
        toDeath.push(staff?.carriedOutMs ?? Number.NaN);
        toSms.push((await arrivalOf(parts.sandboxUrl, lost.phone, newNumber)) - from);
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 1_000 / parts.approvalsPerSecond));
  }
  await Promise.all(following);
  return { toSms: spread(toSms), toDeath: spread(toDeath), buyers: await stop() };
}

/** All applicants of a bench have one address, which would be a reason to look twice. */
async function oneAddress(client: Client, token: string): Promise<void> {
  const { body, headers } = await client.call<{ version: number; risk: { points: Record<string, number> } }>(
    '/api/v1/reissue-policy',
    { token },
  );
  const { version: _version, risk, ...rules } = body;
  await client.expect(200, '/api/v1/reissue-policy', {
    method: 'PUT',
    token,
    headers: { 'if-match': String(headers['etag']) },
    json: {
      rules: { ...rules, risk: { ...risk, points: { ...risk.points, 'shared-address': 0 } } },
      reason: 'bench',
    },
  });
}

/** One order of several people, each of whom applies; resolves when all cases lie on the operator's desk. */
async function loseTickets(client: Client, basket: Basket, operator: string, order: number): Promise<Lost[]> {
  const phone = `138${String(90_000_005 + order * 10)}`;
  // The stand-in of the identity check has its moods for documents that end in 0007 to 0009.
  const travellers = Array.from({ length: TICKETS_PER_ORDER }, (_, index) => ({
    name: '张三',
    idType: 'passport',
    idNumber: `E${String(50_000_100 + order * TICKETS_PER_ORDER + index)}`,
  }));
  const { id, accessToken: token } = await client.expect<{ id: string; accessToken: string }>(201, '/api/v1/orders', {
    wait: 20,
    json: {
      contact: { name: '张三', phone },
      lines: [{ sessionId: basket.sessionIds[0], ticketTypeId: basket.ticketTypeId, travellers }],
    },
  });
  await client.expect([201, 202], `/api/v1/orders/${id}/payments`, { token, wait: 20, json: { method: 'sandbox' } });
  const tickets = await eventually('the tickets', async () => {
    const found = await client.expect<{ tickets: { number: string }[] }>(200, `/api/v1/orders/${id}`, { token });
    return found.tickets.length === TICKETS_PER_ORDER && found.tickets;
  });
  const lost: Lost[] = [];
  const left = tickets.map(({ number }, index) => ({ number, document: travellers[index] }));
  const one = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { number, document } = next;
      const idempotencyKey = newKey();
      const opened = await eventually('the ticket is known', async () => {
        const answer = await client.call<Case>(CASES, {
          idempotencyKey,
          json: {
            kind: 'replacement',
            reason: 'damaged',
            ticket: { number },
            proof: { document: { idType: document?.idType, idNumber: document?.idNumber } },
          },
        });
        if (answer.status === 404) return undefined;
        if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
        return answer.body;
      });
      await eventually('the case is on a desk', async () => {
        const { status } = await client.expect<Case>(200, `${CASES}/${opened.id}`, { token: operator });
        return status === 'deciding';
      });
      lost.push({ caseId: opened.id, phone });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return lost;
}

async function approve(client: Client, operator: string, { caseId }: Lost): Promise<void> {
  await client.expect(200, `${CASES}/${caseId}/review`, {
    token: operator,
    json: { action: 'decide', verdict: 'approve', reason: '核对无误' },
  });
}

function reissued(client: Client, operator: string, { caseId }: Lost): Promise<Case> {
  return eventually(
    'the new ticket',
    async () => {
      const found = await client.expect<Case>(200, `${CASES}/${caseId}`, { token: operator });
      return found.status === 'reissued' && found;
    },
    { withinMs: 30_000, everyMs: 250 },
  );
}

/** @returns when the SMSC had the SMS with the new number, milliseconds since 1970 */
function arrivalOf(sandboxUrl: string, phone: string, number: string): Promise<number> {
  return eventually(
    'the SMS',
    async () => {
      const response = await fetch(`${sandboxUrl}/sms?limit=100&to=${encodeURIComponent(phone)}`);
      const found = (await response.json()) as { text: string; at: string }[];
      const sms = found.find(({ text }) => text.includes(number));
      return sms !== undefined && Date.parse(sms.at);
    },
    { withinMs: 60_000, everyMs: 250 },
  );
}
