// Journeys after the sale, through the gateway on real processes with sandbox payments: what is given back, exchanged, waited for,
// cancelled, asked for beyond the rules, and what simply runs out. What takes its time is begun first and looked at last.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPlatform, type Platform } from '@tongpiao/local-stack';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { createClient, type Answer, type Client } from '../support/client.ts';
import { makeWorld, today, type Offer, type World } from '../support/world.ts';

type Money = { amount: number };
type Ticket = { number: string; status: string; qr?: string; sessionId: string };
type Order = {
  id: string;
  status: string;
  accessToken: string;
  tickets: Ticket[];
  refunds: { status: string; amount: Money }[];
  waiting?: { position?: number };
};
type Exchange = { id: string; status: string; fee: Money; due: Money; returned: Money; newTicketNumber?: string };
type Progress = { status: string; decideBy: string; counts: Record<string, number> };
type Exception = { id: string; status: string };
type Problem = { code: string };

const MINUTE_MS = 60_000;
/** At the sites, whose clocks say `Asia/Shanghai`. */
const clockAt = (at: number): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', hour: '2-digit', minute: '2-digit' }).format(at);
/** A full minute that leaves time to buy something first. */
const soon = (): number => Math.ceil((Date.now() + 40_000) / MINUTE_MS) * MINUTE_MS;

