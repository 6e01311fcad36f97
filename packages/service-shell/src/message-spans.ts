// Messages in a trace: one span for publishing, one for handling, the second a child of the first, so that a purchase is one
// trace through all services. Names follow OpenTelemetry's semantic conventions for messaging and RabbitMQ (1.45), which are not
// declared stable yet; they are written out here because the constants of that package change with them.
import {
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Link,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { Envelope } from '@tongpiao/contracts';
import { NotYet } from '@tongpiao/kernel';
import type { BatchSpan, HandlingFacts, MessageSpan, MessagingSpans } from '@tongpiao/messaging';
import { formatTraceparent, parentOf, runIn, traceOf } from './tracing.ts';

/** Where the broker is, as the conventions want it told. */
export type BrokerAddress = { readonly host: string; readonly port: number };

type Operation = { readonly type: 'send' | 'process'; readonly name: 'publish' | 'process' };
const PUBLISH: Operation = { type: 'send', name: 'publish' };
const PROCESS: Operation = { type: 'process', name: 'process' };

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown';
}

/** Never the error's text: it may tell of a person. */
function endWith(span: Span, outcome: string, error: unknown): void {
  span.setAttribute('tongpiao.message.outcome', outcome);
  if (error !== undefined) {
    span.setAttribute('error.type', codeOf(error));
    // Too early is no fault: the message comes again.
    if (!(error instanceof NotYet)) span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

function messageSpan(span: Span): MessageSpan {
  return {
    traceparent: formatTraceparent(traceOf(span)),
    run: (work) => runIn(span, work),
    end(outcome, error) {
      endWith(span, outcome, error);
    },
  };
}

function linkTo({ traceparent }: Envelope): Link[] {
  const spanContext = trace.getSpanContext(parentOf(traceparent));
  return spanContext === undefined ? [] : [{ context: spanContext }];
}

export function messageSpans(tracer: Tracer, broker: BrokerAddress): MessagingSpans {
  const common = (operation: Operation, destination: readonly string[]): Attributes => ({
    'messaging.system': 'rabbitmq',
    'messaging.operation.type': operation.type,
    'messaging.operation.name': operation.name,
    'messaging.destination.name': destination.filter((part) => part !== '').join(':'),
    'server.address': broker.host,
    'server.port': broker.port,
  });

  const ofMessage = ({ id, subject, correlationid, tenantid }: Envelope, routingKey: string): Attributes => ({
    'rabbitmq.destination.routing_key': routingKey,
    'messaging.message.id': id,
    'messaging.message.conversation_id': correlationid,
    'tongpiao.tenant.id': tenantid,
    'tongpiao.subject': subject,
  });

  function handling({ queue, exchange, envelope, attempt }: HandlingFacts, links: Link[]): MessageSpan | undefined {
    // What no request caused, such as a heartbeat or a sweep, would be thousands of traces that nobody asked for.
    if (envelope.traceparent === undefined) return undefined;
    const attributes = {
      ...common(PROCESS, [exchange, envelope.type, queue]),
      ...ofMessage(envelope, envelope.type),
      'tongpiao.message.attempt': attempt,
    };
    const options = { kind: SpanKind.CONSUMER, attributes, links };
    return messageSpan(tracer.startSpan(`process ${queue}`, options, parentOf(envelope.traceparent)));
  }

  return {
    publishing({ exchange, routingKey, envelope }) {
      if (envelope.traceparent === undefined) return undefined;
      const attributes = { ...common(PUBLISH, [exchange, routingKey]), ...ofMessage(envelope, routingKey) };
      const options = { kind: SpanKind.PRODUCER, attributes };
      return messageSpan(tracer.startSpan(`publish ${envelope.type}`, options, parentOf(envelope.traceparent)));
    },
    handling: (facts) => handling(facts, []),
    handlingBatch(queue, envelopes): BatchSpan | undefined {
      const links = envelopes.flatMap(linkTo);
      if (links.length === 0) return undefined;
      const attributes = { ...common(PROCESS, [queue]), 'messaging.batch.message_count': envelopes.length };
      const span = tracer.startSpan(`process ${queue}`, { kind: SpanKind.CONSUMER, root: true, attributes, links });
      return {
        run: (work) => runIn(span, work),
        handling: (facts) => handling(facts, [{ context: span.spanContext() }]),
        end: () => {
          span.end();
        },
      };
    },
  };
}
