// Inventory as it runs, in one and two instances: sessions from calendars, changes of capacity while holds are being granted, and
// how soon availability is told.
import {
  availabilityChanged,
  holdGranted,
  holdRejected,
  placeHold,
  releaseHold,
  republishTenants,
  republishTrust,
  reviewHold,
  sessionChanged,
  tenantChanged,
  tenantsRepublished,
  trustBeat,
  TRUST_BEAT_EVERY_MS,
  trustPublished,
  type DataOf,
  type Envelope,
  type MessageDefinition,
} from '@tongpiao/contracts';
import { localDateOf, addDays, type TenantId } from '@tongpiao/kernel';
import { connectBroker, isMessage, type Broker } from '@tongpiao/messaging';
import { newId } from '@tongpiao/persistence';
import { readConfig, type Running } from '@tongpiao/service-shell';
import { freshKey, trialTrust } from '@tongpiao/service-shell/trial';
import { eventually, forget, settled, testServers } from '@tongpiao/testing';
import { expect } from 'chai';
import { pino } from 'pino';
import { z } from 'zod';
import { configSchema } from './config.ts';
import { run } from './run.ts';

const TENANT = 'ten_7f3k9q2m5x8c4v6b1n0a' as TenantId;
const SITE = 'sit_0a7f3k9q2m5x8c4v6b1n';
const PRODUCT = 'prd_0a7f3k9q2m5x8c4v6b1n';
const today = localDateOf(new Date(), 'Asia/Shanghai');
const listShape = z.object({
  items: z.array(
    z.looseObject({
      id: z.string(),
      capacity: z.number(),
      available: z.number(),
      held: z.number(),
      sold: z.number(),
      etag: z.string(),
    }),
  ),
});
type Item = z.output<typeof listShape>['items'][number];

