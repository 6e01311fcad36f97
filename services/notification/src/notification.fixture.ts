// For specs: notification on real servers, with the sandboxes as the outside world and stand-ins for sales, identity and finance.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  republishTenants,
  smsCharged,
  tenantChanged,
  tenantsRepublished,
  type DataOf,
  type Envelope,
  type MessageDefinition,
  type orderFulfilled,
  type sendCode,
} from '@tongpiao/contracts';
import { connectBroker, isMessage, type Broker } from '@tongpiao/messaging';
import { createBusSeal } from '@tongpiao/persistence';
import { startSandboxes, type SandboxOptions, type Sandboxes } from '@tongpiao/sandboxes';
import type { Running } from '@tongpiao/service-shell';
import { forget, testServers } from '@tongpiao/testing';
import mongoose from 'mongoose';
import { pino } from 'pino';
import { z } from 'zod';
import { silentLogger, trialTrust, type TrialTrust } from '@tongpiao/service-shell/trial';
import type { Config } from './config.ts';
import { run, type NotificationTestOptions } from './run.ts';

export const TENANT = 'ten_7f3k9q2m5x8c4v6b1n0a';
const tenant: DataOf<typeof tenantChanged> = { ...tenantChanged.example, tenantId: TENANT };

type Stored = {
  readonly _id: string;
  readonly state: {
    readonly status: string;
    readonly channel: string;
    readonly about: string;
    readonly template: string;
    readonly reason?: string;
    readonly tries: number;
    readonly submission?: { readonly reference: string; readonly segments: number };
  };
  readonly journal: readonly { readonly type: string }[];
};

export type World = {
  readonly sandboxes: Sandboxes;
  readonly trust: TrialTrust;
  readonly broker: Broker;
  /** What finance heard, by message id: what it has booked it does not book again. */
  readonly charged: ReadonlyMap<string, { readonly messages: number; readonly segments: number }>;
  start(options?: NotificationTestOptions, config?: Partial<Config>): Promise<Running>;
  publish(envelope: Envelope, kind?: 'event' | 'command'): Promise<void>;
  sealed(messageId: string, plain: string): string;
  messages(filter?: Readonly<Record<string, unknown>>): Promise<readonly Stored[]>;
  collection(name: string): mongoose.mongo.Collection;
  readonly database: { readonly uri: string; readonly name: string };
  stopSandboxes(): Promise<void>;
  restartSandboxes(): Promise<void>;
  stop(): Promise<void>;
};

let phones = 0;
/** A number of its own per order; `ending` chooses the fate at the message centre. */
export function phone(ending = '5678'): string {
  phones += 1;
  return `138${String(phones).padStart(4, '0')}${ending}`;
}

