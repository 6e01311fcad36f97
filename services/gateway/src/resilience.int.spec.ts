import { request as httpRequest, Agent } from 'node:http';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { ask, fakeUpstream, post, startGateway, type FakeUpstream } from './gateway.fixture.ts';

const key = 'k'.repeat(22);
const metric = async (url: string, name: string): Promise<string | undefined> =>
  new RegExp(`^${name.replaceAll(/[{}]/g, '\\$&')} (.+)$`, 'm').exec((await ask(url, '/metrics')).text)?.[1];

/** Asks without pause over a few kept connections until told to stop; says what came back. */
function hammer(url: string): {
  stop(): Promise<{ statuses: Map<number, number>; errors: string[] }>;
  count(): number;
} {
  const agent = new Agent({ keepAlive: true, maxSockets: 12 });
  const statuses = new Map<number, number>();
  const errors: string[] = [];
  let stopped = false;
  let count = 0;
  const once = (number: number): Promise<void> =>
    new Promise((resolve) => {
      const isPost = number % 3 === 0;
      const outgoing = httpRequest(
        `${url}/api/v1/orders`,
        { method: isPost ? 'POST' : 'GET', agent, headers: isPost ? { 'idempotency-key': key } : {} },
        (incoming) => {
          incoming.resume();
          incoming.once('end', resolve);
          count += 1;
          statuses.set(incoming.statusCode ?? 0, (statuses.get(incoming.statusCode ?? 0) ?? 0) + 1);
        },
      );
      outgoing.once('error', (error) => {
        errors.push(error.message);
        resolve();
      });
      outgoing.end(isPost ? '{"a":1}' : undefined);
    });
  const worker = async (from: number): Promise<void> => {
    for (let number = from; !stopped; number += 1) await once(number);
  };
  const workers = Array.from({ length: 12 }, (_, index) => worker(index));
  return {
    count: () => count,
    async stop() {
      stopped = true;
      await Promise.all(workers);
      agent.destroy();
      return { statuses, errors };
    },
  };
}

