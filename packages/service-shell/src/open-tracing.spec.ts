// What is recorded and what is told: nothing without a collector, the chosen share with one, and a collector that is away costs
// spans and nothing else.
import { expect } from 'chai';
import { pino } from 'pino';
import { NO_TRACING, openTracing, type Tracing, type TracingOptions } from './open-tracing.ts';
import { startTrialCollector, type TrialCollector } from './trial-collector.ts';
import { silentLogger } from './trial.ts';

const REQUEST = { method: 'GET', route: '/api/v1/things', traceparent: undefined };

describe('telling traces', () => {
  let collector: TrialCollector;
  beforeEach(async () => {
    collector = await startTrialCollector();
  });
  afterEach(() => collector.stop());

  function open(settings: Partial<TracingOptions['config']>, options: Partial<TracingOptions> = {}): Promise<Tracing> {
    const config = { RABBITMQ_URL: 'amqp://broker', OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, ...settings };
    return openTracing({ service: 'trial', instance: 'trial-1', logger: silentLogger, config, ...options });
  }

  async function answer(tracing: Tracing, times: number, status = 200, traceparent?: string): Promise<void> {
    for (let index = 0; index < times; index += 1) {
      await tracing.requests?.answering(
        { ...REQUEST, traceparent },
        async () => undefined,
        () => status,
      );
    }
  }

  it('PLA-50 without a collector there are no spans at all', async () => {
    expect(await open({ OTEL_EXPORTER_OTLP_ENDPOINT: undefined })).to.equal(NO_TRACING);
  });

  it('PLA-50 tells what it holds at the stop, under the name of the service', async () => {
    const tracing = await open({});
    await answer(tracing, 1, 503);
    await answer(tracing, 1, 404);
    await tracing.stop();
    const told = collector.spans();
    expect(told.map(({ service, name, status }) => ({ service, name, status }))).to.deep.equal([
      { service: 'trial', name: 'GET /api/v1/things', status: 2 },
      { service: 'trial', name: 'GET /api/v1/things', status: 0 },
    ]);
    expect(told[0]?.attributes).to.deep.equal({
      'http.request.method': 'GET',
      'http.route': '/api/v1/things',
      'http.response.status_code': 503,
      'error.type': '503',
    });
  });

  it('records the share that is asked for, and what a caller records already', async () => {
    const tracing = await open({ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: 0 });
    await answer(tracing, 20);
    await answer(tracing, 1, 200, '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
    await tracing.stop();
    expect(collector.spans().map(({ parentSpanId }) => parentSpanId)).to.deep.equal(['00f067aa0ba902b7']);

    const none = await open({ OTEL_TRACES_SAMPLER: 'always_off' });
    await answer(none, 1, 200, '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
    await none.stop();
    expect(collector.spans()).to.have.length(1);
  });

  it('a collector that is away loses spans, is told of in the log, and does not hold up a stop', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    await collector.stop();
    const tracing = await open({}, { logger, flushWithinMs: 50 });
    await answer(tracing, 1);
    await tracing.stop();
    expect(lines.join('')).to.contain('the last spans are lost');
    collector = await startTrialCollector();
  });
});
