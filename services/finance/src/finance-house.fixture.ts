// Finance on real servers with the payment sandbox in this process, for integration specs: somebody who plays sales, identity and the
// gateway, a clock that can be moved on, and a look at everything that finance says.
import { randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  closePayment,
  compensationRefused,
  paymentCaptured,
  paymentClosed,
  paymentFailed,
  paymentOpened,
  paymentRefunded,
  paymentRefundFailed,
  paymentReported,
  paymentSurplusReceived,
  refundPayment,
  republishTenants,
  republishTrust,
  requestPayment,
  tenantChanged,
  tenantsRepublished,
  trustBeat,
  TRUST_BEAT_EVERY_MS,
  trustPublished,
  type DataOf,
  type Envelope,
  type MessageDefinition,
  type PaymentMethod,
} from '@tongpiao/contracts';
import { formatId, type TenantId } from '@tongpiao/kernel';
import { connectBroker, isMessage, type Broker } from '@tongpiao/messaging';
import { credentialsFile, startSandboxes, type Sandboxes, type SettingsChange } from '@tongpiao/sandboxes';
import { apiKeyHash, readConfig, type Running } from '@tongpiao/service-shell';
import { eventually, forget, testServers, type TestServers } from '@tongpiao/testing';
import { pino } from 'pino';
import { z } from 'zod';
import { openDatabase } from '@tongpiao/persistence';
import { alipayTime } from './adapters/provider-spelling.ts';
import { configSchema, type Config } from './config.ts';
import { run, type FinanceTestOptions } from './run.ts';

export const TENANT = 'ten_7f3k9q2m5x8c4v6b1n0a' as TenantId;
/** Not a demo tenant. */
export const REAL_TENANT = 'ten_7f3k9q2m5x8c4v6b1n0b' as TenantId;

export const STAFF_KEY = 'tpk_key_finance_0123456789abcdefghijklmnop';
/** May do nothing here. */
export const GATE_KEY = 'tpk_key_gate_0123456789abcdefghijklmnop';
/** What a crash leaves is taken up after some ten seconds; the machine may be slow. */
export const PATIENCE = { withinMs: 40_000 };
const SAID = [
  paymentOpened,
  paymentCaptured,
  paymentSurplusReceived,
  paymentFailed,
  paymentClosed,
  paymentRefunded,
  paymentRefundFailed,
  compensationRefused,
] as const;
const SLICES = [
  'on-request-payment',
  'on-close-payment',
  'on-refund-payment',
  'on-pay-compensation',
  'on-query-payment',
  'on-query-refund',
  'post-ledger',
  'on-republish-payments',
];

type Callback = { readonly path: string; readonly headers: Record<string, string>; readonly body: Buffer };

export type Asked = {
  readonly paymentId: string;
  readonly orderId: string;
  readonly amount: number;
  readonly method: PaymentMethod;
};

const providerPayment = z.object({
  outTradeNo: z.string(),
  refunds: z.array(z.object({ outRefundNo: z.string(), amountFen: z.number(), status: z.string() })),
});
type ProviderPayment = z.output<typeof providerPayment>;
/** More than any spec makes. */
const PROVIDER_PAYMENTS = 1_000;

export type FinanceHouse = {
  readonly sandboxes: Sandboxes;
  readonly said: readonly Envelope[];
  /** Messages that finance gave up, by their slice and reason. */
  readonly parked: () => Promise<readonly unknown[]>;
  /** How many changes a payment has had. */
  changesOf(paymentId: string): Promise<number>;
  /** A notification with the signature of the sandbox's Alipay: what only the provider itself can send. */
  signedByAlipay(parameters: Readonly<Record<string, string>>): Promise<Callback>;
  start(options?: FinanceTestOptions & { environment?: Record<string, string> }): Promise<Running>;
  /** Moves finance's clock on; timers that fall due are fired. */
  later(ms: number): void;
  /** Everything that was told about a payment, by type without owner and version. */
  toldOf(paymentId: string): readonly string[];
  heard<Definition extends MessageDefinition>(definition: Definition, paymentId: string): Promise<DataOf<Definition>>;
  send(
    definition: MessageDefinition,
    data: unknown,
    options?: { id?: string; tenantId?: string; kind?: 'event' | 'command' },
  ): Promise<string>;
  request(change?: Partial<Asked> & { takenBy?: string; tenantId?: string; expiresAt?: string }): Promise<Asked>;
  close(payment: Asked): Promise<string>;
  refund(payment: Asked, amount: number, refundId?: string): Promise<string>;
  newId(prefix: string): string;
  get(path: string): Promise<{ status: number; body: unknown }>;
  /** As a finance manager, or with another key; under a fresh Idempotency-Key unless one is given. */
  post(path: string, options?: { apiKey?: string; key?: string }): Promise<{ status: number; body: unknown }>;
  /** What the provider has of a payment. */
  atProvider(paymentId: string): Promise<ProviderPayment>;
  /** What `get` answers, parsed. */
  read<Shape extends z.ZodType>(path: string, shape: Shape): Promise<z.output<Shape>>;
  /** Posts a call-back as the provider would. */
  callBack(callback: Callback): Promise<{ status: number; body: string }>;
  /** Call-backs that passed through, oldest first. */
  readonly callbacks: readonly Callback[];
  /** Where the sandbox's call-backs go: on, or lost on the way. */
  deliver(mode: 'on' | 'lost'): void;
  setSandbox(change: SettingsChange): void;
  readonly replyQueue: string;
  /** Where the gateway is. */
  readonly publicUrl: string;
  stop(): Promise<void>;
};

