import { expect } from 'chai';
import { createHealth } from './health.ts';
import { createMetrics } from './metrics.ts';

describe('figures', () => {
  it('PLA-50 tell rate, errors and duration per route and message type, outbox age, queues and breakers', async () => {
    const metrics = createMetrics({ service: 'sales', processMetrics: false });
    metrics.observeRequest('GET', '/api/v1/orders/:id', 404, 0.02);
    metrics.messaging.handled('sales.on-paid', 'finance.payment.captured.v1', 'done', 0.01);
    metrics.messaging.parked('sales.on-paid', 'finance.payment.captured.v1', 'breach');
    metrics.watchOutboxAge(() => 1_500);
    metrics.watchQueues(async () => [{ queue: 'sales.on-paid', ready: 3 }]);
    metrics.setBreaker('wechat', 'open');
    metrics.counter('orders_fulfilled_total', 'Orders fulfilled.', ['channel']).inc({ channel: 'web' });
    const { text } = await metrics.render();
    for (const line of [
      /http_request_duration_seconds_count\{.*method="GET",route="\/api\/v1\/orders\/:id",status="4xx".*\} 1/,
      /message_duration_seconds_count\{.*type="finance.payment.captured.v1",outcome="done".*\} 1/,
      /messages_parked_total\{.*reason="breach".*\} 1/,
      /outbox_oldest_seconds\{.*\} 1.5/,
      /queue_depth\{.*queue="sales.on-paid".*\} 3/,
      /breaker_state\{.*upstream="wechat".*\} 2/,
      /orders_fulfilled_total\{.*channel="web".*\} 1/,
    ]) {
      expect(text).to.match(line);
    }
  });

  it('a figure that cannot be read does not spoil the others', async () => {
    const metrics = createMetrics({ service: 'sales', processMetrics: false });
    metrics.watchOutboxAge(() => Promise.reject(new Error('no database')));
    metrics.setBreaker('wechat', 'closed');
    const { text } = await metrics.render();
    expect(text).to.match(/outbox_oldest_seconds\{.*\} Nan/i);
    expect(text).to.match(/breaker_state\{.*\} 0/);
  });

  it('two services in one process do not meet', async () => {
    const [one, two] = [createMetrics({ service: 'one' }), createMetrics({ service: 'two' })];
    one.setBreaker('x', 'open');
    expect((await two.render()).text).not.to.include('upstream="x"');
    expect((await one.render()).text).to.include('process_cpu_seconds_total');
  });
});

describe('health', () => {
  it('PLA-50 is ready when every part is, and never again once it drains', async () => {
    const health = createHealth();
    let up = false;
    health.add('database', async () => up);
    expect((await health.readiness()).ready).to.equal(false);
    up = true;
    expect(await health.readiness()).to.deep.equal({
      ready: true,
      parts: [
        { name: 'accepting', state: 'up' },
        { name: 'database', state: 'up' },
      ],
    });
    health.drain();
    expect((await health.readiness()).ready).to.equal(false);
  });

  it('a part that does not answer counts as down', async () => {
    const health = createHealth();
    health.add('database', () => new Promise(() => undefined));
    expect((await health.readiness()).parts).to.deep.include({ name: 'database', state: 'down' });
  });
});
