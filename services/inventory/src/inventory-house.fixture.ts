// Inventory as it runs, in one or two instances, with identity played and everything that it says heard: what the specs of its HTTP
// side stand on.
import {
  availabilityChanged,
  confirmHold,
  holdGranted,
  holdQueued,
  holdRejected,
  placeHold,
  releaseHold,
  republishTenants,
  republishTrust,
  reviewHold,
  sessionCancelled,
  sessionChanged,
  sessionReduced,
  sessionRestored,
  tenantChanged,
  tenantsRepublished,
  trustBeat,
  TRUST_BEAT_EVERY_MS,
  trustPublished,
  waitingLineChanged,
  type DataOf,
  type Envelope,
  type MessageDefinition,
} from '@tongpiao/contracts';
import { addDays, localDateOf, type TenantId } from '@tongpiao/kernel';
import { connectBroker, isMessage, type Broker } from '@tongpiao/messaging';
import { newId } from '@tongpiao/persistence';
import { readConfig, type Running } from '@tongpiao/service-shell';
import { freshKey, trialTrust } from '@tongpiao/service-shell/trial';
import { eventually, forget, testServers } from '@tongpiao/testing';
import { pino } from 'pino';
import { z } from 'zod';
import { configSchema } from './config.ts';
import { run, type InventoryTestOptions } from './run.ts';

const TENANT = 'ten_7f3k9q2m5x8c4v6b1n0a' as TenantId;
export const SITE = 'sit_0a7f3k9q2m5x8c4v6b1n';
export const PRODUCT = 'prd_0a7f3k9q2m5x8c4v6b1n';
export const today = localDateOf(new Date(), 'Asia/Shanghai');
const listShape = z.object({
  items: z.array(
    z.looseObject({
      id: z.string(),
      date: z.string(),
      startsAt: z.string(),
      status: z.string(),
      capacity: z.number(),
      available: z.number(),
      held: z.number(),
      sold: z.number(),
      etag: z.string(),
      proposal: z.object({ id: z.string(), capacity: z.number(), by: z.string() }).optional(),
    }),
  ),
});
export type Item = z.output<typeof listShape>['items'][number];
export type Reply = { readonly status: number; readonly body: unknown };
type Ask = {
  readonly method?: string;
  readonly json?: unknown;
  readonly key?: string;
  readonly ifMatch?: string;
  readonly instance?: number;
  readonly apiKey?: string;
  readonly language?: string;
};

export class InventoryHouse {
  readonly #servers = testServers();
  readonly #logger = pino({ level: 'silent' });
  readonly #trust = trialTrust();
  readonly #instances: Running[] = [];
  readonly #keys = { master: this.#servers.key(), bus: this.#servers.key() };
  readonly manager = this.#key('key_staff', TENANT, 'desk_1', ['manager']);
  readonly otherManager = this.#key('key_second', TENANT, 'desk_3', ['manager']);
  readonly clerk = this.#key('key_clerk', TENANT, 'desk_4', ['sales_clerk']);
  readonly foreigner = this.#key('key_other', 'ten_7f3k9q2m5x8c4v6b1n0b', 'desk_2', ['manager']);
  readonly figures: { at: number; sessions: DataOf<typeof availabilityChanged>['sessions'] }[] = [];
  readonly changes: DataOf<typeof sessionChanged>[] = [];
  readonly cancelled: DataOf<typeof sessionCancelled>[] = [];
  readonly reduced: DataOf<typeof sessionReduced>[] = [];
  readonly restored: DataOf<typeof sessionRestored>[] = [];
  readonly lines: { at: number; sessionId: string; orderIds: readonly string[] }[] = [];
  readonly answers = new Map<string, string>();
  #played: Broker | undefined;
  #beats: NodeJS.Timeout | undefined;

  async open(instances = 2, options: InventoryTestOptions = {}): Promise<void> {
    await this.#play();
    for (let number = 1; number <= instances; number += 1) await this.start(`inventory-${number}`, options);
  }