describe('gateway: resilience', () => {
  for (const how of ['stop', 'kill'] as const) {
    it(`PLA-51 fails no request when one of two instances is ${how === 'stop' ? 'stopped' : 'killed'} under load`, async () => {
      const [first, second] = [await fakeUpstream(), await fakeUpstream()];
      const gateway = await startGateway(`${first.url},${second.url}`, { LIMITS: 'off' });
      try {
        const load = hammer(gateway.url);
        await eventually('both to be asked', () => first.seen.length > 200 && second.seen.length > 200);
        await first[how]();
        const asked = load.count();
        await eventually('more to be asked', () => load.count() > asked + 500);
        const again = await fakeUpstream(undefined, { port: Number(new URL(first.url).port) });
        await eventually('the one that is back to be asked', () => again.seen.length > 50);
        const { statuses, errors } = await load.stop();
        expect(errors).to.deep.equal([]);
        expect([...statuses.keys()]).to.deep.equal([200]);
        await again.kill();
      } finally {
        await gateway.running.stop();
        await Promise.all([first.kill(), second.kill()]);
      }
    });
  }

  it('PLA-51 asks an instance that is back before anybody has noticed, when the other one goes', async () => {
    const [first, second] = [await fakeUpstream(), await fakeUpstream()];
    const gateway = await startGateway(`${first.url},${second.url}`);
    let again: FakeUpstream | undefined;
    try {
      await first.kill();
      await eventually('the first to be missed', async () => {
        await ask(gateway.url, '/api/v1/products');
        return (await metric(gateway.url, 'gateway_instances_ready{upstream="sales",service="gateway"}')) === '1';
      });
      again = await fakeUpstream(undefined, { port: Number(new URL(first.url).port) });
      await second.kill();
      for (let count = 0; count < 6; count += 1) {
        expect((await ask(gateway.url, '/api/v1/products')).status).to.equal(200);
      }
    } finally {
      await gateway.running.stop();
      await Promise.all([second.kill(), again?.kill()]);
    }
  });

  it('PLA-51 passes over an instance that says it is not ready', async () => {
    let ready = true;
    const first = await fakeUpstream(undefined, { ready: () => ready });
    const second = await fakeUpstream();
    const gateway = await startGateway(`${first.url},${second.url}`);
    try {
      ready = false;
      await eventually(
        'one instance left',
        async () => (await metric(gateway.url, 'gateway_instances_ready{upstream="sales",service="gateway"}')) === '1',
      );
      const before = first.seen.length;
      for (let count = 0; count < 6; count += 1) await ask(gateway.url, '/api/v1/products');
      expect(first.seen.length).to.equal(before);
    } finally {
      await gateway.running.stop();
      await Promise.all([first.kill(), second.kill()]);
    }
  });

  it('PLA-32 does not repeat by itself what may have happened and has no Idempotency-Key', async () => {
    let tries = 0;
    const breaking = await fakeUpstream((incoming) => {
      tries += 1;
      incoming.socket.destroy();
    });
    const gateway = await startGateway(`${breaking.url},${breaking.url}`);
    try {
      const once = await post(gateway.url, '/api/v1/orders', {}, { 'accept-language': 'en' });
      expect(once.status).to.equal(502);
      expect(once.json).to.include({ code: 'gateway.upstream-failed' });
      expect(tries).to.equal(1);
      expect((await post(gateway.url, '/api/v1/orders', {}, { 'idempotency-key': key })).status).to.equal(502);
      expect(tries, 'the key makes a second try safe').to.equal(3);
    } finally {
      await gateway.running.stop();
      await breaking.kill();
    }
  });

  it('PLA-35 opens the breaker to an upstream that is away, answers at once, and closes when it is back', async () => {
    const upstream = await fakeUpstream();
    const gateway = await startGateway(upstream.url, { BREAKER_RESET_MS: '700' });
    const state = (): Promise<string | undefined> =>
      metric(gateway.url, 'breaker_state{upstream="sales",service="gateway"}');
    let again: FakeUpstream | undefined;
    try {
      expect(await state()).to.equal('0');
      await upstream.kill();
      const codes: unknown[] = [];
      for (let count = 0; count < 30; count += 1) codes.push((await ask(gateway.url, '/api/v1/products')).json['code']);
      expect(codes[0]).to.equal('gateway.upstream-unavailable');
      const begun = performance.now();
      const refused = await ask(gateway.url, '/api/v1/products', { headers: { 'accept-language': 'en' } });
      expect(performance.now() - begun).to.be.lessThan(100);
      expect(refused.status).to.equal(503);
      expect(refused.json).to.include({ code: 'gateway.breaker-open' });
      expect(refused.headers['retry-after']).to.equal('1');
      expect(await state()).to.equal('2');
      expect((await ask(gateway.url, '/api/v1/users')).json['code'], 'each upstream has its own').to.equal(
        'gateway.upstream-unavailable',
      );
      again = await fakeUpstream(undefined, { port: Number(new URL(upstream.url).port) });
      await eventually('the breaker to close', async () => (await ask(gateway.url, '/api/v1/products')).status === 200);
      expect(await state()).to.equal('0');
      const flight = await metric(gateway.url, 'gateway_in_flight{upstream="sales",service="gateway"}');
      expect(flight, 'nothing is counted for ever').to.equal('0');
    } finally {
      await gateway.running.stop();
      await again?.kill();
    }
  });

  it('PLA-35 counts 502 and 504 of an upstream against it, and passes them on; 500 and 503 are its own affair', async () => {
    let status = 500;
    const upstream = await fakeUpstream((_incoming, outgoing) => outgoing.writeHead(status).end('as it is'));
    const gateway = await startGateway(upstream.url);
    try {
      for (status of [500, 503]) {
        for (let count = 0; count < 25; count += 1) {
          expect((await ask(gateway.url, '/api/v1/products')).status).to.equal(status);
        }
      }
      status = 504;
      expect((await ask(gateway.url, '/api/v1/products')).text).to.equal('as it is');
      await eventually('the breaker to open', async () => {
        const { json } = await ask(gateway.url, '/api/v1/products');
        return json['code'] === 'gateway.breaker-open';
      });
    } finally {
      await gateway.running.stop();
      await upstream.kill();
    }
  });

  it('PLA-35 sheds what is too much for an upstream, for the gateway, and for its event loop', async () => {
    const waiting: (() => void)[] = [];
    let hold = true;
    const upstream = await fakeUpstream((_incoming, outgoing) => {
      if (hold) waiting.push(() => void outgoing.end('ok'));
      else outgoing.end('ok');
    });
    let delayMs = 0;
    const gateway = await startGateway(
      upstream.url,
      { MAX_IN_FLIGHT_PER_UPSTREAM: '2', MAX_IN_FLIGHT: '3' },
      { loopDelayMs: () => delayMs },
    );
    try {
      const held = [ask(gateway.url, '/api/v1/products'), ask(gateway.url, '/api/v1/products')];
      await eventually('two to wait', () => waiting.length === 2);
      const third = await ask(gateway.url, '/api/v1/products', { headers: { 'accept-language': 'en' } });
      expect(third.status).to.equal(503);
      expect(third.json).to.include({ code: 'gateway.overloaded' });
      expect(third.headers['retry-after']).to.equal('2');
      held.push(ask(gateway.url, '/api/v1/users'));
      await eventually('three to wait', () => waiting.length === 3);
      expect((await ask(gateway.url, '/api/v1/users')).json).to.include({ code: 'gateway.overloaded' });
      for (const release of waiting) release();
      for (const answer of await Promise.all(held)) expect(answer.status).to.equal(200);

      hold = false;
      const code = async (): Promise<unknown> => (await ask(gateway.url, '/api/v1/messages')).json['code'];
      delayMs = 900;
      await eventually('new work to be refused', async () => (await code()) === 'gateway.overloaded');
      expect((await ask(gateway.url, '/health/live')).status).to.equal(200);
      delayMs = 200;
      expect(await code(), 'not yet caught up').to.equal('gateway.overloaded');
      delayMs = 0;
      await eventually('new work to be taken', async () => (await code()) === undefined);
    } finally {
      for (const release of waiting) release();
      await gateway.running.stop();
      await upstream.kill();
    }
  });

  it('PLA-51 is not ready from the signal on, finishes what is in flight, and takes nothing new', async () => {
    let release: (() => void) | undefined;
    const upstream = await fakeUpstream((_incoming, outgoing) => {
      release = () => void outgoing.end('finished');
    });
    const gateway = await startGateway(upstream.url, { DRAIN_DELAY_MS: '400' });
    try {
      const pending = ask(gateway.url, '/api/v1/products');
      await eventually('the request to be under way', () => release !== undefined);
      const stopping = gateway.running.stop();
      const ready = await ask(gateway.url, '/health/ready');
      expect(ready.status).to.equal(503);
      expect(JSON.stringify(ready.json['parts'])).to.include('{"name":"accepting","state":"down"}');
      await eventually('the door to be shut', async () =>
        ask(gateway.url, '/health/live').then(
          () => false,
          () => true,
        ),
      );
      release?.();
      const answer = await pending;
      expect(answer.text).to.equal('finished');
      expect(answer.headers.connection).to.equal('close');
      await stopping;
    } finally {
      await gateway.running.stop();
      await upstream.kill();
    }
  });
});
