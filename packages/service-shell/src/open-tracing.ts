// Tells an OpenTelemetry collector what the spans say, over OTLP/HTTP, when `OTEL_EXPORTER_OTLP_ENDPOINT` names one. The SDK is
// loaded only then. Spans gather in a bounded buffer: a collector that is slow or away costs spans, never a request.
import { diag, DiagLogLevel } from '@opentelemetry/api';
import type * as Sdk from '@opentelemetry/sdk-trace';
import type { MessagingSpans } from '@tongpiao/messaging';
import type { Logger } from 'pino';
import type { TracesSampler } from './config.ts';
import { messageSpans } from './message-spans.ts';
import { requestSpans, type RequestSpans } from './request-spans.ts';

/** What a service does in traces. Made by `openTracing`; left out where nobody records, so that nothing is paid for it. */
export type Tracing = {
  readonly requests: RequestSpans | undefined;
  readonly messages: MessagingSpans | undefined;
  /** What was not told yet is told, within a bound. Never rejects. */
  stop(): Promise<void>;
};

export const NO_TRACING: Tracing = { requests: undefined, messages: undefined, stop: () => Promise.resolve() };

export type TracingOptions = {
  readonly service: string;
  readonly instance: string;
  readonly logger: Logger;
  readonly config: {
    readonly RABBITMQ_URL: string;
    readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
    readonly OTEL_TRACES_SAMPLER?: TracesSampler | undefined;
    readonly OTEL_TRACES_SAMPLER_ARG?: number | undefined;
  };
  /** How long a stop waits for the last export; below the bound of a closing step. */
  readonly flushWithinMs?: number;
};

/** Above the largest batch of messages (200), so that a batch span links all of them. */
const LINKS_MAX = 256;
const FLUSH_WITHIN_MS = 2_500;
const AMQP_PORT = 5_672;

function samplerOf(sdk: typeof Sdk, name: TracesSampler, ratio: number): Sdk.Sampler {
  const { AlwaysOffSampler, AlwaysOnSampler, ParentBasedSampler, TraceIdRatioBasedSampler } = sdk;
  const root = (kind: string): Sdk.Sampler => {
    if (kind === 'always_off') return new AlwaysOffSampler();
    return kind === 'traceidratio' ? new TraceIdRatioBasedSampler(ratio) : new AlwaysOnSampler();
  };
  return name.startsWith('parentbased_')
    ? new ParentBasedSampler({ root: root(name.slice('parentbased_'.length)) })
    : root(name);
}

/** One process, one place where the SDK complains: that an export failed, that spans were dropped. */
function hearComplaints(logger: Logger): void {
  const warn = (text: string): void => {
    logger.warn({ problem: text.slice(0, 500) }, 'traces are not told as they should be');
  };
  const ignore = (): void => undefined;
  diag.setLogger(
    { error: warn, warn, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}

async function flushed(provider: Sdk.TracerProvider, withinMs: number, logger: Logger): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`the last spans were not taken within ${withinMs} ms`));
  }, withinMs);
  try {
    await Promise.race([provider.shutdown(), late.promise]);
  } catch (error) {
    logger.warn({ err: error }, 'the last spans are lost');
  } finally {
    clearTimeout(timer);
  }
}

export async function openTracing(options: TracingOptions): Promise<Tracing> {
  const { service, instance, config, logger, flushWithinMs = FLUSH_WITHIN_MS } = options;
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return NO_TRACING;
  const [sdk, { OTLPTraceExporter }, resources] = await Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-proto'),
    import('@opentelemetry/resources'),
  ]);
  hearComplaints(logger);
  const { defaultResource, detectResources, resourceAttributesEnvDetector, resourceFromAttributes } = resources;
  // What the operator says of the installation (OTEL_RESOURCE_ATTRIBUTES) counts, except who this process is.
  const resource = defaultResource()
    .merge(detectResources({ detectors: [resourceAttributesEnvDetector] }))
    .merge(
      resourceFromAttributes({
        'service.namespace': 'tongpiao',
        'service.name': service,
        'service.instance.id': instance,
      }),
    );
  const provider = new sdk.TracerProvider({
    resource,
    sampler: samplerOf(sdk, config.OTEL_TRACES_SAMPLER ?? 'parentbased_always_on', config.OTEL_TRACES_SAMPLER_ARG ?? 1),
    spanLimits: { linkCountLimit: LINKS_MAX },
    spanProcessors: [
      // Headers, time-out, compression and certificates: the SDK reads their OTEL_EXPORTER_OTLP_… itself.
      new sdk.BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` }),
      }),
    ],
  });
  const tracer = provider.getTracer('tongpiao');
  const { hostname, port } = new URL(config.RABBITMQ_URL);
  const broker = { host: hostname, port: port === '' ? AMQP_PORT : Number(port) };
  logger.info({ endpoint: new URL(endpoint).host }, 'traces are told');
  return {
    requests: requestSpans(tracer),
    messages: messageSpans(tracer, broker),
    stop: () => flushed(provider, flushWithinMs, logger),
  };
}
