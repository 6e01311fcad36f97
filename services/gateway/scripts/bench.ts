// What a request costs on its way through the gateway: requests per second and CPU time of each process, against the same upstream
// hit directly. Upstreams, gateway and load generator are processes of their own; ratios are what counts, machines differ.
//
//   node services/gateway/scripts/bench.ts [seconds per run, default 5] [connections, default 32]
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readConfig } from '@tongpiao/service-shell';
import express from 'express';
import { z } from 'zod';
import { startServers } from '../../../packages/local-stack/src/index.ts';
import { configSchema } from '../src/config.ts';
import { run } from '../src/run.ts';

const roles = ['http', 'express', 'gateway'] as const;
type Role = (typeof roles)[number];
const [, , first = '5', second = '32'] = process.argv;

/** What an availability answer of one day looks like. */
const answer = JSON.stringify({
  sessions: Array.from({ length: 6 }, (_, index) => ({
    id: `ses_0a7f3k9q2m5x8c4v6b1${index}`,
    startsAt: `2026-12-01T${String(index + 8).padStart(2, '0')}:00:00+08:00`,
    endsAt: `2026-12-01T${String(index + 9).padStart(2, '0')}:00:00+08:00`,
    capacity: 500,
    available: 412,
    prices: [{ ticketTypeId: 'tty_0a7f3k9q2m5x8c4v6b1n', amount: 12_000 }],
  })),
});
const TYPE = 'application/json; charset=utf-8';

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === 'object' && address !== null ? address.port : 0;

/** Answers the parent's questions about CPU time, and ends with it. */
const report = (port: number): void => {
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMicros: user + system });
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ port });
};

const serve = async (role: Role): Promise<void> => {
  if (role === 'gateway') {
    const { httpPort } = await run(readConfig(configSchema, process.env));
    report(httpPort);
    return;
  }
  if (role === 'http') {
    const server = createServer(({ url }, response) => {
      const control = url?.endsWith('&shared') === true ? { 'Cache-Control': 'public, s-maxage=1' } : {};
      response.writeHead(200, { 'Content-Type': TYPE, 'Content-Length': answer.length, ...control });
      response.end(answer);
    });
    server.listen(0, '127.0.0.1', () => report(portOf(server.address())));
    return;
  }
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((_request, response) => {
    response.type(TYPE).send(answer);
  });
  const server = app.listen(0, '127.0.0.1', () => report(portOf(server.address())));
};

type Started = { readonly url: string; readonly port: number; cpu(): Promise<number>; stop(): void };

const message = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const failed = (): void => reject(new Error('a process of the bench ended early'));
    child.once('exit', failed);
    child.once('message', (value) => {
      child.off('exit', failed);
      resolve(value);
    });
  });

const start = async (role: Role, environment: Record<string, string> = {}): Promise<Started> => {
  const child = fork(import.meta.filename, [], {
    env: { ...process.env, ...environment, BENCH_ROLE: role },
    execArgv: role === 'gateway' && process.env['BENCH_PROFILE'] !== undefined ? ['--cpu-prof'] : [],
  });
  const { port } = z.object({ port: z.number() }).parse(await message(child));
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async cpu() {
      const reply = message(child);
      child.send('cpu');
      return z.object({ cpuMicros: z.number() }).parse(await reply).cpuMicros;
    },
    stop: () => {
      if (child.connected) child.disconnect();
    },
  };
};

/** Keep-alive connections that each ask again as soon as they are answered; answers are measured by Content-Length. */
const load = (
  port: number,
  connections: number,
  milliseconds: number,
  suffix: string,
): Promise<{ count: number; errors: number }> =>
  new Promise((resolve) => {
    const question = Buffer.from(
      `GET /api/v1/products/prd_0a7f3k9q2m5x8c4v6b1n/availability?from=2026-12-01&to=2026-12-01${suffix} HTTP/1.1\r\n` +
        'Host: localhost\r\nAccept: application/json\r\nUser-Agent: bench\r\nAccept-Language: zh-CN\r\n\r\n',
    );
    let count = 0;
    let errors = 0;
    const sockets = Array.from({ length: connections }, () => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(question));
      let expected = 0;
      socket.on('data', (chunk) => {
        if (expected === 0) {
          const head = chunk.indexOf('\r\n\r\n');
          const text = chunk.toString('latin1', 0, head);
          const length = /content-length: (\d+)/i.exec(text)?.[1];
          if (!text.startsWith('HTTP/1.1 200')) errors += 1;
          expected = head + 4 + Number(length);
        }
        expected -= chunk.length;
        if (expected > 0) return;
        expected = 0;
        count += 1;
        socket.write(question);
      });
      socket.on('error', () => (errors += 1));
      return socket;
    });
    setTimeout(() => {
      for (const socket of sockets) socket.destroy();
      resolve({ count, errors });
    }, milliseconds);
  });

