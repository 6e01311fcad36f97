// What a span of a message says, by the SDK's own memory: parents, links, conventions, and how an ending is told.
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { envelopeOf, type Envelope } from '@tongpiao/contracts';
import { NotYet, TransientError } from '@tongpiao/kernel';
import { expect } from 'chai';
import { messageSpans } from './message-spans.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

function envelope(traceparent?: string): Envelope {
  const facts = { id: 'ord_1:2:0', source: 'sales', subject: 'ord_1', time: new Date(0), tenantId: 'ten_1' };
  const message: Envelope = envelopeOf('inventory.hold.granted.v1', facts, { name: '张三' });
  return traceparent === undefined ? message : { ...message, traceparent };
}

function only(spans: readonly ReadableSpan[]): ReadableSpan {
  const [span] = spans;
  if (span === undefined || spans.length !== 1) throw new Error(`${spans.length} spans instead of one`);
  return span;
}

describe('spans of messages', () => {
  const memory = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: memory })] });
  const spans = messageSpans(provider.getTracer('trial'), { host: 'broker', port: 5_672 });
  const handling = (traceparent: string | undefined) => ({
    queue: 'sales.on-hold-answered',
    exchange: 'events',
    envelope: envelope(traceparent),
    attempt: 2,
  });
  beforeEach(() => {
    memory.reset();
  });

  it('PLA-50 publishing is a child of what caused it, and the step that the message carries', () => {
    const facts = { exchange: 'events', routingKey: 'inventory.hold.granted.v1', envelope: envelope(PARENT) };
    const span = spans.publishing(facts);
    span?.end('confirmed');
    const told = only(memory.getFinishedSpans());
    expect(told.kind).to.equal(SpanKind.PRODUCER);
    expect(told.name).to.equal('publish inventory.hold.granted.v1');
    expect(told.parentSpanContext).to.include({ traceId: TRACE, spanId: '00f067aa0ba902b7', isRemote: true });
    expect(span?.traceparent).to.equal(`00-${TRACE}-${told.spanContext().spanId}-01`);
    expect(told.attributes).to.deep.equal({
      'messaging.system': 'rabbitmq',
      'messaging.operation.type': 'send',
      'messaging.operation.name': 'publish',
      'messaging.destination.name': 'events:inventory.hold.granted.v1',
      'server.address': 'broker',
      'server.port': 5_672,
      'rabbitmq.destination.routing_key': 'inventory.hold.granted.v1',
      'messaging.message.id': 'ord_1:2:0',
      'messaging.message.conversation_id': 'ord_1:2:0',
      'tongpiao.tenant.id': 'ten_1',
      'tongpiao.subject': 'ord_1',
      'tongpiao.message.outcome': 'confirmed',
    });
  });

  it('PLA-50 handling tells queue, attempt and outcome, and nothing of the data', () => {
    spans.handling(handling(PARENT))?.end('done');
    const told = only(memory.getFinishedSpans());
    expect(told.kind).to.equal(SpanKind.CONSUMER);
    expect(told.name).to.equal('process sales.on-hold-answered');
    expect(told.status.code).to.equal(SpanStatusCode.UNSET);
    expect(told.attributes).to.include({
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'events:inventory.hold.granted.v1:sales.on-hold-answered',
      'tongpiao.message.attempt': 2,
      'tongpiao.message.outcome': 'done',
    });
    expect(JSON.stringify(told.attributes)).not.to.contain('张三');
  });

  it('PLA-50 a failure is told by its code; too early is no failure', () => {
    const endings: readonly [unknown, 'retried' | 'parked', SpanStatusCode, string][] = [
      [
        new TransientError('finance.provider-away', '13800138000 did not answer'),
        'retried',
        SpanStatusCode.ERROR,
        'finance.provider-away',
      ],
      [new TypeError('13800138000 is not a function'), 'parked', SpanStatusCode.ERROR, 'TypeError'],
      [new NotYet('sales.order-unknown', 'not here yet'), 'retried', SpanStatusCode.UNSET, 'sales.order-unknown'],
    ];
    for (const [error, outcome, status, code] of endings) {
      memory.reset();
      spans.handling(handling(PARENT))?.end(outcome, error);
      const told = only(memory.getFinishedSpans());
      expect(told.status).to.deep.equal({ code: status });
      expect(told.attributes).to.include({ 'error.type': code, 'tongpiao.message.outcome': outcome });
      expect(told.events).to.deep.equal([]);
    }
  });

  it('a batch is a trace of its own that links its messages, and each of them links it', () => {
    const other = PARENT.replace(TRACE, TRACE.replaceAll('4', '5'));
    const batch = spans.handlingBatch('inventory.decide-holds', [envelope(PARENT), envelope(), envelope(other)]);
    batch?.handling(handling(other))?.end('done');
    batch?.end();
    const [inBatch, told] = memory.getFinishedSpans();
    expect(told?.parentSpanContext).to.equal(undefined);
    expect(told?.attributes['messaging.batch.message_count']).to.equal(3);
    expect(told?.links.map(({ context }) => context.traceId)).to.deep.equal([TRACE, TRACE.replaceAll('4', '5')]);
    expect(inBatch?.spanContext().traceId).to.equal(TRACE.replaceAll('4', '5'));
    expect(inBatch?.links.map(({ context }) => context.spanId)).to.deep.equal([told?.spanContext().spanId]);
  });

  it('what no request caused has no span', () => {
    const facts = { exchange: 'events', routingKey: 'identity.trust.beat.v1', envelope: envelope() };
    expect(spans.publishing(facts)).to.equal(undefined);
    expect(spans.handling(handling(undefined))).to.equal(undefined);
    expect(spans.handlingBatch('inventory.decide-holds', [envelope(), envelope()])).to.equal(undefined);
    expect(memory.getFinishedSpans()).to.deep.equal([]);
  });

  it('what the caller does not record stays unrecorded, and says so on', () => {
    const span = spans.handling(handling(PARENT.replace(/01$/, '00')));
    span?.end('done');
    expect(span?.traceparent).to.match(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
    expect(memory.getFinishedSpans()).to.deep.equal([]);
  });
});
