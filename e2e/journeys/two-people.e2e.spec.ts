// Journeys of what one person must not do alone, or no longer, through the gateway on real processes: fewer places for a session, or for
// a whole day, that is sold, proposed by one manager and approved by another; and a gate whose key is revoked while its neighbour goes on.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPlatform, type Platform } from '@tongpiao/local-stack';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { createClient, type Answer, type Client } from '../support/client.ts';
import { makeWorld, today, type Gate, type Offer, type World } from '../support/world.ts';

type Ticket = { number: string; status: string };
type Order = { id: string; status: string; accessToken: string; tickets: Ticket[] };
type Problem = { code: string; percent?: number };
type Progress = { id: string; kind: string; status: string; places?: number; counts: Record<string, number> };
type Refund = { fee: { amount: number } };
type Plan = {
  over: number;
  going: number;
  left: number;
  sessions: { id: string; capacity: number; gives: number }[];
};
type Session = { id: string; capacity: number; available: number; sold: number; proposal?: { id: string } };

/** The machine may be slow. */
const PATIENCE = { withinMs: 30_000 };
/** Identity tells of it at once, and beats once a second. */
const REVOKED_WITHIN_MS = 5_000;

describe('journeys of two people', function () {
  this.timeout(120_000);
  const stateDirectory = mkdtempSync(path.join(tmpdir(), 'tp-two-people-'));
  let platform: Platform;
  let client: Client;
  let world: World;
  let secondManager: string;
  let phoneNumber = 0;

  before(async () => {
    platform = await startPlatform({
      stateDirectory,
      report: () => undefined,
      preferredPort: 18_480,
      addresses: {},
      instances: { sales: 2 },
    });
    client = createClient(platform.baseUrl);
    world = await makeWorld(client, platform.adminPassword);
    secondManager = await world.addStaff('manager2', ['manager']);
  });
  after(async () => {
    await client.close();
    await platform.stop();
    if (process.env['KEEP'] === undefined) rmSync(stateDirectory, { recursive: true, force: true });
  });

  async function bought(offer: Offer, sessionId: string): Promise<Order> {
    const order = await client.expect<Order>(201, '/api/v1/orders', {
      wait: 20,
      json: {
        contact: { name: '张三丰', phone: `139${String((phoneNumber += 10) + 5).padStart(8, '0')}` },
        lines: [{ sessionId, ticketTypeId: offer.ticketTypes['adult'], quantity: 1 }],
      },
    });
    const { accessToken: token } = order;
    const paying = { token, wait: 20, json: { method: 'sandbox' } };
    await client.expect([201, 202], `/api/v1/orders/${order.id}/payments`, paying);
    return eventually(
      'the ticket',
      async () => {
        const now = await client.expect<Order>(200, `/api/v1/orders/${order.id}`, { token });
        return now.status === 'fulfilled' && { ...now, accessToken: token };
      },
      PATIENCE,
    );
  }

  it('INV-20 PLA-04 fewer places than are sold: proposed with a plan, not approved by the same person, carried out once', async () => {
    const offer = await world.addProduct({ name: 'fewer', capacity: 4, days: 2, approvalAbovePercent: 10 });
    // Tomorrow's, since today's is over soon.
    const sessionId = offer.sessionIds.at(-1) ?? '';
    const [back, stays] = [await bought(offer, sessionId), await bought(offer, sessionId)];
    const sessions = `/api/v1/sessions/${sessionId}`;
    const wish = { capacity: 1, reason: '步道检修', decideWithinHours: 2 };
    const { managerToken: token } = world;
    const session = async (): Promise<Session | undefined> => {
      const where = `/api/v1/sessions?productId=${offer.productId}&from=${today()}&to=2100-01-01`;
      const { items } = await client.expect<{ items: Session[] }>(200, where, { token });
      return items.find(({ id }) => id === sessionId);
    };

    const alone = await client.call<Problem>(`${sessions}/reductions`, { token, json: wish });
    expect([alone.status, alone.body.code]).to.deep.equal([409, 'inventory.capacity-needs-approval']);
    const clerk = await client.call(`${sessions}/capacity-proposals`, { token: world.clerkToken, json: wish });
    expect(clerk.status).to.equal(403);
    const proposal = await client.expect<{ id: string }>(201, `${sessions}/capacity-proposals`, { token, json: wish });
    expect((await session())?.proposal?.id).to.equal(proposal.id);
    const approval = `${sessions}/capacity-proposals/${proposal.id}/approval`;
    const own = await client.call<Problem>(approval, { method: 'POST', token });
    expect(own.body.code).to.equal('inventory.own-proposal');
    const twice = await Promise.all([1, 2].map(() => client.call(approval, { method: 'POST', token: secondManager })));
    expect(twice.map(({ status }) => status)).to.deep.equal([201, 201]);
    expect(await session())
      .to.include({ capacity: 1, available: 0, sold: 2 })
      .and.not.to.have.property('proposal');

    const disrupted = (): Promise<{ items: Progress[] }> =>
      client.expect(200, `/api/v1/session-cancellations?sessionId=${sessionId}`, { token });
    await eventually('its holders are told', async () => (await disrupted()).items[0]?.status === 'open', PATIENCE);
    const { items } = await disrupted();
    expect(items).to.have.length(1);
    expect(items[0]).to.include({ kind: 'reduced', places: 1 });
    const number = back.tickets[0]?.number ?? '';
    const refund = await client.expect<Refund>([201, 202], `/api/v1/tickets/${number}/refunds`, {
      token: back.accessToken,
      wait: 20,
      json: {},
    });
    expect(refund.fee.amount, 'nobody pays for our works').to.equal(0);
    await eventually('the place is gone', async () => (await session())?.sold === 1, PATIENCE);
    expect(await session()).to.include({ capacity: 1, available: 0 });
    const { tickets } = await client.expect<Order>(200, `/api/v1/orders/${stays.id}`, { token: stays.accessToken });
    expect(tickets.map(({ status }) => status)).to.deep.equal(['issued']);
  });

  it('INV-05 INV-20 a day’s maximum falls below what is sold: proposed by one, approved by another, its sessions give up what is over', async () => {
    const slots = [
      { from: '09:00', to: '12:00' },
      { from: '13:00', to: '16:00' },
    ];
    const offer = await world.addProduct({ name: 'crowd', capacity: 4, days: 3, slots, approvalAbovePercent: 10 });
    const [morning = '', afternoon = ''] = offer.sessionIds.slice(-2);
    const back = [await bought(offer, morning), await bought(offer, afternoon), await bought(offer, afternoon)];
    const { managerToken: token, siteId } = world;
    const where = `/api/v1/sessions?productId=${offer.productId}&from=${today()}&to=2100-01-01`;
    const { items: all } = await client.expect<{ items: { id: string; date: string }[] }>(200, where, { token });
    const day = `/api/v1/site-days/${siteId}/${all.find(({ id }) => id === morning)?.date ?? ''}`;
    const plan = (): Promise<Plan> => client.expect(200, `${day}/reduction-plan`, { token });
    await world.carry({ dayMax: 1 });
    // Inventory looks for a new maximum twice a minute.
    await eventually('the day is over its maximum', async () => (await plan()).over === 2, { withinMs: 75_000 });
    expect((await plan()).sessions.map(({ id, capacity, gives }) => ({ id, capacity, gives }))).to.deep.equal([
      { id: morning, capacity: 0, gives: 1 },
      { id: afternoon, capacity: 1, gives: 1 },
    ]);

    const wish = { reason: '景区限流', decideWithinHours: 2 };
    const alone = await client.call<Problem>(`${day}/reductions`, { token, json: wish });
    expect([alone.status, alone.body.code]).to.deep.equal([409, 'inventory.capacity-needs-approval']);
    const proposals = `${day}/reduction-proposals`;
    const { id } = await client.expect<{ id: string }>(201, proposals, { token, json: wish });
    const approval = `${proposals}/${id}/approval`;
    const own = await client.call<Problem>(approval, { method: 'POST', token });
    expect(own.body.code).to.equal('inventory.own-proposal');
    const twice = await Promise.all([1, 2].map(() => client.call(approval, { method: 'POST', token: secondManager })));
    expect(twice.map(({ status }) => status)).to.deep.equal([201, 201]);
    expect(await plan()).to.include({ over: 2, going: 2, left: 0 });

    for (const sessionId of [morning, afternoon]) {
      const disrupted = (): Promise<{ items: Progress[] }> =>
        client.expect(200, `/api/v1/session-cancellations?sessionId=${sessionId}`, { token });
      await eventually('its holders are told', async () => (await disrupted()).items[0]?.status === 'open', PATIENCE);
      const { items } = await disrupted();
      expect(items.map(({ kind, places }) => [kind, places])).to.deep.equal([['reduced', 1]]);
    }
    // The newest of the afternoon, and the only one of the morning.
    for (const order of [back[0], back[2]]) {
      const number = order?.tickets[0]?.number ?? '';
      const refund = { token: order?.accessToken ?? '', wait: 20, json: {} };
      const given = await client.expect<Refund>([201, 202], `/api/v1/tickets/${number}/refunds`, refund);
      expect(given.fee.amount, 'nobody pays for our maximum').to.equal(0);
    }
    await eventually('within its maximum', async () => (await plan()).over === 0, PATIENCE);
    const stays = await client.expect<Order>(200, `/api/v1/orders/${back[1]?.id ?? ''}`, {
      token: back[1]?.accessToken ?? '',
    });
    expect(stays.tickets.map(({ status }) => status)).to.deep.equal(['issued']);
  });

  it('PLA-06 SAL-40 a gate’s key is revoked: refused within seconds everywhere, while its second key and its neighbour go on', async () => {
    const neighbour = await world.addGate('Gate 2');
    const gate = { kind: 'gate', subject: neighbour.gateId, tenantId: world.tenantId, label: 'second' };
    const second = await client.expect<{ id: string; apiKey: string }>(201, '/api/v1/api-keys', {
      token: world.adminToken,
      json: gate,
    });
    const manifest = ({ gateId, gateKey }: Gate): Promise<Answer> =>
      client.call(`/api/v1/gates/${gateId}/manifest`, { apiKey: gateKey });
    const replaced = { gateId: neighbour.gateId, gateKey: second.apiKey };
    /** Two instances of sales answer in turn. */
    const all = async (of: Gate, status: number): Promise<boolean> => {
      const answers = await Promise.all(Array.from({ length: 4 }, () => manifest(of)));
      return answers.every((answer) => answer.status === status);
    };
    for (const one of [world, neighbour, replaced])
      await eventually('its key is known everywhere', () => all(one, 200), PATIENCE);
    const revocation = { token: world.adminToken, json: { reason: '设备遗失' } };
    await client.expect(204, `/api/v1/api-keys/${second.id}/revocation`, revocation);
    await eventually('refused', () => all(replaced, 401), { withinMs: REVOKED_WITHIN_MS });
    const scan = await client.call('/api/v1/check-ins', {
      apiKey: second.apiKey,
      json: { gateId: neighbour.gateId, credential: { ticketNumber: '000000000000000' } },
    });
    expect(scan.status).to.equal(401);
    for (const one of [world, neighbour]) expect(await all(one, 200)).to.equal(true);
  });
});
