// The gateway's step in a trace: between the caller's and the service's, told when the answer has gone out.
import { startTrialCollector } from '@tongpiao/service-shell/trial';
import { expect } from 'chai';
import { ask, fakeUpstream, startGateway } from './gateway.fixture.ts';

const TRACE = 'a'.repeat(32);
const CALLER = 'b'.repeat(16);

describe('gateway: tracing', () => {
  it('PLA-50 is a step between the caller and the service, and tells how it ended', async () => {
    const collector = await startTrialCollector();
    const upstream = await fakeUpstream();
    const gateway = await startGateway(upstream.url, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint });
    try {
      const headers = { traceparent: `00-${TRACE}-${CALLER}-01` };
      const { status } = await ask(gateway.url, '/api/v1/products?q=1', { headers });
      expect(status).to.equal(200);
      expect((await ask(gateway.url, '/api/v1/nothing-like-this')).status).to.equal(404);
      await gateway.running.stop();
      const spans = collector.spans();
      expect(spans).to.have.length(1);
      const [span] = spans;
      expect(span).to.include({ service: 'gateway', traceId: TRACE, parentSpanId: CALLER, kind: 2, status: 0 });
      expect(span?.name).to.match(/^GET \/api\/v1\/products/);
      expect(span?.attributes).to.include({ 'http.request.method': 'GET', 'http.response.status_code': 200 });
      expect(upstream.seen[0]?.headers['traceparent']).to.equal(`00-${TRACE}-${span?.spanId}-01`);
    } finally {
      await gateway.running.stop();
      await Promise.all([upstream.kill(), collector.stop()]);
    }
  });
});
