// One trace through all services: W3C trace context is always passed on, because it costs next to nothing; spans are made
// only when an OpenTelemetry SDK was registered at start (`--import`), which is asked once and not per request.
import { randomFillSync } from 'node:crypto';
import { context, propagation, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';

export type TraceContext = { readonly traceId: string; readonly spanId: string; readonly flags: string };

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const POOL_BYTES = 8_192;
const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;

function randomHex(bytes: number): string {
  if (used + bytes > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const text = pool.toString('hex', used, used + bytes);
  used += bytes;
  return text;
}

/** Undefined for anything that is not a valid version 00 header. */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  if (header?.length !== 55) return undefined;
  const match = TRACEPARENT.exec(header);
  if (match === null) return undefined;
  const [, traceId = '', spanId = '', flags = ''] = match;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, flags };
}

/** Our own step in the caller's trace, or the first step of a new one. */
export function continueTrace(header: string | undefined): TraceContext {
  const parent = parseTraceparent(header);
  return { traceId: parent?.traceId ?? randomHex(16), spanId: randomHex(8), flags: parent?.flags ?? '01' };
}

export function formatTraceparent(step: TraceContext): string {
  return `00-${step.traceId}-${step.spanId}-${step.flags}`;
}

const tracer = trace.getTracer('tongpiao');

/** True when an SDK is there that records spans. */
export function tracingIsOn(): boolean {
  const span = tracer.startSpan('is anybody listening');
  const recording = span.isRecording();
  span.end();
  return recording;
}

/**
 * Runs work inside a span, when spans are recorded at all.
 * @param on what `tracingIsOn()` said at start
 * @param traceparent of the request or message that causes the work
 */
export async function inSpan<Result>(
  on: boolean,
  kind: 'request' | 'message',
  name: string,
  traceparent: string | undefined,
  work: (span: Span | undefined) => Promise<Result>,
): Promise<Result> {
  if (!on) return work(undefined);
  const parent = propagation.extract(context.active(), traceparent === undefined ? {} : { traceparent });
  const options = { kind: kind === 'request' ? SpanKind.SERVER : SpanKind.CONSUMER };
  return tracer.startActiveSpan(name, options, parent, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The step of a span as a header for what it causes. */
export function traceOf(span: Span): TraceContext {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { traceId, spanId, flags: traceFlags.toString(16).padStart(2, '0') };
}