  async start(name: string, options: InventoryTestOptions = {}): Promise<Running> {
    const servers = this.#servers;
    const config = readConfig(configSchema, {
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      HTTP_PORT: '0',
      SERVICE_INSTANCE: name,
      MONGODB_URI: servers.mongodbUri,
      DATABASE_NAME: servers.database('inventory'),
      RABBITMQ_URL: servers.rabbitmqUrl,
      BROKER_PREFIX: servers.prefix,
      MASTER_KEY: this.#keys.master,
      BUS_KEY: this.#keys.bus,
    });
    const running = await run(config, { logger: this.#logger, ...options });
    this.#instances.push(running);
    await eventually(
      'inventory is ready',
      async () => (await fetch(`http://127.0.0.1:${running.httpPort}/health/ready`)).status === 200,
    );
    return running;
  }

  async close(): Promise<void> {
    for (const instance of this.#instances) await instance.stop();
    clearInterval(this.#beats);
    this.#trust.stop();
    await this.#played?.close();
    const queues = ['inventory.decide-holds', 'inventory.on-session-republish', 'played.identity', 'played.hear'];
    await forget(this.#servers, {
      databases: ['inventory'],
      queues: queues.flatMap((queue) => [queue, `${queue}.dead`]),
    });
  }

  async call(path: string, ask: Ask = {}): Promise<Reply> {
    const answer = await fetch(`http://127.0.0.1:${this.#instances[ask.instance ?? 0]?.httpPort ?? 0}${path}`, {
      method: ask.method ?? (ask.json === undefined ? 'GET' : 'POST'),
      headers: {
        'x-api-key': ask.apiKey ?? this.manager,
        'content-type': 'application/json',
        'idempotency-key': ask.key ?? freshKey(),
        ...(ask.ifMatch === undefined ? {} : { 'if-match': ask.ifMatch }),
        ...(ask.language === undefined ? {} : { 'accept-language': ask.language }),
      },
      ...(ask.json === undefined ? {} : { body: JSON.stringify(ask.json) }),
    });
    return { status: answer.status, body: await answer.json() };
  }

  async send(definition: MessageDefinition, data: unknown): Promise<void> {
    await this.#broker.publisher.publish({ kind: definition.kind, envelope: envelope(definition, data, TENANT) });
  }

  /** Tomorrow is an exception: closed. */
  calendar(productId: string, capacity = 50, horizonDays = 10): Record<string, unknown> {
    return {
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
    };
  }

  async list(productId: string, instance = 0): Promise<readonly Item[]> {
    const path = `/api/v1/sessions?productId=${productId}&from=${today}&to=${addDays(today, 30)}`;
    return listShape.parse((await this.call(path, { instance })).body).items;
  }

  /** The first session of a product of its own: of today, or of the day after tomorrow. */
  async one(
    name: string,
    capacity: number,
    ahead = false,
    policy: { approvalAbovePercent?: number } = {},
  ): Promise<Item> {
    const productId = `${PRODUCT}${name}`;
    const json = { ...this.calendar(productId, capacity, 2), ...policy };
    await this.call('/api/v1/session-calendars', { json: ahead ? { ...json, from: addDays(today, 2) } : json });
    return this.again(name);
  }

  async again(name: string): Promise<Item> {
    const [first] = await this.list(`${PRODUCT}${name}`);
    if (first === undefined) throw new Error('no session');
    return first;
  }

  patch(item: Item, json: unknown, instance = 0): Promise<Reply> {
    return this.call(`/api/v1/sessions/${item.id}`, { method: 'PATCH', json, ifMatch: item.etag, instance });
  }

  /** @returns the hold's id; its order's is the same with `ord` for `hld` */
  async place(sessionId: string, quantity = 1, waits = false): Promise<string> {
    const holdId = newId('hld', TENANT);
    const until = new Date(Date.now() + 900_000).toISOString();
    await this.send(placeHold, {
      ...this.#hold(holdId),
      lines: [{ sessionId, quantity }],
      channel: 'web',
      expiresAt: until,
      ...(waits ? { waiting: { until, lineMax: 100 } } : {}),
    });
    return holdId;
  }

  async placed(sessionId: string, quantity = 1): Promise<string> {
    const holdId = await this.place(sessionId, quantity);
    await eventually('granted', () => this.answers.get(holdId) === 'granted');
    return holdId;
  }

  confirm(holdId: string): Promise<void> {
    return this.send(confirmHold, this.#hold(holdId));
  }

  release(holdId: string, reason: 'expired' | 'refunded' = 'expired'): Promise<void> {
    return this.send(releaseHold, { ...this.#hold(holdId), reason });
  }

  #hold(holdId: string): { holdId: string; orderId: string } {
    return { holdId, orderId: holdId.replace('hld', 'ord') };
  }

  get #broker(): Broker {
    if (this.#played === undefined) throw new Error('not open');
    return this.#played;
  }

  #key(id: string, tenantId: string, subject: string, roles: readonly ['manager'] | readonly ['sales_clerk']): string {
    return this.#trust.apiKey({ id, kind: 'kiosk', tenantId, subject, roles: [...roles] });
  }

  async #play(): Promise<void> {
    const { rabbitmqUrl: url, prefix } = this.#servers;
    const played = await connectBroker({ url, service: 'played', instance: 'p1', prefix, logger: this.#logger });
    this.#played = played;
    await played.consume({
      slice: 'identity',
      definitions: [republishTenants, republishTrust],
      handle: async (message) => {
        const tell = (queue: string, definition: MessageDefinition, data: unknown): Promise<void> =>
          played.publisher.publish({ kind: 'direct', queue, envelope: envelope(definition, data, 'platform') });
        if (isMessage(message, republishTrust))
          await tell(message.envelope.data.replyQueue, trustPublished, this.#trust.publication());
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
      definitions: [
        availabilityChanged,
        sessionChanged,
        sessionCancelled,
        sessionReduced,
        sessionRestored,
        waitingLineChanged,
        holdGranted,
        holdRejected,
        holdQueued,
        reviewHold,
      ],
      handle: async (message) => {
        const at = Date.now();
        if (isMessage(message, availabilityChanged))
          this.figures.push({ at, sessions: message.envelope.data.sessions });
        else if (isMessage(message, sessionChanged)) this.changes.push(message.envelope.data);
        else if (isMessage(message, sessionCancelled)) this.cancelled.push(message.envelope.data);
        else if (isMessage(message, sessionReduced)) this.reduced.push(message.envelope.data);
        else if (isMessage(message, sessionRestored)) this.restored.push(message.envelope.data);
        else if (isMessage(message, waitingLineChanged)) this.lines.push({ at, ...message.envelope.data });
        else if (isMessage(message, holdGranted)) this.answers.set(message.envelope.data.holdId, 'granted');
        else if (isMessage(message, holdQueued)) this.answers.set(message.envelope.data.holdId, 'queued');
        else if (isMessage(message, holdRejected))
          this.answers.set(message.envelope.data.holdId, message.envelope.data.reason);
      },
    });
    const beat = (): Promise<void> =>
      played.publisher.publish({
        kind: 'event',
        envelope: envelope(trustBeat, { revision: this.#trust.publication().revision }, 'platform'),
      });
    this.#beats = setInterval(() => void beat().catch(() => undefined), TRUST_BEAT_EVERY_MS);
  }
}

function envelope(definition: MessageDefinition, data: unknown, tenantid: string): Envelope {
  const id = newId('msg', TENANT);
  return {
    specversion: '1.0',
    id,
    type: definition.type,
    source: 'sales',
    subject: 'played',
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    tenantid,
    correlationid: id,
    causationid: id,
    sequence: 1,
    data,
  };
}
