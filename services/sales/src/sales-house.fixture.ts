// Sales on real servers, for integration specs, among neighbours that are played here: an identity that tells two tenants, an
// inventory that counts places, a finance whose payers do as the spec says, and somebody who hears what sales says.
import {
  exchangeCompleted,
  exchangeFailed,
  gateIncidentFound,
  gateSynced,
  holderKeepsTickets,
  holderToldOfDisruption,
  orderClosed,
  orderFulfilled,
  paymentReturned,
  placeHold,
  republishSessions,
  republishTenants,
  republishTrust,
  sessionChanged,
  siteLightChanged,
  tenantChanged,
  tenantsRepublished,
  ticketExpired,
  ticketRefunded,
  ticketReissueRefused,
  ticketsRefunded,
  formerTicketShown,
  ticketScanned,
  ticketUsed,
  trustBeat,
  TRUST_BEAT_EVERY_MS,
  trustPublished,
  waitingJoined,
  waitingServed,
  type DataOf,
  type Envelope,
  type MessageDefinition,
  type SiteCapacity,
} from '@tongpiao/contracts';
import { addDays, localDateOf, type TenantId } from '@tongpiao/kernel';
import { connectBroker, isMessage, type Broker } from '@tongpiao/messaging';
import { createBusSeal, newId } from '@tongpiao/persistence';
import { readConfig, type Running } from '@tongpiao/service-shell';
import { freshKey, trialTrust } from '@tongpiao/service-shell/trial';
import { eventually, forget, testServers } from '@tongpiao/testing';
import { pino } from 'pino';
import { z } from 'zod';
import { configSchema } from './config.ts';
import { playFinance, playInventory, type Plays } from './house-neighbours.fixture.ts';
import { run, type SalesTestOptions } from './run.ts';

export const TENANT = 'ten_7f3k9q2m5x8c4v6b1n0a' as TenantId;
export const FOREIGN = 'ten_7f3k9q2m5x8c4v6b1n0b' as TenantId;
export const SITE = 'sit_0a7f3k9q2m5x8c4v6b1n';
export const OTHER_SITE = 'sit_0a7f3k9q2m5x8c4v6b1m';
export const GATES = ['gat_0a7f3k9q2m5x8c4v6b1n', 'gat_0a7f3k9q2m5x8c4v6b1m'] as const;
export const OTHER_GATE = 'gat_0a7f3k9q2m5x8c4v6b1k';

const ZONE = 'Asia/Shanghai';
const today = (): string => localDateOf(new Date(), ZONE);
export const inDays = (days: number): string => addDays(localDateOf(new Date(), ZONE), days);

export type Reply = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
};
export type Ask = {
  readonly method?: string;
  readonly json?: unknown;
  readonly token?: string;
  readonly apiKey?: string;
  readonly key?: string;
  readonly wait?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly instance?: Running;
};

// A ticket that was exchanged has no QR any more.
const ticket = z.object({ number: z.string(), status: z.string(), qr: z.string().default('') });
const orderShape = z.looseObject({
  id: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  accessToken: z.string().optional(),
  tickets: z.array(ticket),
  payments: z.array(z.looseObject({ id: z.string(), status: z.string() })),
  refunds: z.array(
    z.looseObject({
      amount: z.looseObject({ amount: z.number() }),
      status: z.string(),
      ticketNumbers: z.array(z.string()),
    }),
  ),
  owed: z.looseObject({ amount: z.looseObject({ amount: z.number() }), sendBy: z.string() }).optional(),
});
export type SeenOrder = z.output<typeof orderShape>;
export const orderOf = (reply: Reply): SeenOrder => orderShape.parse(reply.body);
export const codeOf = (reply: Reply): string => z.looseObject({ code: z.string() }).parse(reply.body).code;
/** An order with its own token. */
export type Placed = { readonly id: string; readonly token: string };

export type Offer = { readonly productId: string; readonly types: Readonly<Record<string, string>> };
export type LineWish = {
  readonly sessionId: string;
  readonly ticketTypeId: string;
  readonly quantity?: number;
  readonly travellers?: readonly { name: string; idType: string; idNumber: string }[];
};