describe('journeys after the sale', function () {
  this.timeout(180_000);
  const stateDirectory = mkdtempSync(path.join(tmpdir(), 'tp-after-sale-'));
  let platform: Platform;
  let client: Client;
  let world: World;
  let phoneNumber = 0;

  before(async () => {
    platform = await startPlatform({
      stateDirectory,
      report: () => undefined,
      preferredPort: 18_380,
      addresses: {},
      instances: { sales: 2 },
      environment: { EXPIRE_EVERY_SECONDS: '2' },
    });
    client = createClient(platform.baseUrl);
    world = await makeWorld(client, platform.adminPassword);
  });
  after(async () => {
    await client.close();
    await platform.stop();
    if (process.env['KEEP'] === undefined) rmSync(stateDirectory, { recursive: true, force: true });
  });

  // Ending in 5: the sandbox treats numbers that end in 0000, 0001 and 0002 badly on purpose.
  const newPhone = (): string => `136${String((phoneNumber += 10) + 5).padStart(8, '0')}`;
  const place = (of: Offer, wish: { session?: string; quantity?: number; phone?: string; waiting?: boolean } = {}) =>
    client.expect<Order>(201, '/api/v1/orders', {
      wait: 20,
      json: {
        contact: { name: '张三丰', phone: wish.phone ?? newPhone() },
        lines: [
          {
            sessionId: wish.session ?? of.sessionIds[0],
            ticketTypeId: of.ticketTypes['adult'],
            quantity: wish.quantity ?? 1,
          },
        ],
        ...(wish.waiting === true
          ? { waitingList: { until: new Date(Date.now() + 10 * MINUTE_MS).toISOString(), prepaid: true } }
          : {}),
      },
    });
  const read = (order: Order): Promise<Order> =>
    client.expect<Order>(200, `/api/v1/orders/${order.id}`, { token: order.accessToken });
  const pay = (order: Order, what = ''): Promise<unknown> =>
    client.expect([201, 202], `/api/v1/orders/${order.id}${what}/payments`, {
      token: order.accessToken,
      wait: 20,
      json: { method: 'sandbox' },
    });
  const becomes = (order: Order, status: string): Promise<Order> =>
    eventually(
      `order ${status}`,
      async () => {
        const now = await read(order);
        return now.status === status ? { ...now, accessToken: order.accessToken } : undefined;
      },
      { withinMs: 30_000 },
    );
  async function bought(of: Offer, wish: Parameters<typeof place>[1] = {}): Promise<Order> {
    const order = await place(of, wish);
    await pay(order);
    return becomes(order, 'fulfilled');
  }
  const statusesOf = async (order: Order): Promise<string[]> => (await read(order)).tickets.map(({ status }) => status);
  const ticketOf = (order: Order): Ticket => order.tickets.at(-1) ?? { number: '', status: '', sessionId: '' };
  const ofTicket = <Body>(order: Order, what: string, json: unknown = {}): Promise<Answer<Body>> =>
    client.call<Body>(`/api/v1/tickets/${ticketOf(order).number}/${what}`, {
      token: order.accessToken,
      wait: 20,
      json,
    });
  const scan = (qr: string | undefined): Promise<{ outcome: string; reason?: string }> =>
    client.expect(200, '/api/v1/check-ins', {
      apiKey: world.gateKey,
      json: { gateId: world.gateId, credential: { qr } },
    });
  const sentBack = async (order: Order): Promise<number> =>
    (await read(order)).refunds
      .filter(({ status }) => status === 'done')
      .reduce((sum, { amount }) => sum + amount.amount, 0);
  const moneyIs = (order: Order, amount: number): Promise<boolean> =>
    eventually(`${amount} fen came back`, async () => (await sentBack(order)) === amount, { withinMs: 30_000 });
  const texts = async (phone: string): Promise<string[]> => {
    const answer = await fetch(`${platform.sandboxUrl}/sms?to=${encodeURIComponent(phone)}&limit=50`);
    return ((await answer.json()) as { text: string }[]).map(({ text }) => text);
  };
  const available = async (of: Offer): Promise<number | undefined> => {
    const { sessions } = await client.expect<{ sessions: { id: string; available: number }[] }>(
      200,
      `/api/v1/products/${of.productId}/availability?from=${today()}`,
    );
    return sessions.find(({ id }) => id === of.sessionIds[0])?.available;
  };

  /** Cancelled while the others run; its holders choose until it would have begun. */
  let gone:
    | { readonly disruptionId: string; readonly rest: Order; readonly restPhone: string; readonly school: Order }
    | undefined;
  /** Its time runs out meanwhile. */
  let missed: Order | undefined;

  it('SAL-52 INV-21 a session is cancelled: its holders are told, one gives the ticket back, one exchanges it, for nothing', async () => {
    const [begin, end] = [clockAt(soon()), clockAt(soon())];
    // Just before midnight, what is soon is tomorrow's.
    const tomorrow = begin < clockAt(Date.now());
    const ending = await world.addProduct({
      name: 'ending',
      capacity: 5,
      slots: [{ from: '00:00', to: end === '00:00' ? '24:00' : end }],
    });
    missed = await bought(ending);

    const offer = await world.addProduct({
      name: 'gone',
      capacity: 80,
      ticketsPerOrder: 60,
      slots: [{ from: begin, to: '24:00' }],
      days: 2,
    });
    const [session = '', other = ''] = offer.sessionIds.slice(tomorrow ? 1 : 0);
    const restPhone = newPhone();
    const back = await bought(offer, { session });
    const changed = await bought(offer, { session });
    const rest = await bought(offer, { session, quantity: 2, phone: restPhone });
    // More tickets than a provider sends the money of back one by one.
    const school = await bought(offer, { session, quantity: 60 });
    const { disruptionId } = await client.expect<{ disruptionId: string }>(
      201,
      `/api/v1/sessions/${session}/cancellation`,
      {
        token: world.managerToken,
        json: { reason: '大风停园', decideWithinHours: 1 },
      },
    );
    gone = { disruptionId, rest, restPhone, school };
    await eventually('all are told', async () => (await progress(disruptionId))?.status === 'open', {
      withinMs: 20_000,
    });
    const told = await eventually('the SMS', async () => {
      const found = (await texts(restPhone)).filter((text) => text.includes('大风停园') || text.includes('取消'));
      return found.length > 0 ? found : undefined;
    });
    expect(told).to.have.length(1);

    const refund = await ofTicket<{ fee: Money }>(back, 'refunds');
    expect([refund.status, refund.body.fee.amount]).to.deep.equal([201, 0]);
    await moneyIs(back, 12_000);
    const exchange = await ofTicket<Exchange>(changed, 'exchanges', { sessionId: other });
    expect(exchange.body).to.deep.include({ status: 'done', fee: { amount: 0, currency: 'CNY' } });
    const after = await progress(disruptionId);
    expect(after?.counts).to.include({ tickets: 64, told: 64, orders: 4, refunded: 1, exchanged: 1, undecided: 62 });
    expect(
      (await client.call(`/api/v1/session-cancellations/${disruptionId}`, { token: world.clerkToken })).status,
    ).to.equal(403);
  });

  async function progress(id: string): Promise<Progress | undefined> {
    const answer = await client.call<Progress>(`/api/v1/session-cancellations/${id}`, { token: world.managerToken });
    return answer.status === 200 ? answer.body : undefined;
  }

  it('SAL-50 SAL-54 a ticket is given back for the fee that was shown; its QR is dead, its place is for sale', async () => {
    const rules = { effectiveFrom: '2026-01-01T00:00:00+08:00', rounding: { unit: 'fen', direction: 'half-up' } };
    const offer = await world.addProduct({
      name: 'refund',
      capacity: 3,
      more: { refunds: [{ ...rules, steps: [{ minutesBefore: -1_440, feePercent: 10, feeMinimum: 0 }] }] },
    });
    const phone = newPhone();
    const order = await bought(offer, { phone });
    await eventually('a place less', async () => (await available(offer)) === 2);
    const { qr } = ticketOf(order);
    const quote = await ofTicket<{ quoteId: string; fee: Money; amount: Money }>(order, 'refund-quote');
    expect([quote.body.fee.amount, quote.body.amount.amount]).to.deep.equal([1_200, 10_800]);
    const refund = await ofTicket<{ status: string }>(order, 'refunds', { quoteId: quote.body.quoteId });
    expect([refund.status, refund.body.status]).to.deep.equal([201, 'done']);
    await moneyIs(order, 10_800);
    expect(await scan(qr)).to.deep.include({ outcome: 'refused', reason: 'refunded' });
    await eventually('the place is for sale again', async () => (await available(offer)) === 3);
    await eventually('the holder is told', async () => (await texts(phone)).length === 2);
    const again = await ofTicket<Problem>(order, 'refunds');
    expect([again.status, again.body.code]).to.deep.equal([409, 'sales.ticket-not-living']);
  });

  it('SAL-53 a ticket is exchanged for a dearer session, the difference is paid; then for a cheaper one, the rest comes back', async () => {
    const dear = { slots: ['12:00'], amount: 15_000 };
    const offer = await world.addProduct({
      name: 'exchange',
      capacity: 5,
      days: 1,
      slots: [
        { from: '00:00', to: '12:00' },
        { from: '12:00', to: '24:00' },
      ],
      more: {
        prices: [
          { ticketType: 'adult', ...dear },
          ...['adult', 'child', 'named'].map((ticketType) => ({ ticketType, amount: 12_000 })),
        ],
        exchanges: [
          {
            effectiveFrom: '2026-01-01T00:00:00+08:00',
            rounding: { unit: 'fen', direction: 'half-up' },
            steps: [{ minutesBefore: 0, feePercent: 0, feeMinimum: 0 }],
            timesMax: 2,
            otherTicketTypes: false,
          },
        ],
      },
    });
    // Tomorrow's, since today's may have begun.
    const [morning = '', afternoon = ''] = offer.sessionIds.slice(-2);
    const order = await bought(offer, { session: morning });
    const up = await ofTicket<Exchange>(order, 'exchanges', { sessionId: afternoon });
    expect([up.status, up.body.status, up.body.due.amount]).to.deep.equal([201, 'awaiting_payment', 3_000]);
    expect(await statusesOf(order), 'until it is paid, the old ticket is good').to.deep.equal(['issued']);
    await pay(order, `/exchanges/${up.body.id}`);
    const exchanged = await eventually('the new ticket', async () => {
      const now = await read(order);
      return now.tickets.at(-1)?.sessionId === afternoon ? { ...now, accessToken: order.accessToken } : undefined;
    });
    expect(await statusesOf(order)).to.deep.equal(['exchanged', 'issued']);
    expect(await scan(ticketOf(order).qr)).to.deep.include({ outcome: 'refused', reason: 'exchanged' });
    const down = await ofTicket<Exchange>(exchanged, 'exchanges', { sessionId: morning });
    expect([down.body.status, down.body.returned.amount]).to.deep.equal(['done', 3_000]);
    await moneyIs(order, 3_000);
    expect(await statusesOf(order)).to.deep.equal(['exchanged', 'exchanged', 'issued']);
    const third = await ofTicket<Problem>({ ...exchanged, tickets: (await read(order)).tickets }, 'exchanges', {
      sessionId: afternoon,
    });
    expect(third.body.code).to.equal('sales.exchange-limit');
  });

  it('SAL-26 a place that is given back goes to the first in line, who has paid already', async () => {
    const free = { minutesBefore: -1_440, feePercent: 0, feeMinimum: 0 };
    const offer = await world.addProduct({
      name: 'waiting',
      capacity: 1,
      more: {
        waiting: { lineMax: 5, payWithinMinutes: 5 },
        refunds: [
          {
            effectiveFrom: '2026-01-01T00:00:00+08:00',
            rounding: { unit: 'fen', direction: 'half-up' },
            steps: [free],
          },
        ],
      },
    });
    const holder = await bought(offer);
    const first = await place(offer, { waiting: true });
    const second = await place(offer, { waiting: true });
    expect([first.status, second.status]).to.deep.equal(['placed', 'placed']);
    await pay(first);
    await pay(second);
    await ofTicket(holder, 'refunds');
    const served = await becomes(first, 'fulfilled');
    expect(served.tickets.map(({ status }) => status)).to.deep.equal(['issued']);
    expect((await read(second)).status).to.equal('placed');
    await client.expect([200, 202], `/api/v1/orders/${second.id}/cancellation`, {
      token: second.accessToken,
      json: {},
      wait: 10,
    });
    await moneyIs(second, 12_000);
  });

  it('SAL-51 beyond the rules: the desk asks, the manager approves, the money comes; nobody approves their own', async () => {
    const none = {
      effectiveFrom: '2026-01-01T00:00:00+08:00',
      steps: [],
      rounding: { unit: 'fen', direction: 'half-up' },
    };
    const offer = await world.addProduct({ name: 'exception', capacity: 5, more: { refunds: [none] } });
    const order = await bought(offer);
    const byRules = await ofTicket<Problem>(order, 'refunds');
    expect([byRules.status, byRules.body.code]).to.deep.equal([409, 'sales.refund-window-over']);
    const request = (token: string, amount: number): Promise<Answer<Exception & Problem>> =>
      client.call(`/api/v1/tickets/${ticketOf(order).number}/refund-exceptions`, {
        token,
        json: { reason: '游客突发疾病', amount },
      });
    const decide = (id: string, token: string): Promise<Answer<Exception & Problem>> =>
      client.call(`/api/v1/refund-exceptions/${id}/decision`, {
        token,
        wait: 20,
        json: { approve: true, remark: '情况属实' },
      });
    const asked = await request(world.clerkToken, 9_000);
    expect([asked.status, asked.body.status]).to.deep.equal([201, 'requested']);
    expect((await request(order.accessToken, 12_000)).body.code).to.equal('sales.refund-exception-open');
    expect((await decide(asked.body.id, world.clerkToken)).status).to.equal(403);
    const { items } = await client.expect<{ items: Exception[] }>(200, '/api/v1/refund-exceptions?status=requested', {
      token: world.managerToken,
    });
    expect(items.map(({ id }) => id)).to.deep.equal([asked.body.id]);
    expect((await decide(asked.body.id, world.managerToken)).body.status).to.equal('done');
    await moneyIs(order, 9_000);
    const own = await bought(offer);
    const ofManager = await client.expect<Exception>(201, `/api/v1/tickets/${ticketOf(own).number}/refund-exceptions`, {
      token: world.managerToken,
      json: { reason: '游客突发疾病', amount: 100 },
    });
    expect((await decide(ofManager.id, world.managerToken)).body.code).to.equal('sales.refund-exception-own');
  });

  it('FIN-12 SAL-31 a ticket whose time runs out expires', async () => {
    const order = missed;
    if (order === undefined) throw new Error('nothing was bought');
    await eventually('it expires', async () => (await statusesOf(order))[0] === 'expired', { withinMs: 120_000 });
    expect(await scan(ticketOf(order).qr)).to.deep.include({ outcome: 'refused', reason: 'expired' });
  });

  it('SAL-52 at the deadline everybody who has not chosen gets everything back, and the books are even', async () => {
    if (gone === undefined) throw new Error('nothing was cancelled');
    const { disruptionId, rest, restPhone, school } = gone;
    const done = await eventually(
      'the work is done',
      async () => {
        const now = await progress(disruptionId);
        return now?.status === 'done' ? now : undefined;
      },
      { withinMs: 120_000 },
    );
    expect(done.counts).to.include({ tickets: 64, refunded: 63, exchanged: 1, undecided: 0, untold: 0 });
    await moneyIs(rest, 24_000);
    expect((await becomes(rest, 'refunded')).tickets.map(({ status }) => status)).to.deep.equal([
      'refunded',
      'refunded',
    ]);
    // Bought, cancelled, and the money of both tickets.
    await eventually('the holder is told', async () => (await texts(restPhone)).length === 3);
    await moneyIs(school, 720_000);
    expect((await becomes(school, 'refunded')).refunds).to.have.length.below(4);
    const { balanced } = await client.expect<{ balanced: boolean }>(200, '/api/v1/ledger/trial-balance', {
      token: world.financeToken,
    });
    expect(balanced).to.equal(true);
  });
});
