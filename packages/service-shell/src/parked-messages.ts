// Messages that failed for good (PLA-42): taken from the dead queues into a collection where people can see why, replay them or
// give them up. Each of these acts goes into the record's own journal.
import { DomainError, PLATFORM_TENANT, type TenantId } from '@tongpiao/kernel';
import type { Broker, ParkedMessage } from '@tongpiao/messaging';
import { chain, GENESIS, journalEntrySchema, Scope, sha256, type Database, type Origin } from '@tongpiao/persistence';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Metrics } from './metrics.ts';
import { openParkedRecords, type Parked } from './parked-messages.store.ts';
import { problem, type ProblemCatalogue } from './problem-catalogue.ts';
import { scrubText } from './redaction.ts';
import { noBody, route, type Route } from './routes.ts';
import type { RequestContext } from './request-context.ts';

const parkedView = z.object({
  id: z.string(),
  status: z.enum(['parked', 'replayed', 'discarded']),
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

export async function openParkedMessages(options: {
  database: Database;
  broker: Broker;
  service: string;
  logger: Logger;
  clock: () => Date;
  metrics: Metrics;
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

  async function settle(
    context: RequestContext<{ id: string }>,
    status: 'replayed' | 'discarded',
    why: string,
  ): Promise<Parked> {
    const scope =
      context.principal.type === 'user' && context.principal.tenantId === PLATFORM_TENANT
        ? context.scopeAcrossTenants(`operations: ${status} a parked message`)
        : context.scope();
    const parked = await records.findOne(scope, { _id: context.params.id });
    if (parked === undefined) throw new DomainError('platform.not-found', 'There is no such parked message.');
    if (parked.status !== 'parked')
      throw new DomainError('operations.parked-settled', 'This message was settled already.', {
        status: parked.status,
      });
    if (status === 'replayed') {
      if (parked.envelope === undefined)
        throw new DomainError('operations.not-replayable', 'What was parked is no message; it can only be discarded.');
      await broker.replay(parked.queue, parked.envelope);
    }
    const type = status === 'replayed' ? 'MessageReplayed' : 'MessageDiscarded';
    const [entry] = chain(parked, [{ type, data: { why } }], clock().toISOString(), context.origin());
    await records.update(
      scope,
      { _id: parked._id, status: 'parked' },
      {
        $set: { status, seq: parked.seq + 1, head: entry?.hash ?? parked.head },
        $push: { journal: { $each: [entry] } },
      },
    );
    await count();
    return { ...parked, status };
  }

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
      query: z.strictObject({ status: z.enum(['parked', 'replayed', 'discarded']).default('parked') }),
      responses: { 200: z.object({ items: z.array(parkedView) }) },
      handler: async (context) => {
        const scope =
          context.principal.type === 'user' && context.principal.tenantId === PLATFORM_TENANT
            ? context.scopeAcrossTenants('operations: list of parked messages')
            : context.scope();
        const found = await records.find(
          scope,
          { status: context.query.status },
          { sort: { parkedAt: -1 }, limit: PAGE },
        );
        return { status: 200, body: { items: found.map(view) } };
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
          await settle(context, action === 'replay' ? 'replayed' : 'discarded', context.body.reason);
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
