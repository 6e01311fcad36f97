// Journeys at the gates, through the gateway on real processes: two gates lose their network and work on, come back, and tell; a site
// fills up and empties; and every path refuses what it must, in both languages.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { httpTransport, openGate, sync, type Gate as Verifier } from '@tongpiao/gate-verifier';
import { startPlatform, type Platform } from '@tongpiao/local-stack';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { createClient, newKey, type Answer, type Client } from '../support/client.ts';
import { makeWorld, type Gate, type Offer, type World } from '../support/world.ts';

type Ticket = { number: string; status: string; qr: string; sessionId: string };
type Order = { id: string; status: string; accessToken: string; tickets: Ticket[] };
type Problem = { code: string; title: string; detail: string };
type Incident = {
  id: string;
  kind: string;
  status: string;
  gateId: string;
  ticketNumber?: string;
  firstUse?: { at: string; gateId: string };
  scan?: { at: string; gateId: string; truth: string };
};
type Occupancy = { light: string; figures?: { inside: number; entered: number } };

describe('journeys at the gates', function () {
  this.timeout(180_000);
  const stateDirectory = mkdtempSync(path.join(tmpdir(), 'tp-gates-'));
  let platform: Platform;
  let client: Client;
  let world: World;
  let offer: Offer;
  let gates: readonly [Gate, Gate];
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
    gates = [world, await world.addGate('Gate 2')];
    offer = await world.addProduct({ name: 'gates', capacity: 100, days: 2, afterSale: true });
    for (const gate of gates)
      await eventually('the gate is known everywhere', async () => {
        const answers = await Promise.all(Array.from({ length: 4 }, () => manifest(gate)));
        return answers.every(({ status }) => status === 200);
      });
  });
  after(async () => {
    await client.close();
    await platform.stop();
    if (process.env['KEEP'] === undefined) rmSync(stateDirectory, { recursive: true, force: true });
  });

  const manifest = ({ gateId, gateKey }: Gate): Promise<Answer> =>
    client.call(`/api/v1/gates/${gateId}/manifest`, { apiKey: gateKey });
  const sessionOf = (day: 'today' | 'tomorrow'): string | undefined =>
    offer.sessionIds.find((id) => offer.today.has(id) === (day === 'today'));
  const orderBody = (quantity: number, session: string | undefined): unknown => ({
    contact: { name: '张三丰', phone: `135${String((phoneNumber += 10) + 5).padStart(8, '0')}` },
    lines: [{ sessionId: session, ticketTypeId: offer.ticketTypes['adult'], quantity }],
  });
  const read = ({ id, accessToken }: Order): Promise<Order> =>
    client.expect<Order>(200, `/api/v1/orders/${id}`, { token: accessToken });
  const pay = ({ id, accessToken }: Order, what = ''): Promise<unknown> =>
    client.expect([201, 202], `/api/v1/orders/${id}${what}/payments`, {
      token: accessToken,
      wait: 20,
      json: { method: 'sandbox' },
    });
  async function bought(quantity: number): Promise<Order> {
    const order = await client.expect<Order>(201, '/api/v1/orders', {
      wait: 20,
      json: orderBody(quantity, sessionOf('today')),
    });
    await pay(order);
    return eventually(
      'the tickets',
      async () => {
        const now = await read(order);
        return now.status === 'fulfilled' && { ...now, accessToken: order.accessToken };
      },
      { withinMs: 30_000 },
    );
  }
  const scan = ({ gateId, gateKey }: Gate, qr: string): Promise<{ outcome: string; reason?: string }> =>
    client.expect(200, '/api/v1/check-ins', { apiKey: gateKey, json: { gateId, credential: { qr } } });
  const opened = ({ gateId }: Gate): Promise<Verifier> => openGate({ gateId });
  const synced = (verifier: Verifier, { gateId, gateKey }: Gate) =>
    sync(verifier, gateId, httpTransport({ baseUrl: platform.baseUrl, apiKey: gateKey }));
  const said = async (verifier: Verifier, qr: string): Promise<string> => {
    const verdict = await verifier.scan({ qr });
    return verdict.admitted ? 'admitted' : verdict.reason;
  };

  it('SAL-41 two gates lose their network, work on, come back and tell; a double use and a dead ticket are incidents', async () => {
    const order = await bought(5);
    const [one, two, refunded, exchanged, fresh] = order.tickets.map(({ qr }) => qr);
    if (one === undefined || two === undefined || refunded === undefined) throw new Error('too few tickets');
    if (exchanged === undefined || fresh === undefined) throw new Error('too few tickets');
    const [first, second] = [await opened(gates[0]), await opened(gates[1])];
    expect((await synced(first, gates[0])).pages).to.equal(1);
    await synced(second, gates[1]);
    expect(first.status()).to.deep.include({ tickets: 5, pending: 0, stale: false });

    // Without network from here on.
    expect(await said(first, one)).to.equal('admitted');
    expect(await said(first, one)).to.equal('already-used');
    expect(await said(first, two)).to.equal('admitted');
    expect(
      await said(
        first,
        // Not the last character, of which not every bit counts.
        two.replace(/(.)(.{20})$/, (_, one, rest) => `${one === 'A' ? 'B' : 'A'}${rest}`),
      ),
    ).to.equal('forged');
    expect(await said(second, one)).to.equal('admitted');
    // Meanwhile, elsewhere: one ticket is given back, another exchanged for tomorrow.
    const number = (index: number): string => order.tickets[index]?.number ?? '';
    await client.expect([201, 202], `/api/v1/tickets/${number(2)}/refunds`, { token: order.accessToken, json: {} });
    const exchange = await client.expect<{ id: string; status: string }>(
      [201, 202],
      `/api/v1/tickets/${number(3)}/exchanges`,
      { token: order.accessToken, wait: 20, json: { sessionId: sessionOf('tomorrow') } },
    );
    if (exchange.status === 'awaiting_payment') await pay(order, `/exchanges/${exchange.id}`);
    await eventually('the exchange', async () =>
      (await read(order)).tickets.some(({ status }) => status === 'exchanged'),
    );
    // A gate that is online knows at once.
    expect(await scan(gates[0], refunded)).to.deep.include({ outcome: 'refused', reason: 'refunded' });
    expect(await scan(gates[0], exchanged)).to.deep.include({ outcome: 'refused', reason: 'exchanged' });
    expect(await said(first, refunded)).to.equal('admitted');

    // The network is back.
    const told = await synced(first, gates[0]);
    expect(told.handedIn).to.equal(5);
    expect(told.incidents.map(({ outcome }) => outcome)).to.deep.equal(['incident']);
    const late = await synced(second, gates[1]);
    expect(late.incidents).to.have.length(1);
    for (const gate of [first, second]) expect(gate.status().pending).to.equal(0);
    const words = async (verifier: Verifier): Promise<string[]> => [
      await said(verifier, one),
      await said(verifier, two),
      await said(verifier, refunded),
      await said(verifier, exchanged),
    ];
    await synced(first, gates[0]);
    await synced(second, gates[1]);
    const expected = ['already-used', 'already-used', 'refunded', 'exchanged'];
    expect([await words(first), await words(second)]).to.deep.equal([expected, expected]);
    expect(await said(second, fresh)).to.equal('admitted');

    const { items } = await client.expect<{ items: Incident[] }>(200, '/api/v1/gate-incidents?status=open', {
      token: world.managerToken,
    });
    const dead = items.find(({ kind }) => kind === 'dead-ticket-admitted');
    const double = items.find(({ kind }) => kind === 'double-use');
    expect(dead).to.deep.include({ gateId: gates[0].gateId, ticketNumber: number(2) });
    expect(double).to.deep.include({ gateId: gates[1].gateId, ticketNumber: number(0) });
    expect(double?.firstUse?.gateId).to.equal(gates[0].gateId);
    expect(double?.scan).to.include({ gateId: gates[1].gateId, truth: 'already-used' });
    const closure = `/api/v1/gate-incidents/${double?.id ?? ''}/closure`;
    const closed = await client.expect<Incident>(200, closure, {
      token: world.managerToken,
      json: { finding: '持票人出示截图，已请离' },
    });
    expect(closed.status).to.equal('closed');
    const statuses = (await read(order)).tickets.map(({ status }) => status);
    expect(statuses.slice(0, 4)).to.deep.equal(['used', 'used', 'refunded', 'exchanged']);
  });

  it('SAL-43 a site fills up: entry and sales stop, the public sees the light; people leave, and both go on', async () => {
    const order = await bought(6);
    const occupancy = (token?: string): Promise<Occupancy> =>
      client.expect<Occupancy>(200, `/api/v1/sites/${world.siteId}/occupancy`, token === undefined ? {} : { token });
    const lightIs = (light: string): Promise<boolean> =>
      eventually(`the light is ${light}`, async () => (await occupancy(world.managerToken)).light === light);
    const quoted = (session: string | undefined): Promise<Answer<Problem>> =>
      client.call<Problem>('/api/v1/quotes', {
        json: { lines: [{ sessionId: session, ticketTypeId: offer.ticketTypes['adult'], quantity: 1 }] },
      });
    await client.expect(200, `/api/v1/sites/${world.siteId}/occupancy-corrections`, {
      token: world.managerToken,
      json: { inside: 0, reason: '开园前清点' },
    });
    await world.carry({ insideMax: 5 });
    await eventually('the limit', async () => {
      const { figures } = await occupancy(world.managerToken);
      return figures !== undefined && 'insideMax' in figures;
    });
    const words: string[] = [];
    for (const [index, { qr }] of order.tickets.entries()) {
      const { outcome, reason } = await scan(gates[index % 2 === 0 ? 0 : 1], qr);
      words.push(reason ?? outcome);
    }
    expect(words).to.deep.equal([...Array.from({ length: 5 }, () => 'admitted'), 'capacity']);
    await lightIs('red');
    const refused = await eventually('sales stop', async () => {
      const answer = await quoted(sessionOf('today'));
      return answer.status === 409 && answer;
    });
    expect(refused.body.code).to.equal('sales.site-full');
    expect((await quoted(sessionOf('tomorrow'))).status).to.equal(200);
    expect((await manifest(gates[0])).body).to.include({ light: 'red' });
    await eventually('the public sees it', async () => (await occupancy()).light === 'red');
    expect(await occupancy()).to.not.have.property('figures');
    await client.expect(200, `/api/v1/gates/${gates[1].gateId}/exits`, {
      apiKey: gates[1].gateKey,
      json: { people: 3 },
    });
    await lightIs('green');
    expect(await scan(gates[0], order.tickets[5]?.qr ?? '')).to.include({ outcome: 'admitted' });
    await eventually('sales go on', async () => (await quoted(sessionOf('today'))).status === 200);
    await world.carry({});
  });

  it('PLA-02 PLA-31 every path refuses strangers and nonsense, in both languages', async () => {
    const foreign = await makeWorld(client, platform.adminPassword);
    const [{ gateId, gateKey }] = gates;
    const at = new Date().toISOString();
    const upload = (scan: unknown): unknown => ({ sentAt: at, scans: [scan] });
    const good = { scanId: newKey(), at, credential: { ticketNumber: '000000000000000' }, decided: 'refused' };
    const gate = `/api/v1/gates/${gateId}`;
    const site = `/api/v1/sites/${world.siteId}`;
    const correction = { inside: 1, reason: '清点人数一次' };
    type Wish = Parameters<Client['call']>[1];
    const cases: readonly (readonly [path: string, wish: Wish, status: number, code: string])[] = [
      [`${gate}/manifest`, {}, 401, 'platform.unauthenticated'],
      [`${gate}/manifest`, { apiKey: foreign.gateKey }, 404, 'platform.not-found'],
      [`${gate}/manifest`, { apiKey: gates[1].gateKey }, 404, 'platform.not-found'],
      [`${gate}/manifest`, { token: foreign.managerToken }, 403, 'platform.forbidden'],
      [`${gate}/manifest?since=nonsense`, { apiKey: gateKey }, 400, 'sales.cursor-invalid'],
      [`${gate}/manifest?until=1`, { apiKey: gateKey }, 400, 'platform.invalid-request'],
      [`${gate}/uploads`, { json: upload(good) }, 401, 'platform.unauthenticated'],
      [`${gate}/uploads`, { apiKey: foreign.gateKey, json: upload(good) }, 404, 'platform.not-found'],
      [`${gate}/uploads`, { token: world.clerkToken, json: upload(good) }, 403, 'platform.forbidden'],
      [`${gate}/uploads`, { apiKey: gateKey, json: upload({ ...good, at: '昨天' }) }, 400, 'platform.invalid-request'],
      [`${gate}/uploads`, { apiKey: gateKey, json: { scans: [] } }, 400, 'platform.invalid-request'],
      [`${gate}/exits`, { apiKey: foreign.gateKey, json: { people: 1 } }, 404, 'platform.not-found'],
      [`${gate}/exits`, { apiKey: gateKey, json: { people: -1 } }, 400, 'platform.invalid-request'],
      ['/api/v1/gate-incidents', { apiKey: gateKey }, 403, 'platform.forbidden'],
      ['/api/v1/gate-incidents?cursor=x', { token: world.managerToken }, 400, 'sales.cursor-invalid'],
      ['/api/v1/gate-incidents/inc_none', { token: world.managerToken }, 404, 'platform.not-found'],
      [
        '/api/v1/gate-incidents/inc_none/closure',
        { token: world.managerToken, json: { finding: '查无此事件' } },
        404,
        'platform.not-found',
      ],
      ['/api/v1/sites/sit_none/occupancy', {}, 404, 'platform.not-found'],
      [`${site}/occupancy-corrections`, { token: foreign.managerToken, json: correction }, 404, 'platform.not-found'],
      [`${site}/occupancy-corrections`, { apiKey: gateKey, json: correction }, 403, 'platform.forbidden'],
      [
        `${site}/occupancy-corrections`,
        { token: world.managerToken, json: { inside: 1.5, reason: '清点人数一次' } },
        400,
        'platform.invalid-request',
      ],
    ];
    // A new tenant is known to every service within a moment.
    await eventually('the foreign gate', async () => (await manifest(foreign)).status === 200);
    for (const [address, wish, status, code] of cases) {
      const zh = await client.call<Problem>(address, wish);
      expect([address, zh.status, zh.body.code]).to.deep.equal([address, status, code]);
      const en = await client.call<Problem>(address, { ...wish, headers: { 'accept-language': 'en' } });
      expect([/[一-鿿]/.test(zh.body.title), /[一-鿿]/.test(en.body.title)], address).to.deep.equal([true, false]);
    }
    const own = await client.expect<{ items: Incident[] }>(200, '/api/v1/gate-incidents', {
      token: foreign.managerToken,
    });
    expect(own.items).to.deep.equal([]);
    const stranger = await client.expect<Occupancy>(200, `${site}/occupancy`, { token: foreign.managerToken });
    expect(stranger).to.not.have.property('figures');
    const rejected = await client.expect<{ scans: { code: string }[] }>(200, `${gate}/uploads`, {
      apiKey: gateKey,
      json: upload({ ...good, at: '2100-01-01T00:00:00Z' }),
    });
    expect(rejected.scans.map(({ code }) => code)).to.deep.equal(['sales.scan-in-future']);
  });
});