export async function openFinanceHouse(): Promise<FinanceHouse> {
  const servers = testServers();
  const logger = pino({ level: process.env['LOG_LEVEL'] ?? 'silent' });
  const directory = await mkdtemp(join(tmpdir(), 'finance-'));
  const sandboxes = await startSandboxes({
    stateDirectory: directory,
    settings: { autoPayDelayMs: 5, refundDelayMs: 5, callbackRetryMs: 20 },
  });
  const broker = await connectBroker({
    url: servers.rabbitmqUrl,
    service: 'trial',
    instance: 'trial',
    prefix: servers.prefix,
    logger,
  });
  const said: Envelope[] = [];
  await broker.consume({
    slice: 'hear',
    definitions: [...SAID, paymentReported],
    handle: async ({ envelope }) => {
      said.push(envelope);
    },
  });
  const endBeats = await playIdentity(broker);
  const database = await openDatabase({ uri: servers.mongodbUri, name: servers.database('finance'), logger });
  let instances: readonly Running[] = [];
  const callbacks: Callback[] = [];
  let delivery: 'on' | 'lost' = 'on';
  const front = await startFront(
    () => instances,
    callbacks,
    () => delivery,
  );
  let aheadMs = 0;
  let started = 0;
  const masterKey = servers.key();
  const busKey = servers.key();

  const newId = (prefix: string): string => formatId(prefix, TENANT, randomBytes(15));

  async function publish(
    definition: MessageDefinition,
    data: unknown,
    {
      id = newId('msg'),
      tenantId = TENANT,
      kind = definition.kind,
    }: { id?: string; tenantId?: string; kind?: 'event' | 'command' } = {},
  ): Promise<string> {
    await broker.publisher.publish({ kind, envelope: envelopeOf(definition, data, id, tenantId) });
    return id;
  }

  async function get(path: string): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(`${front.url}${path}`, { headers: { 'x-api-key': STAFF_KEY } });
    return { status: answer.status, body: await answer.json() };
  }

  async function post(
    path: string,
    { apiKey = STAFF_KEY, key = newId('key') }: { apiKey?: string; key?: string } = {},
  ): Promise<{ status: number; body: unknown }> {
    const headers = { 'x-api-key': apiKey, 'idempotency-key': key };
    const answer = await fetch(`${front.url}${path}`, { method: 'POST', headers });
    return { status: answer.status, body: await answer.json() };
  }

  async function atProvider(paymentId: string): Promise<ProviderPayment> {
    const answer = await fetch(`${sandboxes.httpUrl}/payments?limit=${PROVIDER_PAYMENTS}`);
    const found = z
      .array(providerPayment)
      .parse(await answer.json())
      .find(({ outTradeNo }) => outTradeNo === paymentId);
    if (found === undefined) throw new Error(`the provider does not know ${paymentId}`);
    return found;
  }

  function toldOf(paymentId: string): readonly string[] {
    const ids = new Set<string>();
    return said
      .filter(({ subject, id }) => subject === paymentId && !ids.has(id) && ids.add(id))
      .map(({ type }) => type.split('.')[2] ?? type);
  }

  return {
    sandboxes,
    said,
    parked: async () => {
      const { connection } = database;
      return z.array(z.unknown()).parse(await connection.collection('parked_messages').find().toArray());
    },
    async changesOf(paymentId) {
      const found = await database.connection.collection<{ _id: string }>('payments').findOne({ _id: paymentId });
      return z.object({ version: z.number() }).parse(found).version;
    },
    async signedByAlipay(parameters) {
      const provider = z.object({ alipayPrivateKeyPem: z.string() });
      const file: unknown = JSON.parse(await readFile(join(directory, 'payment-provider.json'), 'utf8'));
      const all = {
        app_id: sandboxes.paymentCredentials.alipay.appId,
        notify_time: alipayTime(new Date()),
        ...parameters,
      };
      const content = Object.entries(all)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => `${name}=${value}`)
        .join('&');
      const signature = sign('RSA-SHA256', Buffer.from(content), provider.parse(file).alipayPrivateKeyPem);
      const form = new URLSearchParams({ ...all, sign_type: 'RSA2', sign: signature.toString('base64') });
      return {
        path: `/api/v1/payment-notifications/alipay/${TENANT}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: Buffer.from(form.toString()),
      };
    },
    async start({ environment = {}, ...options } = {}) {
      started += 1;
      const finance = await run(
        configOf(servers, {
          SERVICE_INSTANCE: `finance-${started}`,
          MASTER_KEY: masterKey,
          BUS_KEY: busKey,
          PUBLIC_BASE_URL: front.url,
          SANDBOX_CREDENTIALS_FILE: join(directory, credentialsFile),
          ...environment,
        }),
        { clock: () => new Date(Date.now() + aheadMs), logger: logger.child({ service: 'finance' }), ...options },
      );
      const running: Running = {
        ...finance,
        stop() {
          instances = instances.filter((instance) => instance !== running);
          return finance.stop();
        },
      };
      instances = [...instances, running];
      await eventually('finance is ready', async () => {
        const answer = await fetch(`http://127.0.0.1:${running.httpPort}/health/ready`);
        return answer.status === 200 || Promise.reject(new Error(await answer.text()));
      });
      return running;
    },
    later(ms) {
      aheadMs += ms;
    },
    toldOf,
    heard: (definition, paymentId) =>
      eventually(
        `${definition.type} of ${paymentId}`,
        () => {
          const found = said.find(({ type, subject }) => type === definition.type && subject === paymentId);
          return found === undefined ? undefined : (found.data as DataOf<typeof definition>);
        },
        PATIENCE,
      ),
    send: publish,
    async request({ takenBy, tenantId = TENANT, expiresAt, ...change } = {}) {
      const asked: Asked = {
        paymentId: newId('pay'),
        orderId: newId('ord'),
        amount: 24_000,
        method: 'wechat',
        ...change,
      };
      const facts = {
        description: '分时入园门票 ×2',
        expiresAt: expiresAt ?? new Date(Date.now() + aheadMs + 900_000).toISOString(),
      };
      await publish(
        requestPayment,
        { ...asked, ...facts, ...(takenBy === undefined ? {} : { takenBy }) },
        { id: `${asked.orderId}:1:0`, tenantId },
      );
      return asked;
    },
    close: ({ paymentId, orderId }) => publish(closePayment, { paymentId, orderId }),
    async refund({ paymentId, orderId }, amount, refundId = newId('rfd')) {
      await publish(refundPayment, { paymentId, orderId, refundId, amount, reason: 'refund' });
      return refundId;
    },
    newId,
    get,
    post,
    atProvider,
    async read(path, shape) {
      const { status, body } = await get(path);
      if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
      return shape.parse(body);
    },
    async callBack({ path, headers, body }) {
      const answer = await fetch(`${front.url}${path}`, { method: 'POST', headers, body: new Uint8Array(body) });
      return { status: answer.status, body: await answer.text() };
    },
    callbacks,
    deliver(mode) {
      delivery = mode;
    },
    setSandbox(change) {
      sandboxes.control(change);
    },
    publicUrl: front.url,
    replyQueue: `${servers.prefix}trial.hear`,
    async stop() {
      await Promise.all(instances.map((instance) => instance.stop()));
      endBeats();
      await sandboxes.stop();
      front.server.close();
      front.server.closeAllConnections();
      await broker.close();
      await database.close();
      const queues = [...SLICES.map((slice) => `finance.${slice}`), 'trial.hear', 'trial.identity'];
      await forget(servers, { databases: ['finance'], queues: queues.flatMap((queue) => [queue, `${queue}.dead`]) });
      await rm(directory, { recursive: true });
    },
  };
}

