// One trace through two services, as a collector sees it: request, publishing, handling, and what handling says in turn. Real
// broker, real database, real exporter; each service is a foundation of its own in this process.
import { defineCommand, defineEvent, type MessageDefinition } from '@tongpiao/contracts';
import { TransientError, type Decider } from '@tongpiao/kernel';
import { say, type AggregateSpec } from '@tongpiao/persistence';
import { eventually, forget, testServers } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { openFoundation, type Foundation } from './foundation.ts';
import type { Running } from './lifecycle.ts';
import { startTrialCollector, type ToldSpan, type TrialCollector } from './trial-collector.ts';
import { route } from './routes.ts';
import { freshKey, silentLogger, trialTrust, type TrialTrust } from './trial.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const data = z.object({ of: z.string() });
const wished = defineEvent({ type: 'shop.wish.made.v1', summary: 'Trial.', data, example: { of: 'x' } });
const grant = defineCommand({ type: 'shop.wish.grant.v1', summary: 'Trial.', data, example: { of: 'x' } });

type Told = { readonly told: boolean };
const decider: Decider<Told, 'Tell', { type: 'Told' }> = {
  initial: { told: false },
  decide: ({ told }) => (told ? [] : [{ type: 'Told' }]),
  evolve: () => ({ told: true }),
};

/** A record that says one message when it is told to. */
function teller(
  service: string,
  definition: MessageDefinition<typeof data>,
): AggregateSpec<Told, 'Tell', { type: 'Told' }> {
  return {
    service,
    collection: 'tellers',
    decider,
    state: z.object({ told: z.boolean() }),
    messages: (_event, { id }) => [say(definition, { of: id })],
  };
}

describe('tracing', () => {
  const servers = testServers();
  let collector: TrialCollector;
  let trust: TrialTrust;
  const running: Running[] = [];

  function foundation(service: string): Promise<Foundation> {
    return openFoundation({
      service,
      trust: trust.store,
      tenantDirectory: false,
      logger: silentLogger,
      config: {
        NODE_ENV: 'test',
        SERVICE_INSTANCE: `${service}-1`,
        LOG_LEVEL: 'silent',
        HTTP_HOST: '127.0.0.1',
        HTTP_PORT: 0,
        HTTP_TRUSTED_HOPS: 0,
        MONGODB_URI: servers.mongodbUri,
        DATABASE_NAME: servers.database(service),
        RABBITMQ_URL: servers.rabbitmqUrl,
        BROKER_PREFIX: servers.prefix,
        MASTER_KEY: servers.key(),
        BUS_KEY: servers.key(),
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      },
    });
  }

  /** Takes wishes over HTTP, and hears in batches that they are granted. */
  async function startShop(granted: string[]): Promise<Running> {
    const shop = await foundation('shop');
    const wishes = await shop.aggregate(teller('shop', wished));
    await shop.broker.consume({
      slice: 'on-grant',
      definitions: [grant],
      handleBatch: async (messages) => {
        granted.push(...messages.map(({ envelope }) => envelope.subject));
      },
    });
    const wish = route({
      method: 'post',
      path: '/api/v1/wishes/:id',
      summary: 'Trial.',
      tags: ['trial'],
      access: 'authenticated',
      params: z.strictObject({ id: z.string() }),
      responses: { 204: { kind: 'none', description: 'Wished.' } },
      handler: async (context) => {
        await wishes.handle(context.scope(), context.params.id, 'Tell');
        return { status: 204 };
      },
    });
    return shop.serve({ routes: [wish], problems: {} });
  }

  /** Grants wishes, at the second attempt. */
  async function startStore(): Promise<Running> {
    const store = await foundation('store');
    const answers = await store.aggregate(teller('store', grant));
    await store.broker.consume({
      slice: 'on-wish',
      definitions: [wished],
      retry: { rungs: ['100ms'] },
      async handle({ envelope, attempt }) {
        if (attempt === 1) throw new TransientError('store.busy', 'come again');
        await answers.handle(store.scopeOf(envelope), envelope.subject, 'Tell', { messageId: envelope.id });
      },
    });
    return store.serve({ routes: [], problems: {} });
  }

  before(async () => {
    collector = await startTrialCollector();
    trust = trialTrust();
  });
  after(async () => {
    trust.stop();
    await collector.stop();
    await forget(servers, {
      databases: ['shop', 'store'],
      queues: ['shop.on-grant', 'shop.on-grant.dead', 'store.on-wish', 'store.on-wish.dead', 'retry.100ms'],
    });
  });

  it('PLA-50 a collector sees one trace from the request to what it causes in another service and back', async () => {
    const granted: string[] = [];
    running.push(await startShop(granted), await startStore());
    const answer = await fetch(`http://127.0.0.1:${running[0]?.httpPort}/api/v1/wishes/wish-1`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${trust.token()}`,
        'idempotency-key': freshKey(),
        traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
      },
    });
    expect(answer.status).to.equal(204);
    await eventually('granted', () => granted.length > 0);
    // What the processors still hold goes out with the stop.
    await Promise.all(running.map((service) => service.stop()));

    const trace = collector.spans().filter(({ traceId }) => traceId === TRACE);
    const named = (name: string, outcome?: string): ToldSpan => {
      const found = trace.filter(
        (span) =>
          span.name === name && (outcome === undefined || span.attributes['tongpiao.message.outcome'] === outcome),
      );
      expect(found, `${name} ${outcome ?? ''}`).to.have.length(1);
      return found[0] as ToldSpan;
    };
    const onWish = `${servers.prefix}store.on-wish`;
    const onGrant = `${servers.prefix}shop.on-grant`;
    const request = named('POST /api/v1/wishes/:id');
    const publishing = named('publish shop.wish.made.v1');
    const first = named(`process ${onWish}`, 'retried');
    const second = named(`process ${onWish}`, 'done');
    const answering = named('publish shop.wish.grant.v1');
    const last = named(`process ${onGrant}`, 'done');
    expect(trace).to.have.length(6);

    expect(request).to.include({ service: 'shop', kind: 2, parentSpanId: '00f067aa0ba902b7' });
    expect(request.attributes).to.include({ 'http.request.method': 'POST', 'http.response.status_code': 204 });
    expect(publishing).to.include({ service: 'shop', kind: 4, parentSpanId: request.spanId });
    expect(first).to.include({ service: 'store', kind: 5, parentSpanId: publishing.spanId, status: 2 });
    expect(first.attributes).to.include({ 'error.type': 'store.busy', 'tongpiao.message.attempt': 1 });
    expect(second).to.include({ service: 'store', kind: 5, parentSpanId: publishing.spanId, status: 0 });
    expect(answering).to.include({ service: 'store', kind: 4, parentSpanId: second.spanId });
    expect(last).to.include({ service: 'shop', kind: 5, parentSpanId: answering.spanId });

    const batch = collector.spans().find(({ spanId }) => spanId === last.links[0]?.spanId);
    expect(batch?.links).to.deep.equal([{ traceId: TRACE, spanId: answering.spanId }]);
    expect(collector.headers[0]).to.include({ path: '/v1/traces', 'content-type': 'application/x-protobuf' });
  });
});
