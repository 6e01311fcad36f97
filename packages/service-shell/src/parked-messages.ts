// Messages that failed for good (PLA-42): taken from the dead queues into a collection where people can see why, replay them or
// give them up. Each of these acts goes into the record's own journal.
import { PLATFORM_TENANT, type TenantId } from '@tongpiao/kernel';
import type { Broker, ParkedMessage } from '@tongpiao/messaging';
import { chain, GENESIS, journalEntrySchema, Scope, sha256, type Database, type Origin } from '@tongpiao/persistence';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Metrics } from './metrics.ts';
import { openParkedRecords, PARKED_STATUS, type Parked } from './parked-messages.store.ts';
import { createSettling } from './parked-settling.ts';
import { problem, type ProblemCatalogue } from './problem-catalogue.ts';
import { scrubText } from './redaction.ts';
import { noBody, route, type Route } from './routes.ts';
import type { RequestContext } from './request-context.ts';

const parkedView = z.object({
  id: z.string(),
  status: z.enum(PARKED_STATUS),
  queue: z.string(),
  type: z.string(),
  reason: z.string(),
  detail: z.string(),
  attempts: z.number(),
  parkedAt: z.string(),
  content: z.string().describe('What the message carried; personal data is sealed or masked.'),
  journal: z.array(journalEntrySchema),
});

const PAGE = 100;
const FINISH_EVERY_MS = 20_000;
const FORGET_EVERY_MS = 3_600_000;

export async function openParkedMessages(options: {
  database: Database;
  broker: Broker;
  service: string;
  logger: Logger;
  clock: () => Date;
  metrics: Metrics;
  every: (name: string, everyMs: number, task: () => Promise<void>, options: { lease: boolean }) => void;
}): Promise<{ routes: readonly Route[]; problems: ProblemCatalogue }> {
  const { database, broker, service, logger, clock } = options;
  const records = await openParkedRecords(database);
  const waiting = options.metrics.gauge('messages_parked', 'Messages that wait for a person.');
  const systemOrigin: Origin = {
    by: `service:${service}`,
    channel: 'message',
    cause: 'parked',
    correlationId: 'parked',
  };
  const everywhere = Scope.acrossTenants('parked messages belong to operations', systemOrigin, logger);
  const count = async (): Promise<void> => waiting.set(await records.count(everywhere, { status: 'parked' }));

  async function store(parked: ParkedMessage): Promise<void> {
    const tenantId = (parked.envelope?.tenantid ?? PLATFORM_TENANT) as TenantId;
    const _id = `prk_${sha256(`${parked.queue}|${parked.messageId}|${parked.parkedAt}`).slice(0, 26)}`;
    const { queue, messageId, type, kind, reason, detail, attempts, parkedAt, envelope, content } = parked;
    const data = { queue, messageId, type, reason, attempts };
    const journal = chain(
      { seq: 0, head: GENESIS },
      [{ type: 'MessageParked', data }],
      clock().toISOString(),
      systemOrigin,
    );
    const head = journal[0]?.hash ?? GENESIS;
    await records.insert(Scope.ofTenant(tenantId, systemOrigin), {
      _id,
      tenantId,
      status: 'parked',
      queue,
      messageId,
      type,
      kind,
      reason,
      detail,
      attempts,
      parkedAt,
      ...(envelope === undefined ? {} : { envelope }),
      content,
      seq: 1,
      head,
      journal,
    });
    logger.error({ queue, messageId, type, reason, attempts }, 'a message is parked and waits for a person');
    await count();
  }

  const settling = createSettling({
    records,
    replay: (queue, envelope) => broker.replay(queue, envelope),
    clock,
    logger,
  });
  options.every(
    'finish-replays',
    FINISH_EVERY_MS,
    async () => {
      await settling.finish(everywhere);
      await count();
    },
    { lease: true },
  );

  options.every('forget-settled', FORGET_EVERY_MS, () => settling.forget(everywhere), { lease: true });

  const view = (parked: Parked): z.input<typeof parkedView> => {
    const { _id: id, status, queue, type, reason, detail, attempts, parkedAt, content, journal } = parked;
    return {
      id,
      status,
      queue,
      type,
      reason,
      detail: scrubText(detail),
      attempts,
      parkedAt,
      content: scrubText(content).slice(0, 10_000),
      journal,
    };
  };

  const base = `/api/v1/operations/${service}/parked-messages`;
  const body = z.strictObject({ reason: z.string().min(1).max(500) });
  const routes: Route[] = [
    route({
      method: 'get',
      path: base as '/parked-messages',
      summary: `Messages that ${service} could not handle, newest first.`,
      tags: ['operations'],
      access: { permission: 'operations:parked:read' },
      query: z.strictObject({
        status: z.enum(PARKED_STATUS).default('parked'),
        cursor: z.string().max(120).optional(),
      }),
      responses: { 200: z.object({ items: z.array(parkedView), next: z.string().optional() }) },
      handler: async (context) => {
        const { status, cursor } = context.query;
        const found = await records.find(
          scopeOf(context, 'list of parked messages'),
          { status, ...(cursor === undefined ? {} : olderThan(cursor)) },
          { sort: { parkedAt: -1, _id: -1 }, limit: PAGE },
        );
        const last = found[found.length - 1];
        const next = found.length === PAGE && last !== undefined ? { next: `${last.parkedAt}~${last._id}` } : {};
        return { status: 200, body: { items: found.map(view), ...next } };
      },
    }),
    ...(['replay', 'discard'] as const).map((action) =>
      route({
        method: 'post',
        path: `${base}/:id/${action}` as '/parked-messages/:id/replay',
        summary:
          action === 'replay'
            ? 'Plays the message again, as if for the first time.'
            : 'Gives the message up; it stays on record.',
        tags: ['operations'],
        access: { permission: action === 'replay' ? 'operations:parked:replay' : 'operations:parked:discard' },
        body,
        responses: { 204: noBody('Done.') },
        handler: async (context) => {
          const scope = scopeOf(context, `${action} a parked message`);
          try {
            await settling.settle(scope, context.origin(), context.params.id, action, context.body.reason);
          } finally {
            await count();
          }
          return { status: 204 };
        },
      }),
    ),
  ];
  await broker.drainDead(store);
  await count();
  return {
    routes,
    problems: {
      'operations.parked-settled': problem(
        409,
        ['消息已处理', 'Already settled'],
        ['该消息已被重放或放弃（{status}）。', 'This message was replayed or discarded already ({status}).'],
      ),
      'operations.not-replayable': problem(
        409,
        ['无法重放', 'Cannot be replayed'],
        ['内容不是有效消息，只能放弃。', 'The content is no valid message; it can only be discarded.'],
      ),
    },
  };
}

/** Operations of the platform see every tenant's; a tenant's own see theirs. */
function scopeOf(context: Pick<RequestContext, 'principal' | 'scope' | 'scopeAcrossTenants'>, what: string): Scope {
  return context.principal.type === 'user' && context.principal.tenantId === PLATFORM_TENANT
    ? context.scopeAcrossTenants(`operations: ${what}`)
    : context.scope();
}

function olderThan(cursor: string): Record<string, unknown> {
  const [parkedAt = '', id = ''] = cursor.split('~');
  return { $or: [{ parkedAt: { $lt: parkedAt } }, { parkedAt, _id: { $lt: id } }] };
}
