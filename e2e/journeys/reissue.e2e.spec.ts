// Journeys of a ticket that was lost or is wrong, through the gateway on real processes: from the application until the gate knows the new
// ticket and refuses the old one, with what may come between.
import { mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPlatform, type Platform } from '@tongpiao/local-stack';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { createClient, type Answer, type Client } from '../support/client.ts';
import { makeWorld, type Offer, type World } from '../support/world.ts';

type Ticket = { number: string; status: string; qr: string };
type Order = { id: string; status: string; accessToken: string; tickets: Ticket[] };
type Case = {
  id: string;
  status: string;
  accessToken: string;
  frozen: boolean;
  newNumber?: string;
  refusal?: { reason: string };
};
type Risk = { points: Record<string, number> };
const withoutAddress = (risk: unknown): Risk => {
  const { points, ...rest } = risk as Risk;
  return { ...rest, points: { ...points, 'shared-address': 0 } };
};
type Bought = {
  readonly order: Order;
  readonly ticket: Ticket;
  readonly document: { idType: string; idNumber: string };
};

const PATH = '/api/v1/reissue-applications';
const approve = { action: 'decide', verdict: 'approve', reason: '核对无误' };
const refuse = { action: 'decide', verdict: 'refuse', reason: '与购票记录不符' };

