// A service that stops beside another one, as the platform's services do: no request fails, not even one that must not be repeated.
// The same load on a service that closes at once shows the failures that draining is there to prevent.
import { Agent, request as httpRequest } from 'node:http';
import { createHealth, drainDelayOf, orderlyStop, route } from '@tongpiao/service-shell';
import { silentLogger, startTrialServer } from '@tongpiao/service-shell/trial';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { ask, post, startGateway } from './gateway.fixture.ts';

/** What signing in and quotes are: a POST that carries no key, so nobody may send it twice. */
const once = route({
  method: 'post',
  path: '/api/v1/quotes',
  summary: 'Trial.',
  tags: ['trial'],
  access: 'public',
  idempotent: false,
  body: z.strictObject({ number: z.int() }),
  responses: { 200: z.object({ number: z.int() }) },
  handler: async ({ body }) => ({ status: 200, body: { number: body.number } }),
});

type Service = { readonly url: string; readonly port: number; stop(): Promise<void> };

async function startService(drainDelayMs: number, port = 0): Promise<Service> {
  const health = createHealth();
  const http = await startTrialServer([once], { health, port });
  const stop = orderlyStop({ logger: silentLogger, health, http, drainDelayMs });
  return { url: http.url, port: http.port, stop };
}

const bothReady = 'gateway_instances_ready{upstream="sales",service="gateway"} 2';
const oneReady = 'gateway_instances_ready{upstream="sales",service="gateway"} 1';
const says = async (url: string, line: string): Promise<boolean> => (await ask(url, '/metrics')).text.includes(line);

type Load = { count(): number; failures(): readonly number[]; stop(): Promise<void> };

/** Some callers without pause, on connections that they keep. */
function load(url: string, callers = 8): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const failures: number[] = [];
  let count = 0;
  let over = false;
  const call = (number: number): Promise<void> =>
    new Promise((resolve) => {
      const body = JSON.stringify({ number });
      const headers = { 'content-type': 'application/json', 'content-length': body.length };
      const outgoing = httpRequest(`${url}/api/v1/quotes`, { method: 'POST', agent, headers }, (incoming) => {
        incoming.resume();
        incoming.once('end', resolve);
        count += 1;
        if (incoming.statusCode !== 200) failures.push(incoming.statusCode ?? 0);
      });
      outgoing.once('error', () => {
        failures.push(0);
        resolve();
      });
      outgoing.end(body);
    });
  const caller = async (): Promise<void> => {
    for (let number = 0; !over; number += 1) await call(number);
  };
  const all = Promise.all(Array.from({ length: callers }, caller));
  return {
    count: () => count,
    failures: () => failures,
    async stop() {
      over = true;
      await all;
      agent.destroy();
    },
  };
}

/** Stops and starts one of two services under load, some times over. @returns statuses that were no 200 */
async function rolling(drainDelayMs: number, rounds: number): Promise<readonly number[]> {
  const staying = await startService(0);
  let leaving = await startService(drainDelayMs);
  const gateway = await startGateway(`${leaving.url},${staying.url}`, { LIMITS: 'off' });
  const calls = load(gateway.url);
  try {
    for (let round = 0; round < rounds; round += 1) {
      const before = calls.count();
      await eventually('work to be done', () => calls.count() > before + 200);
      await leaving.stop();
      leaving = await startService(drainDelayMs, leaving.port);
      await eventually('both to be asked', () => says(gateway.url, bothReady));
      if (drainDelayMs === 0 && calls.failures().length > 0) break;
    }
  } finally {
    await calls.stop();
    await gateway.running.stop();
    await Promise.all([leaving.stop(), staying.stop()]);
  }
  return calls.failures();
}

describe('gateway: a service hands over', () => {
  it('PLA-51 no request fails while it drains under load, and a 502 is seen when it does not', async () => {
    expect(await rolling(300, 5)).to.deep.equal([]);
    const failures = await rolling(0, 40);
    expect(failures.length, 'without draining').to.be.above(0);
  });

  it('PLA-51 the usual delay is long enough for a gateway without any traffic to notice', async () => {
    const usualMs = drainDelayOf({ NODE_ENV: 'production' });
    const [leaving, staying] = [await startService(usualMs), await startService(0)];
    const gateway = await startGateway(`${leaving.url},${staying.url}`, { LIMITS: 'off' });
    try {
      await eventually('both to be asked', () => says(gateway.url, bothReady));
      const stopping = leaving.stop();
      await eventually('the gateway to notice', () => says(gateway.url, oneReady), { withinMs: usualMs });
      expect((await ask(leaving.url, '/health/live')).status, 'it still answers').to.equal(200);
      await stopping;
      for (let number = 0; number < 4; number += 1)
        expect((await post(gateway.url, '/api/v1/quotes', { number })).status).to.equal(200);
    } finally {
      await gateway.running.stop();
      await Promise.all([leaving.stop(), staying.stop()]);
    }
  });
});