describe('inventory: sessions', function () {
  this.timeout(60_000);
  const servers = testServers();
  const logger = pino({ level: 'silent' });
  const trust = trialTrust();
  const apiKey = trust.apiKey({
    id: 'key_staff',
    kind: 'kiosk',
    tenantId: TENANT,
    subject: 'desk_1',
    roles: ['manager'],
  });
  const foreignKey = trust.apiKey({
    id: 'key_other',
    kind: 'kiosk',
    tenantId: 'ten_7f3k9q2m5x8c4v6b1n0b',
    subject: 'desk_2',
    roles: ['manager'],
  });
  const instances: Running[] = [];
  const figures: { at: number; sessions: DataOf<typeof availabilityChanged>['sessions'] }[] = [];
  const changes: DataOf<typeof sessionChanged>[] = [];
  const answers = new Map<string, 'granted' | 'rejected'>();
  let played: Broker;
  let beats: NodeJS.Timeout;

  function envelope(definition: MessageDefinition, data: unknown, id: string, tenantid: string = TENANT): Envelope {
    const time = new Date().toISOString();
    return {
      specversion: '1.0',
      id,
      type: definition.type,
      source: 'sales',
      subject: 'played',
      time,
      datacontenttype: 'application/json',
      tenantid,
      correlationid: id,
      causationid: id,
      sequence: 1,
      data,
    };
  }
  const send = (definition: MessageDefinition, data: unknown, tenantid: string = TENANT): Promise<void> =>
    played.publisher.publish({
      kind: definition.kind,
      envelope: envelope(definition, data, newId('msg', TENANT), tenantid),
    });

  before(async () => {
    played = await connectBroker({
      url: servers.rabbitmqUrl,
      service: 'played',
      instance: 'p1',
      prefix: servers.prefix,
      logger,
    });
    await played.consume({
      slice: 'identity',
      definitions: [republishTenants, republishTrust],
      handle: async (message) => {
        const tell = (queue: string, definition: MessageDefinition, data: unknown): Promise<void> =>
          played.publisher.publish({
            kind: 'direct',
            queue,
            envelope: envelope(definition, data, newId('msg', TENANT), 'platform'),
          });
        if (isMessage(message, republishTrust))
          await tell(message.envelope.data.replyQueue, trustPublished, trust.publication());
        if (!isMessage(message, republishTenants)) return;
        const tenant = {
          ...tenantChanged.data.parse(tenantChanged.example),
          tenantId: TENANT,
          sites: [{ id: SITE, name: { zh: '景区', en: 'Site' }, gates: [] }],
        };
        await tell(message.envelope.data.replyQueue, tenantChanged, tenant);
        await tell(message.envelope.data.replyQueue, tenantsRepublished, { count: 1 });
      },
    });
    await played.consume({
      slice: 'hear',
      definitions: [availabilityChanged, sessionChanged, holdGranted, holdRejected, reviewHold],
      handle: async (message) => {
        if (isMessage(message, availabilityChanged))
          figures.push({ at: Date.now(), sessions: message.envelope.data.sessions });
        else if (isMessage(message, sessionChanged)) changes.push(message.envelope.data);
        else if (isMessage(message, holdGranted)) answers.set(message.envelope.data.holdId, 'granted');
        else if (isMessage(message, holdRejected)) answers.set(message.envelope.data.holdId, 'rejected');
      },
    });
    beats = setInterval(
      () => void send(trustBeat, { revision: trust.publication().revision }, 'platform').catch(() => undefined),
      TRUST_BEAT_EVERY_MS,
    );
    const masterKey = servers.key();
    const busKey = servers.key();
    for (const name of ['inventory-1', 'inventory-2']) {
      const config = readConfig(configSchema, {
        NODE_ENV: 'test',
        LOG_LEVEL: 'silent',
        HTTP_PORT: '0',
        SERVICE_INSTANCE: name,
        MONGODB_URI: servers.mongodbUri,
        DATABASE_NAME: servers.database('inventory'),
        RABBITMQ_URL: servers.rabbitmqUrl,
        BROKER_PREFIX: servers.prefix,
        MASTER_KEY: masterKey,
        BUS_KEY: busKey,
      });
      const running = await run(config, { logger });
      instances.push(running);
      await eventually(
        'inventory is ready',
        async () => (await fetch(`http://127.0.0.1:${running.httpPort}/health/ready`)).status === 200,
      );
    }
  });
  after(async () => {
    for (const instance of instances) await instance.stop();
    clearInterval(beats);
    trust.stop();
    await played.close();
    const queues = ['inventory.decide-holds', 'inventory.on-session-republish', 'played.identity', 'played.hear'];
    await forget(servers, { databases: ['inventory'], queues: queues.flatMap((queue) => [queue, `${queue}.dead`]) });
  });

  async function call(
    path: string,
    ask: { method?: string; json?: unknown; key?: string; ifMatch?: string; instance?: number; apiKey?: string } = {},
  ): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(`http://127.0.0.1:${instances[ask.instance ?? 0]?.httpPort ?? 0}${path}`, {
      method: ask.method ?? (ask.json === undefined ? 'GET' : 'POST'),
      headers: {
        'x-api-key': ask.apiKey ?? apiKey,
        'content-type': 'application/json',
        'idempotency-key': ask.key ?? freshKey(),
        ...(ask.ifMatch === undefined ? {} : { 'if-match': ask.ifMatch }),
      },
      ...(ask.json === undefined ? {} : { body: JSON.stringify(ask.json) }),
    });
    return { status: answer.status, body: await answer.json() };
  }
  const calendar = (productId: string, capacity = 50, horizonDays = 10): unknown => ({
    productId,
    siteId: SITE,
    weekly: [
      {
        weekdays: [1, 2, 3, 4, 5, 6, 7],
        slots: [
          { from: '09:00', to: '12:00', capacity },
          { from: '12:00', to: '24:00', capacity },
        ],
      },
    ],
    exceptions: [{ date: addDays(today, 1), slots: [] }],
    from: today,
    horizonDays,
  });
  async function list(productId: string, instance = 0): Promise<readonly Item[]> {
    const { body } = await call(`/api/v1/sessions?productId=${productId}&from=${today}&to=${addDays(today, 30)}`, {
      instance,
    });
    return listShape.parse(body).items;
  }
  async function one(name: string, capacity: number): Promise<Item> {
    const productId = `${PRODUCT}${name}`;
    await call('/api/v1/session-calendars', { json: calendar(productId, capacity, 1) });
    const [first] = await list(productId);
    if (first === undefined) throw new Error('no session');
    return first;
  }
  const again = async (name: string): Promise<Item> => {
    const [first] = await list(`${PRODUCT}${name}`);
    if (first === undefined) throw new Error('no session');
    return first;
  };
  const patch = (item: Item, json: unknown, instance = 0): Promise<{ status: number; body: unknown }> =>
    call(`/api/v1/sessions/${item.id}`, { method: 'PATCH', json, ifMatch: item.etag, instance });
  const place = async (sessionId: string, quantity = 1): Promise<string> => {
    const holdId = newId('hld', TENANT);
    await send(placeHold, {
      holdId,
      orderId: newId('ord', TENANT),
      lines: [{ sessionId, quantity }],
      channel: 'web',
      expiresAt: new Date(Date.now() + 900_000).toISOString(),
    });
    return holdId;
  };

  it('INV-01 a calendar asked for in two instances at once makes each session once', async () => {
    const json = calendar(PRODUCT);
    const key = freshKey();
    const replies = await Promise.all(
      [0, 1, 0, 1].map((instance) => call('/api/v1/session-calendars', { json, key, instance })),
    );
    expect(replies.map(({ status }) => status)).to.deep.equal([201, 201, 201, 201]);
    const items = await list(PRODUCT);
    // Eleven days with two slots, one day of them closed.
    expect(items).to.have.length(20);
    expect(items.every(({ capacity, available }) => capacity === 50 && available === 50)).to.equal(true);
    await eventually(
      'each is told',
      () =>
        new Set(changes.filter(({ productId }) => productId === PRODUCT).map(({ sessionId }) => sessionId)).size === 20,
    );
    expect((await call('/api/v1/session-calendars', { json, key })).body).to.include({ sessions: 0 });
    expect(await list(PRODUCT, 1)).to.deep.equal(items);
  });

  it('PLA-02 another tenant sees none of them and has no calendar on this site', async () => {
    const foreign = await call(`/api/v1/sessions?productId=${PRODUCT}&from=${today}&to=${today}`, {
      apiKey: foreignKey,
    });
    expect(listShape.parse(foreign.body).items).to.deep.equal([]);
    expect((await call('/api/v1/session-calendars', { json: calendar(PRODUCT), apiKey: foreignKey })).status).to.equal(
      422,
    );
  });

  it('INV-20 capacity lowered while holds are being granted never falls below what is held', async () => {
    const session = await one('low', 100);
    const asked: Promise<string>[] = [];
    let lowered = 0;
    for (let round = 0; round < 20; round += 1) {
      for (let index = 0; index < 5; index += 1) asked.push(place(session.id));
      const now = await again('low');
      const target = Math.max(0, now.capacity - 9);
      const { status } = await patch(now, { capacity: target, reason: 'works' }, round % 2);
      expect(status).to.be.oneOf([200, 409, 412]);
      if (status === 200) lowered += 1;
      const seen = await again('low');
      expect(seen.available, 'never below zero').to.be.at.least(0);
      expect(seen.held + seen.sold).to.be.at.most(seen.capacity);
    }
    const ids = await Promise.all(asked);
    await eventually('all are answered', () => ids.every((id) => answers.has(id)));
    const end = await settled('the session', () => again('low'));
    expect(end.available + end.held + end.sold).to.equal(end.capacity);
    expect(end.held).to.equal(ids.filter((id) => answers.get(id) === 'granted').length);
    expect(lowered).to.be.greaterThan(0);
    const refused = await patch(end, { capacity: end.held - 1, reason: 'works' });
    expect(refused.body).to.include({ code: 'inventory.capacity-below-sold' });
  });

  it('PLA-34 two people who change one session at once: one of them has to look again', async () => {
    const session = await one('two', 100);
    const replies = await Promise.all([
      patch(session, { capacity: 80, reason: 'works' }, 0),
      patch(session, { capacity: 120, reason: 'demand' }, 1),
    ]);
    expect(replies.map(({ status }) => status).sort()).to.deep.equal([200, 412]);
    const { capacity, available } = await again('two');
    expect([80, 120]).to.include(capacity);
    expect(available).to.equal(capacity);
  });

  it('INV-13 what moved is told within a second: holds, releases, capacity, closing', async () => {
    const session = await one('fig', 10);
    const told = (available: number, since: number): Promise<number> =>
      eventually(`${available} is told`, () => {
        const found = figures.find(
          ({ at, sessions }) =>
            at >= since && sessions.some((figure) => figure.sessionId === session.id && figure.available === available),
        );
        return found === undefined ? undefined : found.at - since + 1;
      });
    let since = Date.now();
    const holdId = await place(session.id, 4);
    expect(await told(6, since)).to.be.below(1_000);
    since = Date.now();
    await send(releaseHold, { holdId, orderId: newId('ord', TENANT), reason: 'expired' });
    expect(await told(10, since)).to.be.below(1_000);
    since = Date.now();
    await patch(await again('fig'), { capacity: 7, reason: 'works' });
    expect(await told(7, since)).to.be.below(1_000);
    since = Date.now();
    await patch(await again('fig'), { status: 'closed', reason: 'storm' });
    expect(await told(0, since)).to.be.below(1_000);
    const refused = await place(session.id);
    await eventually('a closed session grants nothing', () => answers.get(refused) === 'rejected');
  });
});
