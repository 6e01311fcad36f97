// The span of one HTTP request. Attributes are the stable semantic conventions of OpenTelemetry for HTTP servers, without path,
// query and address: those may tell of a person (PLA-13), and the route is enough to find a slow one.
import { SpanKind, SpanStatusCode, type Span, type Tracer } from '@opentelemetry/api';
import { parentOf, runIn, traceOf, type TraceContext } from './tracing.ts';

type TracedRequest = {
  readonly method: string;
  /** Pattern of the route. */
  readonly route: string;
  readonly traceparent: string | undefined;
};

export type RequestSpans = {
  /**
   * @param work gets its own step, for answers, logs and whatever the request causes; must not reject
   * @param status asked when the work has ended
   */
  answering(request: TracedRequest, work: (step: TraceContext) => Promise<void>, status: () => number): Promise<void>;
};

function endWith(span: Span, status: number): void {
  span.setAttribute('http.response.status_code', status);
  // A caller's mistake is no error of the server.
  if (status >= 500) {
    span.setAttribute('error.type', String(status));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

export function requestSpans(tracer: Tracer): RequestSpans {
  return {
    async answering({ method, route, traceparent }, work, status) {
      const attributes = { 'http.request.method': method, 'http.route': route };
      const span = tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parentOf(traceparent));
      try {
        await runIn(span, () => work(traceOf(span)));
      } finally {
        endWith(span, status());
      }
    },
  };
}