function configOf(servers: TestServers, environment: Record<string, string>): Config {
  return readConfig(configSchema, {
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    HTTP_PORT: '0',
    MONGODB_URI: servers.mongodbUri,
    DATABASE_NAME: servers.database('finance'),
    RABBITMQ_URL: servers.rabbitmqUrl,
    BROKER_PREFIX: servers.prefix,
    ...environment,
  });
}

function envelopeOf(definition: MessageDefinition, data: unknown, id: string, tenantId: string): Envelope {
  return {
    specversion: '1.0',
    id,
    type: definition.type,
    source: definition.type.split('.')[0] === 'finance' ? 'sales' : (definition.type.split('.')[0] ?? 'trial'),
    subject: id.split(':')[0] ?? id,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    tenantid: tenantId,
    correlationid: id,
    causationid: id,
    sequence: 1,
    data,
  };
}

/** Tells tenants and trust to whoever asks. */
async function playIdentity(broker: Broker): Promise<() => void> {
  const tenants = [
    { ...tenantChanged.data.parse(tenantChanged.example), tenantId: TENANT, demo: true },
    { ...tenantChanged.data.parse(tenantChanged.example), tenantId: REAL_TENANT, demo: false },
  ];
  const key = (id: string, text: string): { id: string; hash: string; tenantId: string; status: 'active' } => ({
    id,
    hash: apiKeyHash(text.slice(`tpk_${id}_`.length)),
    tenantId: TENANT,
    status: 'active',
  });
  const trust: DataOf<typeof trustPublished> = {
    revision: 1,
    keys: [],
    apiKeys: [
      { ...key('key_finance', STAFF_KEY), kind: 'kiosk', subject: 'kio_1', roles: ['finance_manager'] },
      { ...key('key_gate', GATE_KEY), kind: 'gate', subject: 'gat_1', roles: [] },
    ],
    revokedFamilies: [],
    revokedUsers: [],
  };
  await broker.consume({
    slice: 'identity',
    definitions: [republishTenants, republishTrust],
    handle: async (message) => {
      const tell = (queue: string, definition: MessageDefinition, data: unknown, number: number): Promise<void> =>
        broker.publisher.publish({
          kind: 'direct',
          queue,
          envelope: envelopeOf(definition, data, `identity:${message.envelope.id}:${number}`, 'platform'),
        });
      if (isMessage(message, republishTrust)) await tell(message.envelope.data.replyQueue, trustPublished, trust, 0);
      else if (isMessage(message, republishTenants)) {
        const { replyQueue } = message.envelope.data;
        for (const [index, tenant] of tenants.entries()) await tell(replyQueue, tenantChanged, tenant, index);
        await tell(replyQueue, tenantsRepublished, { count: tenants.length }, tenants.length);
      }
    },
  });
  let beats = 0;
  const timer = setInterval(() => {
    beats += 1;
    const envelope = envelopeOf(trustBeat, { revision: 1 }, `identity:beat:${beats}`, 'platform');
    broker.publisher.publish({ kind: 'event', envelope }).catch(() => undefined);
  }, TRUST_BEAT_EVERY_MS);
  return () => clearInterval(timer);
}

