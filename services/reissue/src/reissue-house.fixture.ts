// Reissue on real servers, for integration specs, among neighbours that are played here: an identity that tells a tenant, a sales whose
// rights freeze, thaw and are replaced, a finance whose payers pay at once, and the sandbox that checks identities.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  ACCESS_TOKEN_MAX_SECONDS,
  applicationOverdue,
  applicationProgressed,
  applicationReissued,
  applicationShipped,
  closePayment,
  freezeTicket,
  compensationRefused,
  payCompensation,
  paymentCaptured,
  paymentRefunded,
  paymentRefundFailed,
  refundPayment,
  reissueTicket,
  republishTenants,
  republishTrust,
  requestPayment,
  sendCode,
  tenantChanged,
  tenantsRepublished,
  thawTicket,
  ticketFreezeRefused,
  ticketFrozen,
  ticketReissued,
  ticketReissueRefused,
  ticketsRecorded,
  ticketThawed,
  trustBeat,
  TRUST_BEAT_EVERY_MS,
  trustPublished,
  type DataOf,
  type Envelope,
  type MessageDefinition,
} from '@tongpiao/contracts';
import { ticketNumberOf, type TenantId } from '@tongpiao/kernel';
import { connectBroker, isMessage, type Broker } from '@tongpiao/messaging';
import { createBusSeal, newId } from '@tongpiao/persistence';
import { startSandboxes } from '@tongpiao/sandboxes';
import { readConfig, type Running } from '@tongpiao/service-shell';
import { freshKey, trialTrust } from '@tongpiao/service-shell/trial';
import { eventually, forget, testServers } from '@tongpiao/testing';
import { randomBytes } from 'node:crypto';
import mongoose from 'mongoose';
import { pino } from 'pino';
import { z } from 'zod';
import { configSchema } from './config.ts';
import { run, type ReissueTestOptions } from './run.ts';

export const TENANT = 'ten_7f3k9q2m5x8c4v6b1n0a' as TenantId;
const OTHER_TENANT = 'ten_8g4m1r3n6y9d5w7c2p0b' as TenantId;
export const ZHANG = { name: '张三', idType: 'id_card', idNumber: '11010519491231002X' } as const;
export const LI = { name: '李四', idType: 'id_card', idNumber: '440524188001010014' } as const;
const SECRET = 'a-secret-of-the-identity-check';

const seenShape = z.looseObject({
  id: z.string(),
  status: z.string(),
  accessToken: z.string().default(''),
  frozen: z.boolean(),
  newNumber: z.string().optional(),
  refusal: z.looseObject({ reason: z.string() }).optional(),
  refunds: z.array(z.looseObject({ status: z.string() })),
});
export type Seen = z.output<typeof seenShape>;
export type Reply = { readonly status: number; readonly body: unknown; readonly text: string; readonly etag: string };
export type Ask = {
  json?: unknown;
  /** A file. */
  bytes?: Buffer;
  token?: string;
  /** Of staff who are signed in, or a machine's. */
  apiKey?: string;
  key?: string;
  method?: string;
  wait?: number;
  ifMatch?: string;
  device?: string;
};
/** A machine shows its key, a person the token of a session. */
export const credentialsOf = (given: string): Readonly<Record<string, string>> =>
  given.startsWith('tpk_') ? { 'x-api-key': given } : { authorization: `Bearer ${given}` };
export const codeOf = ({ body }: Reply): string => z.looseObject({ code: z.string() }).parse(body).code;
export const seenOf = ({ body }: Reply): Seen => seenShape.parse(body);

export type Sold = {
  readonly rightId: string;
  readonly number: string;
  readonly orderId: string;
  readonly phone: string;
};
type Right = {
  number: string;
  revision: number;
  frozenBy?: string;
  used: boolean;
  /** Why sales does not replace it, other than that it is used. */
  refused?: string;
  codes: Set<string>;
};

export type ReissueHouse = Awaited<ReturnType<typeof openReissueHouse>>;