type Result = { readonly perSecond: number; readonly micros: readonly number[] };

const measure = async (target: Started, processes: readonly Started[], suffix: string): Promise<Result> => {
  const connections = Number(second);
  const seconds = Number(first);
  await load(target.port, connections, 1_500, suffix);
  const before = await Promise.all(processes.map((each) => each.cpu()));
  const { count, errors } = await load(target.port, connections, seconds * 1_000, suffix);
  const after = await Promise.all(processes.map((each) => each.cpu()));
  if (errors > 0) throw new Error(`${errors} answers were not 200`);
  return { perSecond: count / seconds, micros: after.map((value, index) => (value - (before[index] ?? 0)) / count) };
};

const main = async (): Promise<void> => {
  const stateDirectory = mkdtempSync(path.join(tmpdir(), 'gateway-bench-'));
  const { RABBITMQ_URL: rabbitmq, REDIS_URL: redis } = process.env;
  const servers =
    rabbitmq !== undefined && redis !== undefined
      ? { rabbitmqUrl: rabbitmq, redisUrl: redis, stop: async () => undefined }
      : await startServers({ stateDirectory, report: () => undefined });
  const started: Started[] = [];
  const open = async (role: Role, environment: Record<string, string> = {}): Promise<Started> => {
    const each = await start(role, environment);
    started.push(each);
    return each;
  };
  try {
    const bare = await open('http');
    const plain = await open('express');
    const gatewayTo = (upstream: Started, limits: 'on' | 'off'): Promise<Started> =>
      open('gateway', {
        LOG_LEVEL: 'error',
        HTTP_PORT: '0',
        BROKER_PREFIX: 'bench_',
        RABBITMQ_URL: servers.rabbitmqUrl,
        REDIS_URL: servers.redisUrl,
        LIMITS: limits,
        LIMIT_ADDRESS: '9000000/60',
        LIMIT_GUEST_READS: '9000000/60',
        ...Object.fromEntries(
          ['IDENTITY', 'SALES', 'INVENTORY', 'FINANCE', 'NOTIFICATION'].map((name) => [
            `UPSTREAM_${name}`,
            upstream.url,
          ]),
        ),
      });
    const rows: (readonly [string, Result])[] = [];
    const row = async (name: string, target: Started, processes: readonly Started[], suffix = ''): Promise<void> => {
      rows.push([name, await measure(target, processes, suffix)]);
    };
    await row('node:http, directly', bare, [bare]);
    await row('Express, directly', plain, [plain]);
    const limited = await gatewayTo(bare, 'on');
    await row('gateway to node:http', limited, [limited, bare]);
    await row('gateway to node:http, shared answers', limited, [limited, bare], '&shared');
    limited.stop();
    const unlimited = await gatewayTo(bare, 'off');
    await row('gateway to node:http, limits off', unlimited, [unlimited, bare]);
    unlimited.stop();
    const toExpress = await gatewayTo(plain, 'on');
    await row('gateway to Express', toExpress, [toExpress, plain]);
    const reference = rows[1]?.[1].perSecond ?? 1;
    for (const [name, { perSecond, micros }] of rows) {
      const cpu = micros.map((value) => value.toFixed(1).padStart(6)).join(' + ');
      const share = `${((perSecond / reference) * 100).toFixed(0)} %`.padStart(6);
      process.stdout.write(
        `${name.padEnd(38)} ${perSecond.toFixed(0).padStart(7)}/s ${share} of Express   CPU µs/request ${cpu}\n`,
      );
    }
  } finally {
    for (const each of started) each.stop();
    await servers.stop();
    rmSync(stateDirectory, { recursive: true, force: true });
  }
};

const role = roles.find((name) => name === process.env['BENCH_ROLE']);
if (role === undefined) await main();
else await serve(role);