/** SAL-26 */
export type WaitingWish = { readonly until: string; readonly prepaid: boolean };

export type SalesHouse = Awaited<ReturnType<typeof openSalesHouse>>;

export async function openSalesHouse() {
  const servers = testServers();
  const logger = pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
  const trust = trialTrust();
  const busKey = servers.key();
  const bus = createBusSeal(Buffer.from(busKey, 'base64'));
  const staff = (tenantId: string, roles: string[], kind: 'kiosk' | 'gate' = 'kiosk', subject = 'desk_1'): string =>
    trust.apiKey({ id: newId('key', tenantId as TenantId), kind, tenantId, subject, roles });
  const keys = {
    manager: staff(TENANT, ['manager', 'tenant_admin']),
    clerk: staff(TENANT, ['sales_clerk']),
    director: staff(TENANT, ['director']),
    auditor: staff(TENANT, ['auditor']),
    financeClerk: staff(TENANT, ['finance_clerk']),
    inspector: staff(TENANT, ['gate_inspector']),
    kiosk: staff(TENANT, ['kiosk']),
    secondManager: staff(TENANT, ['manager'], 'kiosk', 'desk_2'),
    gates: GATES.map((gate) => staff(TENANT, ['gate'], 'gate', gate)),
    otherGate: staff(TENANT, ['gate'], 'gate', OTHER_GATE),
    foreignClerk: staff(FOREIGN, ['sales_clerk']),
    foreign: staff(FOREIGN, ['manager', 'gate']),
  };
  const connect = (service: string): Promise<Broker> =>
    connectBroker({ url: servers.rabbitmqUrl, service, instance: 'played', prefix: servers.prefix, logger });
  const identity = await connect('identity');
  const inventory = await connect('inventory');
  const finance = await connect('finance');
  const ears = await connect('ears');

  const instances: Running[] = [];
  const asked: Envelope[] = [];
  const said: Envelope[] = [];
  const complaints: string[] = [];
  const plays: Plays = { inventory: 'on', line: 'on', close: 'closed', refund: 'on', twice: false };

  async function tell<Definition extends MessageDefinition>(
    from: Broker,
    definition: Definition,
    data: DataOf<Definition>,
    options: {
      id?: string;
      tenantId?: string;
      cause?: Envelope;
      queue?: string;
      sequence?: number;
      time?: string;
    } = {},
  ): Promise<void> {
    const tenantId = options.tenantId ?? options.cause?.tenantid ?? TENANT;
    const id = options.id ?? newId('msg', TENANT);
    const envelope: Envelope = {
      specversion: '1.0',
      id,
      type: definition.type,
      source: from === finance ? 'finance' : from === inventory ? 'inventory' : 'identity',
      subject: 'played',
      time: options.time ?? new Date().toISOString(),
      datacontenttype: 'application/json',
      tenantid: tenantId,
      correlationid: options.cause?.correlationid ?? id,
      causationid: options.cause?.id ?? id,
      sequence: options.sequence ?? 1,
      data,
    };
    const { queue } = options;
    for (let times = plays.twice && queue === undefined ? 2 : 1; times > 0; times -= 1)
      await from.publisher.publish(
        queue === undefined ? { kind: definition.kind, envelope } : { kind: 'direct', queue, envelope },
      );
  }

  const stage = { asked, complaints, plays };
  const places = await playInventory({
    ...stage,
    broker: inventory,
    tell: (definition, data, options) => tell(inventory, definition, data, options),
  });
  const money = await playFinance({
    ...stage,
    broker: finance,
    tell: (definition, data, options) => tell(finance, definition, data, options),
  });
  const { sessions } = places;
  await inventory.consume({
    slice: 'on-session-republish',
    definitions: [republishSessions],
    handle: async (message) => {
      if (!isMessage(message, republishSessions)) return;
      for (const { data, tenantId } of sessions.values())
        await tell(inventory, sessionChanged, data, { tenantId, queue: message.envelope.data.replyQueue });
    },
  });

  await ears.consume({
    slice: 'hear',
    definitions: [
      orderFulfilled,
      orderClosed,
      paymentReturned,
      ticketUsed,
      formerTicketShown,
      ticketReissueRefused,
      ticketScanned,
      ticketExpired,
      ticketRefunded,
      ticketsRefunded,
      holderKeepsTickets,
      holderToldOfDisruption,
      exchangeCompleted,
      exchangeFailed,
      waitingJoined,
      waitingServed,
      gateIncidentFound,
      gateSynced,
      siteLightChanged,
    ],
    handle: async ({ envelope }) => void said.push(envelope),
  });

  const example = tenantChanged.data.parse(tenantChanged.example);
  const name = { zh: '闸机', en: 'Gate' };
  let tellings = 1;
  const tenants: DataOf<typeof tenantChanged>[] = [
    {
      ...example,
      tenantId: TENANT,
      sites: [
        {
          id: SITE,
          name,
          gates: GATES.map((id, index) => ({ id, name: { zh: `${index + 1}号闸机`, en: `Gate ${index + 1}` } })),
        },
        { id: OTHER_SITE, name, gates: [{ id: OTHER_GATE, name }] },
      ],
    },
    { ...example, tenantId: FOREIGN, sites: [] },
  ];
  await identity.consume({
    slice: 'answers',
    definitions: [republishTenants, republishTrust],
    handle: async (message) => {
      if (isMessage(message, republishTrust))
        await tell(identity, trustPublished, trustPublished.data.parse(trust.publication()), {
          tenantId: 'platform',
          queue: message.envelope.data.replyQueue,
        });
      else if (isMessage(message, republishTenants)) {
        const { replyQueue: queue } = message.envelope.data;
        for (const tenant of tenants)
          await tell(identity, tenantChanged, tenant, { tenantId: tenant.tenantId, queue, sequence: tellings });
        await tell(identity, tenantsRepublished, { count: tenants.length }, { tenantId: 'platform', queue });
      }
    },
  });
  const beats = setInterval(() => {
    tell(identity, trustBeat, { revision: trust.publication().revision }, { tenantId: 'platform' }).catch(
      () => undefined,
    );
  }, TRUST_BEAT_EVERY_MS);

  const settings = {
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    HTTP_PORT: '0',
    HTTP_TRUSTED_HOPS: '1',
    MONGODB_URI: servers.mongodbUri,
    DATABASE_NAME: servers.database('sales'),
    RABBITMQ_URL: servers.rabbitmqUrl,
    BROKER_PREFIX: servers.prefix,
    REDIS_URL: servers.redisUrl,
    MASTER_KEY: servers.key(),
    BUS_KEY: busKey,
  };
  let started = 0;
  let callers = 0;

  async function start(options: SalesTestOptions & { settings?: Record<string, string> } = {}): Promise<Running> {
    started += 1;
    const { settings: more = {}, ...rest } = options;
    const config = readConfig(configSchema, { ...settings, SERVICE_INSTANCE: `sales-${started}`, ...more });
    const running = await run(config, { logger, ...rest });
    instances.push(running);
    await eventually('sales is ready', async () => {
      const answer = await fetch(`http://127.0.0.1:${running.httpPort}/health/ready`);
      return answer.status === 200 || Promise.reject(new Error(await answer.text()));
    });
    return running;
  }

  async function call(path: string, ask: Ask = {}): Promise<Reply> {
    const instance = ask.instance ?? instances[0];
    if (instance === undefined) throw new Error('no instance is running');
    const answer = await fetch(`http://127.0.0.1:${instance.httpPort}${path}`, {
      method: ask.method ?? (ask.json === undefined ? 'GET' : 'POST'),
      headers: {
        ...(ask.json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(ask.json === undefined && ask.method === undefined ? {} : { 'idempotency-key': ask.key ?? freshKey() }),
        ...(ask.token === undefined ? {} : { authorization: `Bearer ${ask.token}` }),
        ...(ask.apiKey === undefined ? {} : { 'x-api-key': ask.apiKey }),
        ...(ask.wait === undefined ? {} : { prefer: `wait=${ask.wait}` }),
        ...ask.headers,
      },
      ...(ask.json === undefined ? {} : { body: JSON.stringify(ask.json) }),
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json') === true && text !== '';
    const body: unknown = isJson ? JSON.parse(text) : undefined;
    return { status: answer.status, headers: answer.headers, text, body };
  }

  /** A product on sale with an adult and a ticket with names. */
  async function offer(
    rules: Readonly<Record<string, unknown>> = {},
    entries = 1,
    /** Rules of after the sale, and whatever else a product may say. */
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<Offer> {
    const type = (code: string, realName: boolean): unknown => ({
      code,
      name: { zh: code, en: code },
      realName,
      entries,
      eligibility: [],
      limits: {},
      accompanied: false,
    });
    const created = await call('/api/v1/products', {
      apiKey: keys.manager,
      json: {
        siteId: SITE,
        kind: 'admission',
        name: { zh: '门票', en: 'Admission' },
        description: { zh: '说明', en: 'Words' },
        ticketTypes: [type('adult', false), type('named', true)],
        prices: [
          { ticketType: 'adult', amount: 12_000 },
          { ticketType: 'named', amount: 10_000 },
        ],
        rules: {
          presaleDays: 60,
          cutOffMinutesBeforeEnd: 0,
          payWithinMinutes: 15,
          ticketsPerOrder: 20,
          unpaidPerPhone: 1_000,
          unpaidPerAddress: 1_000,
          ...rules,
        },
        validity: { opensMinutesBefore: 0, closesMinutesAfter: 0 },
        ...more,
      },
    });
    if (created.status !== 201) throw new Error(created.text);
    const { id, ticketTypes } = z
      .looseObject({ id: z.string(), ticketTypes: z.array(z.object({ id: z.string(), code: z.string() })) })
      .parse(created.body);
    const json = { status: 'on_sale', reason: 'opening' };
    const opened = await call(`/api/v1/products/${id}/status`, { apiKey: keys.manager, json });
    if (opened.status !== 200) throw new Error(opened.text);
    return { productId: id, types: Object.fromEntries(ticketTypes.map((entry) => [entry.code, entry.id])) };
  }

  /** A session of the whole day, told by inventory and known to sales when this returns. */
  async function session(
    productId: string,
    capacity = 100,
    change: { date?: string; siteId?: string; tenantId?: string } = {},
  ): Promise<string> {
    const date = change.date ?? today();
    const tenantId = change.tenantId ?? TENANT;
    const sessionId = newId<'Session'>('ses', TENANT);
    const data = {
      sessionId,
      productId,
      siteId: change.siteId ?? SITE,
      date,
      startsAt: `${date}T00:00:00+08:00`,
      endsAt: `${addDays(date as ReturnType<typeof addDays>, 1)}T00:00:00+08:00`,
      capacity,
      status: 'open' as const,
    };
    sessions.set(sessionId, { data, tenantId, free: capacity });
    await tell(inventory, sessionChanged, data, { tenantId });
    await eventually('sales knows the session', async () => {
      const path =
        `/api/v1/products/${productId}/availability?from=${date}&to=${date}&x=${sessionId}`.split('&x')[0] ?? '';
      return (await call(path)).text.includes(sessionId) || tenantId !== TENANT;
    });
    return sessionId;
  }

  async function place(
    lines: readonly LineWish[],
    ask: Ask & { phone?: string; quoteId?: string; waitingList?: WaitingWish } = {},
  ): Promise<Reply> {
    callers += 1;
    const phone = ask.phone ?? `138${String(10_000_000 + callers)}`;
    return call('/api/v1/orders', {
      wait: 10,
      ...ask,
      headers: { 'x-forwarded-for': `10.0.${callers % 250}.${Math.floor(callers / 250)}`, ...ask.headers },
      json: { contact: { name: '张三', phone }, lines, quoteId: ask.quoteId, waitingList: ask.waitingList },
    });
  }
  async function placed(
    lines: readonly LineWish[],
    ask: Ask & { phone?: string; waitingList?: WaitingWish } = {},
  ): Promise<Placed> {
    const reply = await place(lines, ask);
    const { id, accessToken = '' } = orderOf(reply);
    return { id, token: accessToken };
  }
  const pay = (order: Placed, method = 'sandbox', ask: Ask = {}): Promise<Reply> =>
    call(`/api/v1/orders/${order.id}/payments`, { token: order.token, wait: 10, ...ask, json: { method } });
  const look = async (order: Placed): Promise<SeenOrder> =>
    orderOf(await call(`/api/v1/orders/${order.id}`, { token: order.token }));
  const becomes = (order: Placed, status: string, withinMs = 15_000): Promise<SeenOrder> =>
    eventually(
      `order ${status}`,
      async () => {
        const seen = await look(order);
        if (seen.status === status) return seen;
        throw new Error(`${seen.status} ${JSON.stringify(seen.payments)}`);
      },
      { withinMs },
    );

  return {
    keys,
    /** Of a traveller who is signed in. */
    tokenOf: (sub: string): string => trust.token({ sub, tid: 'platform', roles: ['traveller'] }),
    asked,
    said,
    ...places,
    ...money,
    plays,
    /** What inventory and finance were asked and could not be. */
    complaints,
    instances,
    redisUrl: servers.redisUrl,
    settings,
    start,
    call,
    offer,
    session,
    place,
    placed,
    pay,
    look,
    becomes,
    tell: <Definition extends MessageDefinition>(
      from: 'inventory' | 'finance',
      definition: Definition,
      data: DataOf<Definition>,
      options: { id?: string; tenantId?: string; sequence?: number; time?: string } = {},
    ): Promise<void> => tell(from === 'finance' ? finance : inventory, definition, data, options),
    /** Identity tells how many people a site carries. */
    async carry(siteId: string, capacity: SiteCapacity): Promise<void> {
      for (const tenant of tenants) {
        const sites = tenant.sites.map((site) => (site.id === siteId ? { ...site, capacity } : site));
        if (tenant.sites.every(({ id }) => id !== siteId)) continue;
        tenant.sites = sites;
        tellings += 1;
        await tell(identity, tenantChanged, tenant, { tenantId: tenant.tenantId, sequence: tellings });
      }
    },
    /** Timers and reviews come from sales itself and from inventory; a spec may send them. */
    send: (definition: MessageDefinition, data: unknown, id = newId<'Message'>('msg', TENANT)): Promise<void> =>
      tell(inventory, definition, data as never, { id }),
    /** As another service seals a personal value for sales, in this message only. */
    sealed: (messageId: string, plain: string): string => bus.sealFor('sales', TENANT, messageId, plain),
    /** The hold that an order asked for. */
    holdOf(orderId: string): string {
      const place = asked.find(
        ({ type, data }) => type === placeHold.type && (data as { orderId: string }).orderId === orderId,
      );
      return (place?.data as { holdId: string }).holdId;
    },
    /** What was asked of the neighbours about an order, by type, repetitions of one message left out. */
    askedOf(orderId: string): readonly string[] {
      const ids = new Set<string>();
      return asked
        .filter(({ data, id }) => (data as { orderId: string }).orderId === orderId && !ids.has(id) && ids.add(id))
        .map(({ type }) => type.split('.').slice(0, 3).join('.'));
    },
    heard: (orderId: string): readonly Envelope[] =>
      said.filter(({ data }) => (data as { orderId: string }).orderId === orderId),
    heardOfRight: (rightId: string): readonly Envelope[] =>
      said.filter(({ data }) => (data as { rightId?: string }).rightId === rightId),
    async stop(): Promise<void> {
      for (const instance of instances.splice(0)) await instance.stop();
      clearInterval(beats);
      trust.stop();
      await Promise.all([identity, inventory, finance, ears].map((broker) => broker.close()));
      const slices = [
        'on-hold-answered',
        'on-payment-told',
        'on-order-timer',
        'on-hold-review',
        'on-ticket-refunded',
        'on-session-disrupted',
        'on-disruption-work',
        'on-refund-exception',
        'republish',
        'on-session-changed',
        'on-waiting-line-changed',
      ];
      const queues = [
        ...slices.map((slice) => `sales.${slice}`),
        'inventory.decide-holds',
        'inventory.on-session-republish',
        'finance.payments',
        'identity.answers',
        'ears.hear',
      ];
      await forget(servers, { databases: ['sales'], queues: queues.flatMap((queue) => [queue, `${queue}.dead`]) });
    },
  };
}
