// One trace through all services: W3C trace context is always passed on, because it costs next to nothing. Spans are made only
// where an exporter is set, which is decided once at start and not per request.
import { randomFillSync } from 'node:crypto';
import { context, ROOT_CONTEXT, trace, type Context, type Span } from '@opentelemetry/api';

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

/** The step before as a parent for spans; none for a header that is no trace context. */
export function parentOf(traceparent: string | undefined): Context {
  const step = parseTraceparent(traceparent);
  if (step === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: step.traceId,
    spanId: step.spanId,
    traceFlags: Number.parseInt(step.flags, 16),
    isRemote: true,
  });
}

/** The step of a span as a header for what it causes. */
export function traceOf(span: Span): TraceContext {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { traceId, spanId, flags: traceFlags.toString(16).padStart(2, '0') };
}

/** Makes a span the active one while the work runs, for an agent whose libraries make spans of their own. */
export function runIn<Result>(span: Span, work: () => Promise<Result>): Promise<Result> {
  return context.with(trace.setSpan(context.active(), span), work);
}
