// A journey of two thousand tickets that are reissued together through the gateway on real processes (REI-53): entered, approved by
// somebody else, followed as it goes, with services killed in the middle; then every old ticket is held up at the gate.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPlatform, type Platform } from '@tongpiao/local-stack';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { createClient, type Client } from '../support/client.ts';
import { makeWorld, type World } from '../support/world.ts';

type Ticket = { number: string; status: string; qr: string };
type Order = { id: string; status: string; accessToken: string; tickets: Ticket[] };
type Counts = Readonly<Record<'lines' | 'ready' | 'refused' | 'executing' | 'reissued' | 'failed', number>>;
type Batch = { id: string; status: string; approver?: string; counts: Counts };
type Line = { number: string; outcome: string; newNumber?: string };
type Scan = { outcome: string; reason?: string };

const PATH = '/api/v1/reissue-batches';
const ORDERS = 10;
const EACH = 200;
/** The machine may be slow. */
const PATIENT = { withinMs: 240_000, everyMs: 250 };
const AT_ONCE = 24;

async function forEach<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    for (let item = items[next]; item !== undefined; item = items[next]) {
      next += 1;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

describe('journey of a list of two thousand tickets', function () {
  this.timeout(600_000);
  const stateDirectory = mkdtempSync(path.join(tmpdir(), 'tp-reissue-batch-'));
  let platform: Platform;
  let client: Client;
  let world: World;
  let operator: string;
  let orders: readonly Order[];

  before(async () => {
    platform = await startPlatform({
      stateDirectory,
      report: () => undefined,
      preferredPort: 18_780,
      addresses: {},
      environment: { LIMITS: 'off' },
    });
    client = createClient(platform.baseUrl);
    world = await makeWorld(client, platform.adminPassword);
    const password = randomBytes(12).toString('base64url');
    const username = `operator-${randomBytes(4).toString('hex')}`;
    await client.expect(201, '/api/v1/users', {
      token: world.adminToken,
      json: { username, password, name: '员工', roles: ['reissue_operator'], tenantId: world.tenantId },
    });
    operator = (
      await client.expect<{ accessToken: string }>(201, '/api/v1/auth/sessions', { json: { username, password } })
    ).accessToken;
    const offer = await world.addProduct({ name: 'batch', capacity: ORDERS * EACH, ticketsPerOrder: EACH });
    orders = await Promise.all(
      Array.from({ length: ORDERS }, async (_, index) => {
        const order = await client.expect<Order>(201, '/api/v1/orders', {
          wait: 30,
          json: {
            contact: { name: '张三', phone: `1370001${String(index).padStart(3, '0')}5` },
            lines: [{ sessionId: offer.sessionIds[0], ticketTypeId: offer.ticketTypes['adult'], quantity: EACH }],
          },
        });
        const token = order.accessToken;
        const json = { method: 'sandbox' };
        await client.expect([201, 202], `/api/v1/orders/${order.id}/payments`, { token, wait: 30, json });
        const { tickets } = await eventually(
          'the tickets',
          async () => {
            const read = await readOrder(order);
            return read.tickets.length === EACH ? read : undefined;
          },
          PATIENT,
        );
        return { ...order, tickets };
      }),
    );
  });
  after(async () => {
    await client.close();
    await platform.stop();
    if (process.env['KEEP'] === undefined) rmSync(stateDirectory, { recursive: true, force: true });
  });

  const readOrder = ({ id, accessToken }: Order): Promise<Order> =>
    client.expect<Order>(200, `/api/v1/orders/${id}`, { token: accessToken });
  const scan = (qr: string): Promise<Scan> =>
    client.expect<Scan>(200, '/api/v1/check-ins', {
      apiKey: world.gateKey,
      json: { gateId: world.gateId, credential: { qr } },
    });
  /** While a service is away the gateway says so; whoever looks, looks again. */
  const look = async (id: string): Promise<Batch | undefined> => {
    const answer = await client.call<Batch>(`${PATH}/${id}`, { token: operator });
    return answer.status === 200 ? answer.body : undefined;
  };
  const kill = (service: string): void => {
    for (const instance of platform.processes.values()) {
      const pid = instance.service === service ? instance.pid() : undefined;
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    }
  };

  /** Reads the progress as it is told, and again from there when the stream breaks. */
  async function follow(id: string, seen: Batch[], signal: AbortSignal): Promise<void> {
    let last: string | undefined;
    while (!signal.aborted && seen.at(-1)?.status !== 'done') {
      try {
        const answer = await fetch(`${platform.baseUrl}/api/v1/events?subject=reissue-batch:${id}`, {
          headers: { authorization: `Bearer ${operator}`, ...(last === undefined ? {} : { 'last-event-id': last }) },
          signal,
        });
        if (!answer.ok || answer.body === null) throw new Error(String(answer.status));
        let text = '';
        for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
          text += chunk;
          const events = text.split('\n\n');
          text = events.pop() ?? '';
          for (const event of events) {
            last = /^id: ?(.*)$/m.exec(event)?.[1] ?? last;
            const data = /^data: ?(.*)$/m.exec(event)?.[1];
            if (data !== undefined) seen.push(JSON.parse(data) as Batch);
          }
        }
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  it('REI-53 REI-32 nothing is lost and nothing twice although reissue and sales are killed; each old ticket is superseded', async () => {
    const before = orders.flatMap(({ tickets }) => tickets);
    const list = { reason: 'migration', note: '出票系统迁移', lines: before.map(({ number }) => ({ number })) };
    // Reissue may hear of the tickets a moment later than their buyers.
    const { id, approver } = await eventually(
      'all tickets are known',
      async () => {
        const batch = await client.expect<Batch>([201, 202], PATH, { token: operator, wait: 30, json: list });
        if (batch.status === 'waiting' && batch.counts.ready === before.length) return batch;
        await client.call(`${PATH}/${batch.id}/cancellation`, { token: operator, json: { reason: '稍后再试' } });
        throw new Error(JSON.stringify(batch.counts));
      },
      PATIENT,
    );
    expect(approver).to.equal('manager');
    const decision = { approve: true, reason: '确系迁移所致' };
    const own = await client.call(`${PATH}/${id}/decision`, { token: operator, json: decision });
    expect(own.status, 'who may enter may not approve').to.equal(403);

    const seen: Batch[] = [];
    const following = new AbortController();
    const followed = follow(id, seen, following.signal);
    const begun = performance.now();
    await client.expect(200, `${PATH}/${id}/decision`, { token: world.managerToken, json: decision });
    const reached = (share: number): Promise<Batch> =>
      eventually(
        `${share * 100} % are reissued`,
        async () => {
          const batch = await look(id);
          return batch !== undefined && batch.counts.reissued >= before.length * share ? batch : undefined;
        },
        PATIENT,
      );
    await reached(0.15);
    kill('reissue');
    await reached(0.5);
    kill('sales');
    const done = await eventually(
      'the list is done',
      async () => {
        const batch = await look(id);
        return batch?.status === 'done' ? batch : undefined;
      },
      PATIENT,
    );
    const seconds = (performance.now() - begun) / 1_000;
    console.log(
      `      ${before.length} tickets in ${seconds.toFixed(1)} s, ${(before.length / seconds).toFixed(0)} a second, both kills included`,
    );
    expect(done.counts).to.include({ lines: before.length, reissued: before.length, refused: 0, failed: 0 });
    await eventually('its end is told', () => seen.at(-1)?.status === 'done', PATIENT);
    following.abort();
    await followed;
    expect(new Set(seen.map(({ counts }) => counts.reissued)).size, 'progress is seen').to.be.at.least(5);

    const lines: Line[] = [];
    for (let after: number | undefined = 0; after !== undefined;) {
      const page: { items: Line[]; next?: number } = await client.expect(200, `${PATH}/${id}/lines?after=${after}`, {
        token: operator,
      });
      lines.push(...page.items);
      after = page.next;
    }
    const successors = new Map(lines.map(({ number, newNumber }) => [number, newNumber]));
    expect([lines.length, new Set(successors.values()).size]).to.deep.equal([before.length, before.length]);

    const refused = new Map<string, number>();
    await forEach(before, async ({ qr }) => {
      const { outcome, reason } = await scan(qr);
      const what = `${outcome} ${reason ?? ''}`;
      refused.set(what, (refused.get(what) ?? 0) + 1);
    });
    expect([...refused]).to.deep.equal([['refused superseded', before.length]]);

    const fresh: Ticket[] = [];
    for (const order of orders) {
      const { tickets } = await readOrder(order);
      const living = tickets.filter(({ status }) => status === 'issued');
      expect(living.map(({ number }) => number)).to.have.members(
        order.tickets.map(({ number }) => successors.get(number)),
      );
      fresh.push(...living.filter((_, index) => index % 20 === 0));
    }
    await forEach(fresh, async ({ qr }) => {
      expect(await scan(qr)).to.include({ outcome: 'admitted' });
    });
  });
});