describe('journeys of a reissue', function () {
  this.timeout(120_000);
  const stateDirectory = mkdtempSync(path.join(tmpdir(), 'tp-reissue-journeys-'));
  let platform: Platform;
  let client: Client;
  let world: World;
  let offer: Offer;
  let operator: string;
  let reviewer: string;
  let people = 0;

  const staff = async (name: string, roles: readonly string[]): Promise<string> => {
    const password = randomBytes(12).toString('base64url');
    const username = `${name}-${randomBytes(4).toString('hex')}`;
    await client.expect(201, '/api/v1/users', {
      token: world.adminToken,
      json: { username, password, name: '员工', roles, tenantId: world.tenantId },
    });
    const signedIn = await client.expect<{ accessToken: string }>(201, '/api/v1/auth/sessions', {
      json: { username, password },
    });
    return signedIn.accessToken;
  };

  before(async () => {
    platform = await startPlatform({
      stateDirectory,
      report: () => undefined,
      preferredPort: 18_480,
      addresses: {},
    });
    client = createClient(platform.baseUrl);
    world = await makeWorld(client, platform.adminPassword);
    offer = await world.addProduct({ name: 'reissue', capacity: 100, unpaidPerPhone: 2 });
    operator = await staff('operator', ['reissue_operator']);
    reviewer = await staff('reviewer', ['reviewer']);
    // Everybody here has one address.
    await changeRules(({ risk }) => ({
      risk: withoutAddress(risk),
      selfService: { on: true, sampleShare: 0 },
      fees: [{ kind: 'correction', amount: 500 }],
    }));
  });
  after(async () => {
    await client.close();
    await platform.stop();
    if (process.env['KEEP'] === undefined) rmSync(stateDirectory, { recursive: true, force: true });
  });

  async function changeRules(change: (rules: Record<string, unknown>) => Record<string, unknown>): Promise<void> {
    const token = world.managerToken;
    const { version: _version, ...rules } = await client.expect(200, '/api/v1/reissue-policy', { token });
    const { headers } = await client.call('/api/v1/reissue-policy', { token });
    await client.expect(200, '/api/v1/reissue-policy', {
      method: 'PUT',
      token,
      headers: { 'if-match': String(headers['etag']) },
      json: { rules: { ...rules, ...change(rules) }, reason: '试验' },
    });
  }

  /** A real-name ticket of today, paid for. */
  async function buy(): Promise<Bought> {
    people += 1;
    const document = { idType: 'passport', idNumber: `E1234${String(people).padStart(2, '0')}11` };
    const order = await client.expect<Order>(201, '/api/v1/orders', {
      wait: 15,
      json: {
        contact: { name: '张三', phone: `1370000${String(people).padStart(3, '0')}5` },
        lines: [
          {
            sessionId: offer.sessionIds[0],
            ticketTypeId: offer.ticketTypes['named'],
            travellers: [{ name: '张三', ...document }],
          },
        ],
      },
    });
    await client.expect([201, 202], `/api/v1/orders/${order.id}/payments`, {
      token: order.accessToken,
      wait: 15,
      json: { method: 'sandbox' },
    });
    const ticket = await eventually('the ticket', async () => (await read(order)).tickets[0]);
    return { order, ticket, document };
  }
  const read = (order: Order): Promise<Order> =>
    client.expect<Order>(200, `/api/v1/orders/${order.id}`, { token: order.accessToken });
  const scan = (qr: string): Promise<{ outcome: string; reason?: string }> =>
    client.expect(200, '/api/v1/check-ins', {
      apiKey: world.gateKey,
      json: { gateId: world.gateId, credential: { qr } },
    });
  /** Reissue may hear of the ticket a moment later than its buyer. */
  const apply = (
    { ticket, document }: Bought,
    json: Record<string, unknown> = {},
  ): Promise<Answer<Case & { code: string }>> =>
    eventually('the ticket is known', async () => {
      const answer = await client.call<Case & { code: string }>(PATH, {
        json: { kind: 'replacement', reason: 'lost', ticket: { number: ticket.number }, proof: { document }, ...json },
      });
      return answer.status === 404 ? undefined : answer;
    });
  const becomes = ({ id, accessToken }: Case, status: string): Promise<Case> =>
    eventually(`case ${status}`, async () => {
      const found = await client.expect<Case>(200, `${PATH}/${id}`, { token: accessToken });
      if (found.status === status) return { ...found, accessToken };
      throw new Error(JSON.stringify(found));
    });
  const review = (of: Case, token: string, json: Record<string, unknown>): Promise<Answer<Case & { code: string }>> =>
    client.call(`${PATH}/${of.id}/review`, { token, json });

  it('REI-04 REI-32 REI-43 a lost e-ticket: decided by policy, the new QR opens the gate, the old one is superseded', async () => {
    const bought = await buy();
    const { body } = await apply(bought);
    const done = await becomes(body, 'reissued');
    expect(done.frozen).to.equal(false);
    const { tickets } = await read(bought.order);
    const fresh = tickets.find(({ number }) => number === done.newNumber);
    expect(await scan(bought.ticket.qr)).to.include({ outcome: 'refused', reason: 'superseded' });
    expect(await scan(fresh?.qr ?? '')).to.include({ outcome: 'admitted' });
  });

  it('REI-20 REI-22 REI-31 a wrong name: a reviewer decides, the fee is paid, the new ticket bears the right name', async () => {
    const bought = await buy();
    const { body } = await apply(bought, { kind: 'correction', reason: 'wrong-data', correction: { name: '李四' } });
    await becomes(body, 'reviewing');
    expect((await review(body, operator, approve)).body.code).to.equal('reissue.not-your-desk');
    expect((await review(body, reviewer, approve)).status).to.equal(200);
    await client.expect([201, 202], `${PATH}/${body.id}/payments`, {
      token: body.accessToken,
      wait: 15,
      json: { method: 'sandbox' },
    });
    const done = await becomes(body, 'reissued');
    const ticket = await client.expect<{ traveller: { name: string } }>(
      200,
      `/api/v1/tickets/${done.newNumber ?? ''}`,
      {
        token: bought.order.accessToken,
      },
    );
    expect(ticket.traveller.name).to.equal('李*');
  });

  it('REI-04 REI-41 frozen, refused and thawed, appealed to somebody else', async () => {
    const bought = await buy();
    await changeRules((rules) => ({ ...rules, selfService: { on: false, sampleShare: 0 } }));
    const { body } = await apply(bought);
    await becomes(body, 'deciding');
    expect(await scan(bought.ticket.qr)).to.include({ outcome: 'refused', reason: 'frozen' });
    expect((await review(body, operator, refuse)).status).to.equal(200);
    await eventually('thawed', async () => (await read(bought.order)).tickets[0]?.status === 'issued');
    await client.expect(200, `${PATH}/${body.id}/appeal`, { token: body.accessToken, json: { words: '票是我买的' } });
    expect((await review(body, reviewer, approve)).status).to.equal(200);
    await becomes(body, 'reissued');
  });

  it('REI-05 two applications at once: one is open', async () => {
    const bought = await buy();
    await apply(bought, { ticket: { number: bought.ticket.number }, proof: undefined });
    const both = await Promise.all([apply(bought), apply(bought)]);
    expect(both.map(({ status }) => status).sort()).to.deep.equal([201, 409]);
    expect(both.find(({ status }) => status === 409)?.body.code).to.equal('reissue.already-open');
  });

  it('REI-04 a ticket that is used during the approval: the case ends with that', async () => {
    const bought = await buy();
    const { body } = await apply(bought, { reason: 'damaged' });
    await becomes(body, 'deciding');
    expect(await scan(bought.ticket.qr)).to.include({ outcome: 'admitted' });
    const ended = await becomes(body, 'refused');
    expect(ended.refusal?.reason).to.equal('reissue.ticket-used');
  });
});