export async function startWorld(settings: SandboxOptions['settings'] = {}): Promise<World> {
  const servers = testServers();
  const busKey = servers.key();
  const bus = createBusSeal(Buffer.from(busKey, 'base64'));
  const directory = await mkdtemp(join(tmpdir(), 'notification-'));
  const keys = { MASTER_KEY: servers.key(), BUS_KEY: busKey };
  const startOutside = (ports: { smppPort?: number; smtpPort?: number } = {}): Promise<Sandboxes> =>
    startSandboxes({
      stateDirectory: directory,
      settings: { smsReceiptDelayMs: 10, smsPerSecond: 0, ...settings },
      ...ports,
    });
  let sandboxes = await startOutside();
  const { ports } = sandboxes;
  const trust = trialTrust();
  const broker = await connectBroker({
    url: servers.rabbitmqUrl,
    service: 'outside',
    instance: 'outside-1',
    prefix: servers.prefix,
    logger: silentLogger,
  });
  const charged = new Map<string, { messages: number; segments: number }>();
  const queues: string[] = [];
  await broker.consume({
    slice: 'on-charged',
    definitions: [smsCharged],
    handle: async (message) => {
      if (!isMessage(message, smsCharged)) return;
      charged.set(message.envelope.id, message.envelope.data);
    },
  });
  await broker.consume({
    slice: 'tenants',
    definitions: [republishTenants],
    handle: async (message) => {
      if (!isMessage(message, republishTenants)) return;
      const { replyQueue } = message.envelope.data;
      const tell = (type: string, data: unknown): Promise<void> =>
        broker.publisher.publish({
          kind: 'direct',
          queue: replyQueue,
          envelope: envelopeOf(type, newMessageId(), data),
        });
      await tell(tenantChanged.type, tenant);
      await tell(tenantsRepublished.type, { count: 1 });
    },
  });
  queues.push('outside.on-charged', 'outside.tenants');
  const connection = await mongoose.createConnection(servers.mongodbUri).asPromise();
  const database = connection.useDb(servers.database('notification'));
  const running = new Set<Running>();
  let instances = 0;

  return {
    get sandboxes() {
      return sandboxes;
    },
    trust,
    broker,
    charged,
    async start(options = {}, config = {}) {
      instances += 1;
      const level = process.env['TEST_LOG'] ?? 'silent';
      const started = await run(
        {
          NODE_ENV: 'test',
          SERVICE_INSTANCE: `notification-${instances}`,
          LOG_LEVEL: 'silent',
          LIMITS: 'on',
          HTTP_HOST: '127.0.0.1',
          HTTP_PORT: 0,
          HTTP_TRUSTED_HOPS: 0,
          PUBLIC_BASE_URL: 'http://localhost:8080',
          MONGODB_URI: servers.mongodbUri,
          DATABASE_NAME: servers.database('notification'),
          RABBITMQ_URL: servers.rabbitmqUrl,
          BROKER_PREFIX: servers.prefix,
          ...keys,
          SMPP_URL: `smpp://${sandboxes.smpp.systemId}:${sandboxes.smpp.password}@127.0.0.1:${ports.smpp}`,
          SMS_SOURCE_ADDRESS: '10690000',
          SMTP_URL: `smtp://127.0.0.1:${ports.smtp}`,
          MAIL_FROM: '通票 <tickets@localhost>',
          PLATFORM_SIGNATURE: '通票',
          BULK_PER_SECOND: 1_000,
          ...config,
        },
        { trust: trust.store, logger: pino({ level }), ...options },
      );
      running.add(started);
      return { ...started, stop: () => started.stop().then(() => void running.delete(started)) };
    },
    publish: (envelope, kind = 'event') => broker.publisher.publish({ kind, envelope }),
    sealed: (messageId, plain) => bus.sealFor('notification', TENANT, messageId, plain),
    async messages(filter = {}) {
      const found: unknown = await database.collection('messages').find(filter).toArray();
      return found as Stored[];
    },
    collection: (name) => database.collection(name),
    database: { uri: servers.mongodbUri, name: servers.database('notification') },
    stopSandboxes: () => sandboxes.stop(),
    async restartSandboxes() {
      sandboxes = await startOutside({ smppPort: ports.smpp, smtpPort: ports.smtp });
    },
    async stop() {
      await Promise.all([...running].map((instance) => instance.stop()));
      await broker.close();
      await sandboxes.stop();
      await connection.close();
      trust.stop();
      const slices = [
        'on-order-fulfilled',
        'on-order-closed',
        'on-payment-returned',
        'on-tickets-refunded',
        'on-exchange-told',
        'on-waiting-told',
        'on-session-disrupted',
        'send-code',
        'on-republish-messages',
      ];
      const own = [...queues, ...slices.map((slice) => `notification.${slice}`)];
      await forget(servers, {
        databases: ['notification'],
        queues: own.flatMap((queue) => [queue, `${queue}.dead`]),
      });
      await rm(directory, { recursive: true });
    },
  };
}

export function newMessageId(): string {
  return `msg_${randomBytes(8).toString('hex')}`;
}

export function envelopeOf<Data>(type: string, id: string, data: Data): Envelope<Data> {
  return {
    specversion: '1.0',
    id,
    type,
    source: 'sales',
    subject: id,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    tenantid: TENANT,
    correlationid: id,
    causationid: id,
    sequence: 1,
    data,
  };
}

const QR = `TP1.K2026A.${'0123456789ABCDEFGHJKMNPQRSTVWXYZ'.repeat(8)}`;

