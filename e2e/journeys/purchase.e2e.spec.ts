// Journeys through the gateway on real processes, real servers and sandboxes that speak the providers' protocols. Few and long: each
// capability once, with one thing that goes wrong.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPlatform, type Platform } from '@tongpiao/local-stack';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { createClient, newKey, type Client } from '../support/client.ts';
import { makeWorld, today, type Offer, type World } from '../support/world.ts';

type Order = {
  id: string;
  status: string;
  reason?: string;
  accessToken: string;
  contact: { name: string; phone: string };
  tickets: { number: string; status: string; qr: string }[];
  payments: { id: string; status: string; payUrl?: string }[];
  refunds: { status: string; reason: string }[];
  lines: { travellers: { name: string; idNumber: string }[] }[];
};
type Problem = { code: string; title: string; status: number; errors?: { field: string }[] };
type CheckIn = { outcome: string; reason?: string; lastUse?: { at: string; gateId: string } };

const ZHANG = { name: '张三', idType: 'id_card', idNumber: '11010519491231002X' };
const LI = { name: '李四', idType: 'id_card', idNumber: '440524188001010014' };

describe('journeys through the gateway', function () {
  this.timeout(120_000);
  const stateDirectory = mkdtempSync(path.join(tmpdir(), 'tp-journeys-'));
  let platform: Platform;
  let client: Client;
  let world: World;
  let offer: Offer;
  let phoneNumber = 0;

  before(async () => {
    platform = await startPlatform({
      stateDirectory,
      report: () => undefined,
      preferredPort: 18_280,
      addresses: {},
      instances: { sales: 2 },
    });
    client = createClient(platform.baseUrl);
    world = await makeWorld(client, platform.adminPassword);
    offer = await world.addProduct({ name: 'journey', capacity: 50, unpaidPerPhone: 2 });
  });
  after(async () => {
    await client.close();
    await platform.stop();
    if (process.env['KEEP'] === undefined) rmSync(stateDirectory, { recursive: true, force: true });
  });

  // Ending in 5: the sandbox treats numbers that end in 0000, 0001 and 0002 badly on purpose.
  const newPhone = (): string => `137${String((phoneNumber += 10) + 5).padStart(8, '0')}`;
  const line = (more: Record<string, unknown> = {}, of: Offer = offer): Record<string, unknown> => ({
    sessionId: of.sessionIds[0],
    ticketTypeId: of.ticketTypes['adult'],
    quantity: 1,
    ...more,
  });
  const orderBody = (lines: readonly Record<string, unknown>[], phone = newPhone()): Record<string, unknown> => ({
    contact: { name: '张三丰', phone, email: 'zhang@example.cn' },
    lines,
  });
  /** With an instance that stops meanwhile the answer may be 202: then the order is followed, as its Location says. */
  const place = async (lines: readonly Record<string, unknown>[], phone?: string): Promise<Order> => {
    const order = await client.expect<Order>([201, 202], '/api/v1/orders', { wait: 15, json: orderBody(lines, phone) });
    if (order.status !== 'holding') return order;
    return eventually('an answer from inventory', async () => {
      const now = await read(order);
      return now.status === 'holding' ? undefined : { ...now, accessToken: order.accessToken };
    });
  };
  const read = (order: Order): Promise<Order> =>
    client.expect<Order>(200, `/api/v1/orders/${order.id}`, { token: order.accessToken });
  const paid = async (order: Order): Promise<Order> => {
    await client.expect([201, 202], `/api/v1/orders/${order.id}/payments`, {
      token: order.accessToken,
      wait: 15,
      json: { method: 'sandbox' },
    });
    return eventually('tickets', async () => {
      const now = await read(order);
      return now.status === 'fulfilled' ? now : undefined;
    });
  };
  const scan = (credential: Record<string, unknown>): Promise<CheckIn> =>
    client.expect<CheckIn>(200, '/api/v1/check-ins', {
      apiKey: world.gateKey,
      json: { gateId: world.gateId, credential },
    });
  const received = async (kind: 'sms' | 'mail', to: string): Promise<{ text: string }[]> =>
    (await (await fetch(`${platform.sandboxUrl}/${kind}?to=${encodeURIComponent(to)}&limit=50`)).json()) as {
      text: string;
    }[];

  it('SAL-01 SAL-20 SAL-33 NOT-01 a guest buys an admission, pays, is told once by SMS and mail, and walks in once', async () => {
    const phone = newPhone();
    const { quoteId, total } = await client.expect<{ quoteId: string; total: { amount: number } }>(
      200,
      '/api/v1/quotes',
      { json: { lines: [line({ quantity: 2 })] } },
    );
    expect(total.amount).to.equal(24_000);
    const order = await client.expect<Order>(201, '/api/v1/orders', {
      wait: 15,
      json: { ...orderBody([line({ quantity: 2 })], phone), quoteId },
    });
    expect(order.status).to.equal('awaiting_payment');
    expect(order.contact).to.deep.include({ name: '张*', phone: `${phone.slice(0, 3)}****${phone.slice(-4)}` });
    const done = await paid(order);
    expect(done.status).to.equal('fulfilled');
    expect(done.tickets).to.have.length(2);
    const [first, second] = done.tickets;
    expect(await scan({ qr: first?.qr })).to.include({ outcome: 'admitted' });
    const again = await scan({ ticketNumber: first?.number });
    expect(again).to.deep.include({ outcome: 'refused', reason: 'already-used' });
    expect(again.lastUse?.gateId).to.equal(world.gateId);
    expect(await scan({ qr: second?.qr })).to.include({ outcome: 'admitted' });
    expect((await read(order)).tickets.map(({ status }) => status)).to.deep.equal(['used', 'used']);
    const sms = await eventually('the SMS', async () => {
      const found = await received('sms', phone);
      return found.length > 0 ? found : undefined;
    });
    expect(sms).to.have.length(1);
    expect(sms[0]?.text).to.match(/^【试验景区】/);
    await eventually('the mail', async () =>
      (await received('mail', 'zhang@example.cn')).some(({ text }) => text.includes(first?.number ?? '?')),
    );
  });

  it('SAL-25 SAL-42 a named ticket: one document, one ticket; the document alone opens the gate', async () => {
    const named = line({ ticketTypeId: offer.ticketTypes['named'], quantity: undefined, travellers: [ZHANG] });
    const order = await place([named]);
    expect(order.lines[0]?.travellers[0]).to.deep.include({ name: '张*', idNumber: '1101**********002X' });
    const twice = await place([named]);
    expect(twice).to.deep.include({ status: 'rejected', reason: 'sales.document-has-ticket' });
    const done = await paid(order);
    expect(await scan({ qr: done.tickets[0]?.qr, idType: 'id_card', idNumber: LI.idNumber })).to.deep.include({
      outcome: 'refused',
      reason: 'wrong-person',
    });
    expect(await scan({ idType: ZHANG.idType, idNumber: ZHANG.idNumber })).to.include({ outcome: 'admitted' });
    expect(await scan({ idType: ZHANG.idType, idNumber: ZHANG.idNumber })).to.deep.include({
      outcome: 'refused',
      reason: 'already-used',
    });
  });

  it('PLA-32 repeating a request gives the same order and token; another body under the same key is refused', async () => {
    const json = orderBody([line()]);
    const idempotencyKey = newKey();
    const [one, two] = await Promise.all([
      client.call<Order>('/api/v1/orders', { wait: 15, json, idempotencyKey }),
      client.call<Order>('/api/v1/orders', { wait: 15, json, idempotencyKey }),
    ]);
    const third = await client.call<Order>('/api/v1/orders', { wait: 15, json, idempotencyKey });
    expect(new Set([one.body.id, two.body.id, third.body.id]).size).to.equal(1);
    expect(third.body.accessToken).to.equal(one.body.accessToken);
    const other = await client.call<Problem>('/api/v1/orders', {
      json: { ...json, lines: [line({ quantity: 3 })] },
      idempotencyKey,
    });
    expect([other.status, other.body.code]).to.deep.equal([422, 'platform.idempotency-key-reused']);
  });

  it('INV-11 sold out: the order is rejected with its reason, and nothing stays held', async () => {
    const small = await world.addProduct({ name: 'small', capacity: 3 });
    const orders = await Promise.all(Array.from({ length: 8 }, () => place([line({}, small)])));
    expect(orders.filter(({ status }) => status === 'awaiting_payment')).to.have.length(3);
    expect(orders.filter(({ status, reason }) => status === 'rejected' && reason === 'sold-out')).to.have.length(5);
    const [live] = orders.filter(({ status }) => status === 'awaiting_payment');
    if (live === undefined) throw new Error('nobody got a place');
    const cancelled = await client.expect<Order>(200, `/api/v1/orders/${live.id}/cancellation`, {
      token: live.accessToken,
      json: {},
      wait: 10,
    });
    expect(cancelled.status).to.equal('cancelled');
    await eventually('the place is for sale again', async () => {
      const { sessions } = await client.expect<{ sessions: { id: string; available: number }[] }>(
        200,
        `/api/v1/products/${small.productId}/availability?from=${today()}`,
      );
      return sessions.find(({ id }) => id === small.sessionIds[0])?.available === 1;
    });
  });

  it('SAL-21 SAL-23 an unpaid order expires and gives its places back; money that comes later is returned by itself', async () => {
    const brief = await world.addProduct({ name: 'brief', capacity: 2, payWithinMinutes: 0.05 });
    const order = await place([line({ quantity: 2 }, brief)]);
    const payment = await client.expect<{ id: string; payUrl?: string }>(201, `/api/v1/orders/${order.id}/payments`, {
      token: order.accessToken,
      wait: 10,
      json: { method: 'wechat' },
    });
    expect(payment.payUrl).to.be.a('string');
    await eventually('the order has expired', async () => (await read(order)).status === 'expired', {
      withinMs: 30_000,
    });
    await eventually(
      'its places are free',
      async () => (await place([line({ quantity: 1 }, brief)])).status === 'awaiting_payment',
    );
    const control = await fetch(`${platform.sandboxUrl}/control/payments/${payment.id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ action: 'pay', force: true }),
    });
    expect(control.ok).to.equal(true);
    await eventually(
      'the money is returned',
      async () =>
        (await read(order)).refunds.some(({ status, reason }) => status === 'done' && reason === 'late-payment'),
      { withinMs: 30_000 },
    );
    expect((await read(order)).tickets).to.have.length(0);
  });

  it('FIN-01 a clerk takes cash; a guest may not', async () => {
    const order = await client.expect<Order>(201, '/api/v1/orders', {
      token: world.clerkToken,
      wait: 15,
      json: orderBody([line()]),
    });
    const refused = await client.call<Problem>(`/api/v1/orders/${order.id}/payments`, {
      token: order.accessToken,
      json: { method: 'cash' },
    });
    expect([refused.status, refused.body.code]).to.deep.equal([403, 'platform.forbidden']);
    await client.expect(201, `/api/v1/orders/${order.id}/payments`, {
      token: world.clerkToken,
      wait: 15,
      json: { method: 'cash' },
    });
    expect((await read(order)).status).to.equal('fulfilled');
    const trial = await eventually('the books', async () => {
      const { balanced } = await client.expect<{ balanced: boolean }>(200, '/api/v1/ledger/trial-balance', {
        token: world.financeToken,
      });
      return balanced ? true : undefined;
    });
    expect(trial).to.equal(true);
  });

  it('SAL-29 a phone holds at most so many unpaid orders', async () => {
    const phone = newPhone();
    const orders = await Promise.all(Array.from({ length: 5 }, () => place([line()], phone)));
    expect(orders.filter(({ status }) => status === 'awaiting_payment')).to.have.length(2);
    expect(orders.filter(({ reason }) => reason === 'sales.too-many-unpaid')).to.have.length(3);
    const open = orders.filter(({ status }) => status === 'awaiting_payment');
    for (const order of open) await paid(order);
    expect((await place([line()], phone)).status).to.equal('awaiting_payment');
  });

  it('PLA-33 an order is followed as server-sent events from placed to fulfilled', async () => {
    const order = await place([line()]);
    const abort = new AbortController();
    const response = await fetch(`${platform.baseUrl}/api/v1/events?subject=order:${order.id}`, {
      headers: { authorization: `Bearer ${order.accessToken}` },
      signal: abort.signal,
    });
    expect(response.headers.get('content-type')).to.match(/text\/event-stream/);
    const seen: string[] = [];
    const reading = (async (): Promise<void> => {
      let text = '';
      for await (const chunk of response.body ?? []) {
        text += Buffer.from(chunk as Uint8Array).toString();
        for (const match of text.matchAll(/"status":"([a-z_]+)","channel"|"tenantId":"[^"]+","status":"([a-z_]+)"/g))
          seen.push(match[2] ?? match[1] ?? '');
        if (text.includes('"fulfilled"')) return;
      }
    })();
    await paid(order);
    await reading;
    abort.abort();
    expect(seen[0]).to.equal('awaiting_payment');
  });

  it('PLA-05 a traveller signs in by a code from an SMS and sees only their own orders', async () => {
    const phone = newPhone();
    await client.expect(202, '/api/v1/auth/codes', { json: { phone } });
    const code = await eventually(
      'the code',
      async () => /(?<!\d)(\d{6})(?!\d)/.exec((await received('sms', phone))[0]?.text ?? '')?.[1],
    );
    const { accessToken } = await client.expect<{ accessToken: string }>(201, '/api/v1/auth/sessions', {
      json: { phone, code },
    });
    const order = await client.expect<Order>(201, '/api/v1/orders', {
      token: accessToken,
      wait: 15,
      json: orderBody([line()], phone),
    });
    const { items } = await client.expect<{ items: Order[] }>(200, '/api/v1/orders', { token: accessToken });
    expect(items.map(({ id }) => id)).to.deep.equal([order.id]);
    const stranger = await place([line()]);
    const foreign = await client.call<Problem>(`/api/v1/orders/${stranger.id}`, { token: accessToken });
    expect([foreign.status, foreign.body.code]).to.deep.equal([404, 'platform.not-found']);
  });

  it('PLA-31 bad input has its problem document in both languages and changes nothing', async () => {
    const cases: readonly {
      what: string;
      call: () => Promise<{ status: number; body: Problem }>;
      status: number;
      code: string;
      field?: string;
    }[] = [
      {
        what: 'unknown field',
        call: () => client.call('/api/v1/orders', { json: { ...orderBody([line()]), extra: 1 } }),
        status: 400,
        code: 'platform.invalid-request',
        field: '/extra',
      },
      {
        what: 'wrong type',
        call: () => client.call('/api/v1/orders', { json: orderBody([line({ quantity: 'two' })]) }),
        status: 400,
        code: 'platform.invalid-request',
      },
      {
        what: 'too many',
        call: () => client.call('/api/v1/orders', { json: orderBody([line({ quantity: 21 })]) }),
        status: 422,
        code: 'sales.too-many-tickets',
      },
      {
        what: 'wrong check digit',
        call: () =>
          client.call('/api/v1/orders', {
            json: orderBody([
              line({ quantity: undefined, travellers: [{ ...ZHANG, idNumber: '110105194912310021' }] }),
            ]),
          }),
        status: 400,
        code: 'platform.invalid-request',
        field: '/lines/0/travellers/0/idNumber',
      },
      {
        what: 'unknown session',
        call: () => client.call('/api/v1/orders', { json: orderBody([line({ sessionId: 'ses_0000000000000000' })]) }),
        status: 422,
        code: 'sales.unknown-session',
      },
      {
        what: 'unknown ticket type',
        call: () =>
          client.call('/api/v1/orders', { json: orderBody([line({ ticketTypeId: 'tty_0000000000000000' })]) }),
        status: 422,
        code: 'sales.unknown-ticket-type',
      },
      {
        what: 'stale quote',
        call: () =>
          client.call('/api/v1/orders', { json: { ...orderBody([line()]), quoteId: 'qt_1.1.aaaaaaaaaaaaaaaaaaaaaa' } }),
        status: 409,
        code: 'sales.stale-quote',
      },
      {
        what: 'forged token',
        call: () => client.call('/api/v1/orders', { token: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.' }),
        status: 401,
        code: 'platform.unauthenticated',
      },
      {
        what: 'no token',
        call: () => client.call('/api/v1/orders/ord_00000000000000000000', {}),
        status: 401,
        code: 'platform.unauthenticated',
      },
      {
        what: 'short key',
        call: () => client.call('/api/v1/orders', { json: orderBody([line()]), idempotencyKey: 'short' }),
        status: 400,
        code: 'platform.idempotency-key-invalid',
      },
      {
        what: 'unknown product',
        call: () => client.call('/api/v1/products/prd_nothing', {}),
        status: 404,
        code: 'platform.not-found',
      },
    ];
    const before = await client.expect<{ sessions: { id: string; held: number; sold: number }[] }>(
      200,
      `/api/v1/site-days/${world.siteId}/${today()}`,
      { token: world.managerToken },
    );
    for (const { what, call, status, code, field } of cases) {
      const { status: got, body } = await call();
      expect([what, got, body.code]).to.deep.equal([what, status, code]);
      expect(body.title, what).to.match(/[一-鿿]/);
      if (field !== undefined)
        expect(
          body.errors?.map((error) => error.field),
          what,
        ).to.include(field);
    }
    const english = await client.call<Problem>('/api/v1/orders', { json: {}, headers: { 'accept-language': 'en' } });
    expect(english.body.title).to.match(/^[A-Z]/);
    const malformed = await fetch(`${platform.baseUrl}/api/v1/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': newKey() },
      body: '{"contact":',
    });
    expect([malformed.status, ((await malformed.json()) as Problem).code]).to.deep.equal([
      400,
      'platform.malformed-json',
    ]);
    const large = await fetch(`${platform.baseUrl}/api/v1/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': newKey() },
      body: `{"contact":"${'x'.repeat(3_000_000)}"}`,
    });
    expect([large.status, ((await large.json()) as Problem).code]).to.deep.equal([413, 'platform.body-too-large']);
    const afterwards = await client.expect<{ sessions: unknown[] }>(
      200,
      `/api/v1/site-days/${world.siteId}/${today()}`,
      { token: world.managerToken },
    );
    expect(afterwards.sessions).to.deep.equal(before.sessions);
  });

  it('SAL-30 SAL-40 a QR code with one character changed is forged, and a foreign tenant’s staff see nothing', async () => {
    const done = await paid(await place([line()]));
    const qr = done.tickets[0]?.qr ?? '';
    const middle = Math.floor(qr.length / 2);
    const changed = `${qr.slice(0, middle)}${qr[middle] === 'A' ? 'B' : 'A'}${qr.slice(middle + 1)}`;
    expect(await scan({ qr: changed })).to.deep.include({ outcome: 'refused', reason: 'forged' });
    const foreign = await makeWorld(client, platform.adminPassword);
    for (const address of [`/api/v1/orders/${done.id}`, `/api/v1/tickets/${done.tickets[0]?.number ?? ''}`]) {
      const answer = await client.call<Problem>(address, { token: foreign.managerToken });
      expect([answer.status, answer.body.code]).to.deep.equal([404, 'platform.not-found']);
    }
    // A new gate is known to every service within a moment.
    const gate = await eventually('the foreign gate', async () => {
      const answer = await client.call<CheckIn>('/api/v1/check-ins', {
        apiKey: foreign.gateKey,
        json: { gateId: foreign.gateId, credential: { qr } },
      });
      return answer.status === 200 ? answer.body : undefined;
    });
    expect(gate).to.deep.include({ outcome: 'refused', reason: 'unknown' });
    expect(await scan({ qr })).to.include({ outcome: 'admitted' });
  });

  it('PLA-20 an auditor checks the journal of an order; others may not', async () => {
    const done = await paid(await place([line()]));
    const address = `/api/v1/operations/sales/journals/orders/${done.id}`;
    const verdict = await client.expect<{ intact: boolean; entries: number; journal: { type: string }[] }>(
      200,
      address,
      {
        token: world.adminToken,
      },
    );
    expect(verdict.intact).to.equal(true);
    expect(verdict.journal.map(({ type }) => type)).to.include.members([
      'OrderPlaced',
      'HoldGranted',
      'OrderPaid',
      'OrderFulfilled',
    ]);
    expect((await client.call<Problem>(address, { token: world.clerkToken })).status).to.equal(403);
  });

  it('PLA-51 one of two sales instances is stopped under load and no purchase fails', async () => {
    const roomy = await world.addProduct({ name: 'roomy', capacity: 10_000 });
    let stopping = false;
    const failures: string[] = [];
    let bought = 0;
    const buyers = Array.from({ length: 6 }, async () => {
      while (!stopping) {
        try {
          const done = await paid(await place([line({}, roomy)]));
          if (done.status === 'fulfilled') bought += 1;
          else failures.push(done.status);
        } catch (error) {
          failures.push(error instanceof Error ? error.message : String(error));
        }
        // All of them share one address, and the gateway lets guests behind it write 300 times a minute.
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    });
    await eventually('the first purchases', () => bought >= 6, { withinMs: 30_000 });
    const victim = platform.processes.get('sales-1');
    await victim?.kill('SIGTERM');
    const sofar = bought;
    await eventually('purchases go on', () => bought >= sofar + 6, { withinMs: 30_000 });
    await victim?.start();
    stopping = true;
    await Promise.all(buyers);
    // A failure of each kind is enough to read.
    expect([
      ...new Set(failures.map((failure) => failure.replaceAll(/[a-z]{3}_\w+|[0-9a-f]{32}/g, '…'))),
    ]).to.deep.equal([]);
  });
});