/** The gateway: forwards to the instances in turn, byte by byte. */
async function startFront(
  instances: () => readonly Running[],
  callbacks: Callback[],
  delivery: () => 'on' | 'lost',
): Promise<{ url: string; server: Server }> {
  let turn = 0;
  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(z.instanceof(Buffer).parse(chunk));
    const body = Buffer.concat(chunks);
    const path = request.url ?? '/';
    const dropped = new Set(['host', 'connection', 'content-length', 'transfer-encoding']);
    const headers = Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) =>
        typeof value === 'string' && !dropped.has(name) ? [[name, value] as const] : [],
      ),
    );
    if (request.method === 'POST' && path.startsWith('/api/v1/payment-notifications/')) {
      callbacks.push({ path, headers, body });
      if (delivery() === 'lost') {
        response.writeHead(502).end();
        return;
      }
    }
    const running = instances();
    turn += 1;
    const target = running[turn % Math.max(1, running.length)];
    if (target === undefined) {
      response.writeHead(502).end();
      return;
    }
    const answer = await fetch(`http://127.0.0.1:${target.httpPort}${path}`, {
      method: request.method ?? 'GET',
      headers,
      ...(request.method === 'POST' ? { body: new Uint8Array(body) } : {}),
    });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
  const server = createServer((request, response) => {
    forward(request, response).catch(() => response.writeHead(502).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, server };
}