export type OrderWishes = {
  readonly phone?: string;
  readonly email?: string | undefined;
  readonly tickets?: number;
  readonly language?: 'zh-CN' | 'en';
  readonly id?: string;
};

/** A request for a code as identity tells it: one segment in either language. */
export function codeRequest(
  world: Pick<World, 'sealed'>,
  to: string,
  wishes: { channel?: 'sms' | 'email'; code?: string; id?: string; time?: string } = {},
): Envelope<DataOf<typeof sendCode>> {
  const id = wishes.id ?? newMessageId();
  const data: DataOf<typeof sendCode> = {
    channel: wishes.channel ?? 'sms',
    to: world.sealed(id, to),
    code: world.sealed(id, wishes.code ?? '482913'),
    minutesValid: 5,
    language: 'zh-CN',
  };
  const envelope = envelopeOf('notification.message.send-code.v1', id, data);
  return { ...envelope, source: 'identity', ...(wishes.time === undefined ? {} : { time: wishes.time }) };
}

type TicketPage = DataOf<typeof orderFulfilled>['tickets'][number]['page'];

function pageOf(sealed: (plain: string) => string): TicketPage {
  return {
    product: { zh: '分时入园门票', en: 'Timed entry' },
    siteId: tenant.sites[0]?.id ?? '',
    validFrom: '2026-12-01T00:30:00.000Z',
    validUntil: '2026-12-01T03:00:00.000Z',
    entries: 1,
    admits: 1,
    realName: true,
    showAtGate: [],
    traveller: { name: sealed('张三丰'), idType: 'id_card', idNumber: sealed('11010519491231002X') },
  };
}

/** A fulfilled order as sales tells it. */
export function fulfilledOrder(
  world: Pick<World, 'sealed'>,
  wishes: OrderWishes = {},
): Envelope<DataOf<typeof orderFulfilled>> {
  const id = wishes.id ?? newMessageId();
  const orderId = `ord_0a${randomBytes(10).toString('hex')}`;
  const sealed = (plain: string): string => world.sealed(id, plain);
  const data: DataOf<typeof orderFulfilled> = {
    orderId,
    language: wishes.language ?? 'zh-CN',
    contact: {
      name: sealed('张三丰'),
      phone: sealed(wishes.phone ?? phone()),
      ...(wishes.email === undefined ? {} : { email: sealed(wishes.email) }),
    },
    total: 24_000,
    product: { zh: '分时入园门票', en: 'Timed entry' },
    tickets: Array.from({ length: wishes.tickets ?? 2 }, (_, index) => ({
      number: `0A7F3K9Q2M5X8C${index % 10}`,
      ticketType: { zh: '成人票', en: 'Adult' },
      sessionId: 'ses_0a1b2c3d4e5f6g7h8j9k',
      date: '2026-12-01',
      startsAt: '2026-12-01T09:00:00+08:00',
      endsAt: '2026-12-01T11:00:00+08:00',
      amount: 12_000,
      qr: QR,
      ...(wishes.email === undefined ? {} : { page: pageOf(sealed) }),
    })),
  };
  return envelopeOf('sales.order.fulfilled.v1', id, data);
}

/** An event about an order, as its example tells it: to this phone and mailbox, with what a spec changes. */
export function toldAfterSale(
  world: Pick<World, 'sealed'>,
  definition: MessageDefinition,
  /** By the message's id where something of it is sealed. */
  change: Readonly<Record<string, unknown>> | ((id: string) => Readonly<Record<string, unknown>>),
  to: { readonly phone: string; readonly email: string },
): Envelope<{ orderId: string }> {
  const id = newMessageId();
  const contact = {
    name: world.sealed(id, '张三丰'),
    phone: world.sealed(id, to.phone),
    email: world.sealed(id, to.email),
  };
  const orderId = `ord_0a${randomBytes(10).toString('hex')}`;
  const example = z.looseObject({ orderId: z.string() }).parse(definition.example);
  return envelopeOf(definition.type, id, {
    ...example,
    orderId,
    contact,
    ...(typeof change === 'function' ? change(id) : change),
  });
}
