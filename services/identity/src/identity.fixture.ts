// Identity on real servers, for specs: instances of it in this process, a service that listens to it as every other one does,
// and a notification that reads the codes which travellers would get.
import { randomBytes } from 'node:crypto';
import { sendCode, tenantChanged, tenantsRepublished, type DataOf, type Envelope } from '@tongpiao/contracts';
import { connectBroker, isMessage, type Broker } from '@tongpiao/messaging';
import { createBusSeal, keyFromBase64 } from '@tongpiao/persistence';
import { readConfig, TrustStore, type Running } from '@tongpiao/service-shell';
import { eventually, forget, testServers } from '@tongpiao/testing';
import mongoose from 'mongoose';
import { pino } from 'pino';
import { z } from 'zod';
import { configSchema } from './config.ts';
import { run, type IdentityTestOptions } from './run.ts';

export const ADMIN_PASSWORD = 'a quiet mountain path';

const problemSchema = z.looseObject({ code: z.string() });
const sessionSchema = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresIn: z.number(),
  user: z.looseObject({ id: z.string(), tenantId: z.string(), roles: z.array(z.string()) }),
});
export type Session = z.output<typeof sessionSchema>;

type Reply = {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
  /** Code of the problem, '' when it is none. */
  readonly code: string;
};

export type CallOptions = {
  readonly token?: string;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
  readonly ifMatch?: string;
  readonly language?: 'zh-CN' | 'en';
  readonly instance?: Running;
};

type SentCode = { readonly to: string; readonly code: string; readonly envelope: Envelope };

export type IdentityUnderTest = {
  readonly instances: Running[];
  start(options?: IdentityTestOptions & { readonly settings?: Readonly<Record<string, string>> }): Promise<Running>;
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  signIn(body: unknown): Promise<Session>;
  admin(): Promise<Session>;
  /** As another service sees it. */
  readonly witness: TrustStore;
  readonly told: { readonly tenants: DataOf<typeof tenantChanged>[]; count: number | undefined };
  readonly broker: Broker;
  readonly codes: readonly SentCode[];
  codeFor(receiver: string, after?: number): Promise<SentCode>;
  /** Raw documents, for what no answer shows. */
  stored(collection: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  stop(): Promise<void>;
};

export const key = (): string => randomBytes(16).toString('hex');

async function parsedBody(response: Response): Promise<unknown> {
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}

export async function identityUnderTest(): Promise<IdentityUnderTest> {
  const servers = testServers();
  const logger = pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
  const settings = {
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    HTTP_PORT: '0',
    MONGODB_URI: servers.mongodbUri,
    DATABASE_NAME: servers.database('identity'),
    RABBITMQ_URL: servers.rabbitmqUrl,
    BROKER_PREFIX: servers.prefix,
    MASTER_KEY: servers.key(),
    BUS_KEY: servers.key(),
    BOOTSTRAP_ADMIN_PASSWORD: ADMIN_PASSWORD,
  };
  const instances: Running[] = [];
  const codes: SentCode[] = [];
  const told: { tenants: DataOf<typeof tenantChanged>[]; count: number | undefined } = {
    tenants: [],
    count: undefined,
  };
  const bus = createBusSeal(keyFromBase64(settings.BUS_KEY, 'BUS_KEY'));

  const connect = (service: string): Promise<Broker> =>
    connectBroker({ url: servers.rabbitmqUrl, service, instance: 'w1', prefix: servers.prefix, logger });
  const broker = await connect('witness');
  const notification = await connect('notification');
  await notification.consume({
    slice: 'on-send-code',
    definitions: [sendCode],
    handle: async ({ envelope }) => {
      const { to, code } = sendCode.data.parse(envelope.data);
      const open = (sealed: string): string => bus.openAs('notification', envelope.tenantid, envelope.id, sealed);
      codes.push({ to: open(to), code: open(code), envelope });
    },
  });
  const witness = new TrustStore({ service: 'witness', logger });
  await witness.listen(broker);
  await broker.broadcast({
    name: 'tenants',
    definitions: [tenantChanged, tenantsRepublished],
    handle: async (message) => {
      if (isMessage(message, tenantChanged)) told.tenants.push(message.envelope.data);
      else if (isMessage(message, tenantsRepublished)) told.count = message.envelope.data.count;
    },
  });

  async function call(method: string, path: string, options: CallOptions = {}): Promise<Reply> {
    const instance = options.instance ?? instances[0];
    if (instance === undefined) throw new Error('no instance is running');
    const response = await fetch(`http://127.0.0.1:${instance.httpPort}${path}`, {
      method,
      headers: {
        ...(options.body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(method === 'POST' ? { 'Idempotency-Key': options.idempotencyKey ?? key() } : {}),
        ...(options.token === undefined ? {} : { Authorization: `Bearer ${options.token}` }),
        ...(options.ifMatch === undefined ? {} : { 'If-Match': options.ifMatch }),
        ...(options.language === undefined ? {} : { 'Accept-Language': options.language }),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    const body = await parsedBody(response);
    const problem = problemSchema.safeParse(body);
    return { status: response.status, headers: response.headers, body, code: problem.success ? problem.data.code : '' };
  }

  async function signIn(body: unknown): Promise<Session> {
    const reply = await call('POST', '/api/v1/auth/sessions', { body });
    if (reply.status !== 201) throw new Error(`sign-in: ${reply.status} ${JSON.stringify(reply.body)}`);
    return sessionSchema.parse(reply.body);
  }

  return {
    instances,
    async start({ settings: more, ...options } = {}) {
      const config = readConfig(configSchema, { ...settings, SERVICE_INSTANCE: `i${instances.length + 1}`, ...more });
      const running = await run(config, { logger, ...options });
      instances.push(running);
      return running;
    },
    call,
    signIn,
    admin: () => signIn({ username: 'admin', password: ADMIN_PASSWORD }),
    witness,
    told,
    broker,
    codes,
    codeFor: (receiver, after = 0) =>
      eventually(`a code for ${receiver}`, () => codes.slice(after).find(({ to }) => to === receiver)),
    async stored(collection) {
      const connection = await mongoose
        .createConnection(servers.mongodbUri, { dbName: settings.DATABASE_NAME })
        .asPromise();
      try {
        return await connection.collection(collection).find({}).toArray();
      } finally {
        await connection.close();
      }
    },
    async stop() {
      for (const instance of instances.splice(0)) await instance.stop();
      await Promise.all([broker.close(), notification.close()]);
      const slices = [
        'identity.on-trust-refresh',
        'identity.on-trust-republish',
        'identity.on-tenant-republish',
        'notification.on-send-code',
      ];
      await forget(servers, { databases: ['identity'], queues: slices.flatMap((queue) => [queue, `${queue}.dead`]) });
    },
  };
}