export async function openReissueHouse(options: ReissueTestOptions = {}) {
  const servers = testServers();
  const logger = pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
  const directory = mkdtempSync(path.join(tmpdir(), 'tp-reissue-'));
  const sandboxes = await startSandboxes({ stateDirectory: directory, identityCheck: { port: 0, secret: SECRET } });
  const trust = trialTrust();
  /** Staff are people who are signed in (PLA-02). */
  const person = (name: string, roles: string[], tid: string = TENANT): string =>
    trust.token({ sub: `usr_${name}`, tid, roles, livesSeconds: ACCESS_TOKEN_MAX_SECONDS });
  const machineKey = (kind: 'ota' | 'kiosk', subject: string, id = `key_${subject.replace('_', '')}`): string =>
    trust.apiKey({ id, kind, tenantId: TENANT, subject });
  const keys = {
    operator: person('operator', ['reissue_operator']),
    secondOperator: person('operator2', ['reissue_operator']),
    reviewer: person('reviewer', ['reviewer']),
    secondReviewer: person('reviewer2', ['reviewer']),
    manager: person('manager', ['manager', 'tenant_admin']),
    secondManager: person('manager2', ['manager']),
    clerk: person('clerk', ['sales_clerk']),
    auditor: person('auditor', ['auditor']),
    operations: person('operations', ['platform_admin']),
    stranger: person('stranger', ['reissue_operator', 'manager'], OTHER_TENANT),
    ota: machineKey('ota', 'ota_partner'),
    kiosk: machineKey('kiosk', 'kio_hall'),
  };
  const connect = (service: string): Promise<Broker> =>
    connectBroker({ url: servers.rabbitmqUrl, service, instance: 'played', prefix: servers.prefix, logger });
  const [identity, sales, finance, ears] = await Promise.all(['identity', 'sales', 'finance', 'ears'].map(connect));
  if (identity === undefined || sales === undefined || finance === undefined || ears === undefined)
    throw new Error('the neighbours did not come');
  const busKey = servers.key();
  const bus = createBusSeal(Buffer.from(busKey, 'base64'));
  const rights = new Map<string, Right>();
  const asked: Envelope[] = [];
  const said: Envelope[] = [];
  const codes: { to: string; code: string }[] = [];
  let sequence = 1;

  async function tell<Definition extends MessageDefinition>(
    from: Broker,
    definition: Definition,
    data: DataOf<Definition>,
    more: { id?: string; cause?: Envelope; queue?: string; tenantId?: string } = {},
  ): Promise<void> {
    const id = more.id ?? newId('msg', TENANT);
    const envelope: Envelope = {
      specversion: '1.0',
      id,
      type: definition.type,
      source: from === sales ? 'sales' : from === finance ? 'finance' : 'identity',
      subject: 'played',
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      tenantid: more.tenantId ?? TENANT,
      correlationid: more.cause?.correlationid ?? id,
      causationid: more.cause?.id ?? id,
      sequence: (sequence += 1),
      data,
    };
    const { queue } = more;
    await from.publisher.publish(
      queue === undefined ? { kind: definition.kind, envelope } : { kind: 'direct', queue, envelope },
    );
  }

  const factsOf = (rightId: string, right: Right) => ({
    rightId,
    ticketNumber: right.number,
    orderId: 'ord_played0000',
    productId: 'prd_1',
  });
  const now = (): string => new Date().toISOString();

  async function replace(cause: Envelope<DataOf<typeof reissueTicket>>, right: Right): Promise<void> {
    const { rightId, applicationId, reissueCode } = cause.data;
    if (right.codes.has(reissueCode)) return;
    const reason = right.used ? 'sales.ticket-used' : right.refused;
    if (reason !== undefined) {
      await tell(sales as Broker, ticketReissueRefused, { rightId, applicationId, reissueCode, reason }, { cause });
      return;
    }
    right.codes.add(reissueCode);
    const previousNumber = right.number;
    right.number = ticketNumberOf(TENANT, randomBytes(12));
    right.revision += 1;
    delete right.frozenBy;
    const { ticket } = ticketReissued.data.parse(ticketReissued.example);
    const told = { ...ticket, number: right.number };
    await tell(
      sales as Broker,
      ticketReissued,
      {
        ...factsOf(rightId, right),
        applicationId,
        previousNumber,
        revision: right.revision,
        reissueCode,
        ticket: told,
        reissuedAt: now(),
      },
      { cause },
    );
  }
  /** While it is held, sales answers nothing. */
  let held: Promise<void> | undefined;
  function holdSales(): () => void {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    held = promise;
    return () => {
      held = undefined;
      resolve(undefined);
    };
  }
  await sales.consume({
    slice: 'on-reissue-command',
    definitions: [freezeTicket, thawTicket, reissueTicket],
    singleActive: true,
    async handle(message) {
      const { envelope } = message;
      asked.push(envelope);
      await held;
      const { rightId, applicationId } = envelope.data as { rightId: string; applicationId: string };
      const right = rights.get(rightId);
      if (right === undefined) throw new Error(`no right ${rightId}`);
      if (isMessage(message, freezeTicket)) {
        if (right.used) {
          await tell(
            sales,
            ticketFreezeRefused,
            { rightId, applicationId, reason: 'sales.ticket-used' },
            { cause: envelope },
          );
          return;
        }
        right.frozenBy = applicationId;
        await tell(
          sales,
          ticketFrozen,
          { ...factsOf(rightId, right), applicationId, frozenAt: now() },
          { cause: envelope },
        );
      } else if (isMessage(message, thawTicket)) {
        if (right.frozenBy !== applicationId) return;
        delete right.frozenBy;
        await tell(
          sales,
          ticketThawed,
          { ...factsOf(rightId, right), applicationId, thawedAt: now() },
          { cause: envelope },
        );
      } else if (isMessage(message, reissueTicket)) await replace(message.envelope, right);
    },
  });
  /** Why finance pays nothing back at the moment. */
  let unpayable: string | undefined;
  await finance.consume({
    slice: 'payments',
    definitions: [requestPayment, closePayment, refundPayment, payCompensation],
    singleActive: true,
    async handle(message) {
      asked.push(message.envelope);
      const cause = message.envelope;
      if (isMessage(message, requestPayment)) {
        const { paymentId, orderId, amount, method } = message.envelope.data;
        await tell(
          finance,
          paymentCaptured,
          { paymentId, orderId, amount, method, transactionId: 'tx', capturedAt: now() },
          { cause },
        );
      } else if (isMessage(message, refundPayment) && unpayable !== undefined) {
        const { paymentId, orderId, refundId, amount } = message.envelope.data;
        await tell(
          finance,
          paymentRefundFailed,
          { paymentId, orderId, refundId, amount, problem: unpayable },
          { cause },
        );
      } else if (isMessage(message, refundPayment)) {
        const data = { ...message.envelope.data, method: 'wechat', refundedAt: now() } as const;
        await tell(finance, paymentRefunded, data, { cause });
      } else if (isMessage(message, payCompensation)) {
        const { compensationId, orderId, amount, about } = message.envelope.data;
        const refund = { paymentId: 'pay_played00', orderId, refundId: compensationId, amount };
        // The payment of the order was 30 yuan.
        if (amount > 3_000)
          await tell(
            finance,
            compensationRefused,
            { compensationId, orderId, amount, about, problem: 'exceeds-payment' },
            { cause },
          );
        else
          await tell(
            finance,
            paymentRefunded,
            { ...refund, method: 'wechat', reason: 'compensation', refundedAt: now() },
            { cause },
          );
      }
    },
  });
  await ears.consume({
    slice: 'hear',
    definitions: [applicationProgressed, applicationReissued, applicationShipped, applicationOverdue],
    handle: async ({ envelope }) => void said.push(envelope),
  });
  const notification = await connect('notification');
  await notification.consume({
    slice: 'send-code',
    definitions: [sendCode],
    handle: async (message) => {
      if (!isMessage(message, sendCode)) return;
      const { id, tenantid, data } = message.envelope;
      const open = (sealed: string): string => bus.openAs('notification', tenantid, id, sealed);
      codes.push({ to: open(data.to), code: open(data.code) });
    },
  });
  const tenant = { ...tenantChanged.data.parse(tenantChanged.example), tenantId: TENANT, demo: true };
  await identity.consume({
    slice: 'answers',
    definitions: [republishTenants, republishTrust],
    async handle(message) {
      if (isMessage(message, republishTrust))
        await tell(identity, trustPublished, trustPublished.data.parse(trust.publication()), {
          tenantId: 'platform',
          queue: message.envelope.data.replyQueue,
        });
      else if (isMessage(message, republishTenants)) {
        const { replyQueue: queue } = message.envelope.data;
        await tell(identity, tenantChanged, tenant, { queue });
        await tell(identity, tenantsRepublished, { count: 1 }, { tenantId: 'platform', queue });
      }
    },
  });
  const beats = setInterval(() => {
    tell(identity, trustBeat, { revision: trust.publication().revision }, { tenantId: 'platform' }).catch(
      () => undefined,
    );
  }, TRUST_BEAT_EVERY_MS);

  const config = readConfig(configSchema, {
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    HTTP_PORT: '0',
    HTTP_TRUSTED_HOPS: '1',
    MONGODB_URI: servers.mongodbUri,
    DATABASE_NAME: servers.database('reissue'),
    RABBITMQ_URL: servers.rabbitmqUrl,
    BROKER_PREFIX: servers.prefix,
    REDIS_URL: servers.redisUrl,
    MASTER_KEY: servers.key(),
    BUS_KEY: busKey,
    SERVICE_INSTANCE: 'reissue-1',
    IDENTITY_CHECK_URL: `http://127.0.0.1:${sandboxes.ports.identityCheck}`,
    IDENTITY_CHECK_SECRET: SECRET,
  });
  const instances: Running[] = [];
  let startedCount = 0;
  /** One more instance beside those that run. */
  async function another(more: ReissueTestOptions = options): Promise<Running> {
    startedCount += 1;
    const started = await run({ ...config, SERVICE_INSTANCE: `reissue-${startedCount}` }, { logger, ...more });
    instances.push(started);
    await eventually('reissue is ready', async () => {
      const answer = await fetch(`http://127.0.0.1:${started.httpPort}/health/ready`);
      return answer.status === 200 || Promise.reject(new Error(await answer.text()));
    });
    return started;
  }
  await another();
  const url = (where: string): string => `http://127.0.0.1:${instances[0]?.httpPort ?? 0}${where}`;
  let callers = 0;

  async function call(where: string, ask: Ask = {}): Promise<Reply> {
    const method = ask.method ?? (ask.json === undefined && ask.bytes === undefined ? 'GET' : 'POST');
    callers += 1;
    const answer = await fetch(url(where), {
      method,
      headers: {
        ...(ask.json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(ask.bytes === undefined ? {} : { 'content-type': 'text/csv' }),
        ...(method === 'GET' ? {} : { 'idempotency-key': ask.key ?? freshKey() }),
        ...(ask.token === undefined ? {} : { authorization: `Bearer ${ask.token}` }),
        ...(ask.apiKey === undefined ? {} : credentialsOf(ask.apiKey)),
        ...(ask.wait === undefined ? {} : { prefer: `wait=${ask.wait}` }),
        'x-forwarded-for': `10.1.${callers % 250}.${Math.floor(callers / 250)}`,
        ...(ask.device === undefined ? {} : { 'x-device-id': ask.device }),
        ...(ask.ifMatch === undefined ? {} : { 'if-match': ask.ifMatch }),
      },
      ...(ask.json === undefined ? {} : { body: JSON.stringify(ask.json) }),
      ...(ask.bytes === undefined ? {} : { body: new Uint8Array(ask.bytes) }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      text,
      etag: answer.headers.get('etag') ?? '',
      body: answer.headers.get('content-type')?.includes('json') === true ? JSON.parse(text) : undefined,
    };
  }

  let soldCount = 0;
  type Named = { name: string; idType: 'id_card' | 'passport'; idNumber: string };
  type Buyer = { userId?: string; accessHash?: string; channel?: 'web' | 'ota' };
  type Kind = 'admission' | 'trip';
  /** An order, as sales tells it. */
  async function soldTogether(
    count: number,
    traveller?: Named,
    amount = 12_000,
    buyer: Buyer = {},
    productKind?: Kind,
  ): Promise<readonly Sold[]> {
    soldCount += 1;
    const phone = `138${String(10_000_000 + soldCount)}`;
    const orderId = newId<'Order'>('ord', TENANT);
    const id = `${orderId}:4:2`;
    const seal = (plain: string): string => bus.sealFor('reissue', TENANT, id, plain);
    const example = ticketsRecorded.data.parse(ticketsRecorded.example);
    const { traveller: _none, ...ticket } = example.tickets[0] ?? {};
    const day = new Date(Date.now() + 86_400_000).toISOString();
    const times = { startsAt: day, endsAt: day, validUntil: day, date: day.slice(0, 10) };
    const person =
      traveller === undefined
        ? {}
        : { traveller: { name: seal(traveller.name), idType: traveller.idType, idNumber: seal(traveller.idNumber) } };
    const tickets = Array.from({ length: count }, (): Sold => {
      const rightId = newId<'Right'>('rgt', TENANT);
      const number = ticketNumberOf(TENANT, randomBytes(12));
      rights.set(rightId, { number, revision: 1, used: false, codes: new Set() });
      return { rightId, number, orderId, phone };
    });
    const data = ticketsRecorded.data.parse({
      ...example,
      ...buyer,
      orderId,
      contact: { name: seal('张三'), phone: seal(phone) },
      tickets: tickets.map(({ rightId, number }) => ({
        ...ticket,
        ...{ rightId, number, amount, ...times, realName: traveller !== undefined },
        ...(productKind === undefined ? {} : { productKind }),
        ...person,
      })),
    });
    await tell(sales as Broker, ticketsRecorded, data, { id });
    return tickets;
  }
  async function sold(traveller?: Named, amount?: number, buyer?: Buyer, productKind?: Kind): Promise<Sold> {
    const [ticket] = await soldTogether(1, traveller, amount, buyer, productKind);
    if (ticket === undefined) throw new Error('nothing was sold');
    return ticket;
  }

  const PATH = '/api/v1/reissue-applications';
  /** Waits until the copy of the ticket has come. */
  async function apply(json: Readonly<Record<string, unknown>>, ask: Ask = {}): Promise<Reply> {
    return eventually('the ticket is known', async () => {
      const reply = await call(PATH, { ...ask, json: { kind: 'replacement', reason: 'lost', ...json } });
      return reply.status === 404 ? undefined : reply;
    });
  }
  const look = async ({ id, accessToken }: Pick<Seen, 'id' | 'accessToken'>): Promise<Seen> =>
    seenOf(await call(`${PATH}/${id}`, { token: accessToken }));

  /** Past the service, as an auditor or a clumsy hand does. */
  async function inDatabase<Answer>(work: (connection: mongoose.Connection) => Promise<Answer>): Promise<Answer> {
    const options = { dbName: servers.database('reissue') };
    const connection = await mongoose.createConnection(servers.mongodbUri, options).asPromise();
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  }

  return {
    keys,
    /** A further key of the same machine. */
    machineKey,
    rights,
    asked,
    said,
    codes,
    sandboxes,
    url,
    call,
    /** Of a traveller who is signed in. */
    tokenOf: (sub: string): string => trust.token({ sub, tid: 'platform', roles: ['traveller'] }),
    database: { uri: servers.mongodbUri, name: servers.database('reissue') },
    /** Records of a collection as they lie on disk, as text. */
    stored: (collection: string, filter: Readonly<Record<string, unknown>>): Promise<string> =>
      inDatabase(async (connection) => JSON.stringify(await connection.collection(collection).find(filter).toArray())),
    inDatabase,
    async storedCount(collection: string, filter: Readonly<Record<string, unknown>>): Promise<number> {
      return (JSON.parse(await this.stored(collection, filter)) as unknown[]).length;
    },
    connect,
    sold,
    soldTogether,
    holdSales,
    another,
    instances,
    apply,
    look,
    becomes: (seen: Pick<Seen, 'id' | 'accessToken'>, status: string): Promise<Seen> =>
      eventually(`case ${status}`, async () => {
        const found = await look(seen);
        if (found.status === status) return found;
        throw new Error(JSON.stringify(found));
      }),
    review: (id: string, apiKey: string, json: Readonly<Record<string, unknown>>): Promise<Reply> =>
      call(`${PATH}/${id}/review`, { apiKey, json }),
    step: (
      { id, accessToken }: Pick<Seen, 'id' | 'accessToken'>,
      name: string,
      json: unknown = {},
      wait?: number,
    ): Promise<Reply> =>
      call(`${PATH}/${id}/${name}`, { token: accessToken, json, ...(wait === undefined ? {} : { wait }) }),
    /** A value that some message has for notification. */
    openedForNotification(sealed: string): string {
      const envelope = said.find(({ data }) => JSON.stringify(data).includes(sealed));
      if (envelope === undefined) throw new Error('nobody has said that');
      return bus.openAs('notification', envelope.tenantid, envelope.id, sealed);
    },
    payNothingBack: (problem: string | undefined): void => void (unpayable = problem),
    tellFinance: <Definition extends MessageDefinition>(
      definition: Definition,
      data: DataOf<Definition>,
    ): Promise<void> => tell(finance, definition, data),
    tellSales: <Definition extends MessageDefinition>(
      definition: Definition,
      data: DataOf<Definition>,
      id?: string,
    ): Promise<void> => tell(sales, definition, data, id === undefined ? {} : { id }),
    /** Identity says something else about the tenant. */
    tellTenant: (change: Partial<typeof tenant>): Promise<void> =>
      tell(identity, tenantChanged, { ...tenant, ...change }),
    async stop(): Promise<void> {
      for (const instance of instances) await instance.stop();
      clearInterval(beats);
      trust.stop();
      await Promise.all([identity, sales, finance, ears, notification].map((broker) => broker.close()));
      await sandboxes.stop();
      rmSync(directory, { recursive: true, force: true });
      const own = [
        'on-batch-work',
        'on-tickets-recorded',
        'on-ticket-changed',
        'on-payment-told',
        'on-compensation-told',
        'on-verify',
        'on-remind',
        'on-gate-synced',
        'on-former-shown',
        'on-ticket-scanned',
      ];
      const queues = [
        ...own.map((slice) => `reissue.${slice}`),
        ...['sales.on-reissue-command', 'finance.payments', 'ears.hear', 'notification.send-code', 'identity.answers'],
      ];
      await forget(servers, { databases: ['reissue'], queues: queues.flatMap((queue) => [queue, `${queue}.dead`]) });
    },
  };
}
