// How much of bare express is left after the pipeline: one hello route, the same JSON, the same client, in turns so that both
// meet the same noise. Run: `node packages/service-shell/scripts/bench-http.ts [seconds per round] [rounds]`.
// Server and client are processes of their own, because one event loop cannot measure itself.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import express from 'express';
import { Pool } from 'undici';
import { z } from 'zod';
import { createHealth, createLogger, createMetrics, createProblems, route, startHttpServer } from '../src/index.ts';

const CONNECTIONS = 32;

async function serveBare(): Promise<number> {
  const app = express();
  const schema = z.object({ name: z.string() });
  app.get('/api/v1/hello/:name', (request, response) => {
    response.json({ greeting: `hello ${request.params.name}` });
  });
  app.use(express.json());
  app.post('/api/v1/hello', (request, response) => {
    const body = schema.parse(request.body);
    response.status(201).json({ greeting: `hello ${body.name}` });
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function serveShell(): Promise<number> {
  const answer = z.strictObject({ greeting: z.string() });
  const server = await startHttpServer({
    service: 'bench',
    host: '127.0.0.1',
    port: 0,
    routes: [
      route({
        method: 'get',
        path: '/api/v1/hello/:name',
        summary: 'Greets.',
        tags: ['bench'],
        access: 'public',
        responses: { 200: answer },
        handler: ({ params }) => ({ status: 200, body: { greeting: `hello ${params.name}` } }),
      }),
      route({
        method: 'post',
        path: '/api/v1/hello',
        summary: 'Greets.',
        tags: ['bench'],
        access: 'public',
        body: z.strictObject({ name: z.string() }),
        responses: { 201: answer },
        handler: ({ body }) => ({ status: 201, body: { greeting: `hello ${body.name}` } }),
      }),
    ],
    problems: createProblems(),
    health: createHealth(),
    metrics: createMetrics({ service: 'bench' }),
    logger: createLogger({
      service: 'bench',
      instance: 'bench',
      level: 'info',
      // The full line is made and written, as in production; only where it goes differs.
      destination: pino.destination({ dest: '/dev/null', sync: false, minLength: 4_096 }),
    }),
  });
  return server.port;
}

async function measure(port: number, seconds: number, method: 'GET' | 'POST'): Promise<number> {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS, pipelining: 1 });
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'b'.repeat(22) };
  const until = performance.now() + seconds * 1_000;
  let answered = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (performance.now() < until) {
        const { statusCode, body } = await pool.request(
          method === 'GET'
            ? { method, path: '/api/v1/hello/world' }
            : { method, path: '/api/v1/hello', headers, body: '{"name":"world"}' },
        );
        await body.dump();
        if (statusCode >= 300) throw new Error(`status ${statusCode}`);
        answered += 1;
      }
    }),
  );
  await pool.close();
  return answered / seconds;
}

async function start(kind: 'bare' | 'shell'): Promise<{ port: number; kill: () => void }> {
  const child = fork(fileURLToPath(import.meta.url), ['serve', kind], {
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const [message] = (await once(child, 'message')) as [unknown];
  return { port: z.number().parse(message), kill: () => void child.kill() };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function compare(seconds: number, rounds: number): Promise<void> {
  const bare = await start('bare');
  const shell = await start('shell');
  try {
    for (const method of ['GET', 'POST'] as const) {
      for (const { port } of [bare, shell]) await measure(port, 1, method);
      const figures = { bare: [] as number[], shell: [] as number[] };
      for (let round = 0; round < rounds; round += 1) {
        figures.bare.push(await measure(bare.port, seconds, method));
        figures.shell.push(await measure(shell.port, seconds, method));
      }
      const [bareRate, shellRate] = [median(figures.bare), median(figures.shell)];
      const ratio = Math.round((shellRate / bareRate) * 100);
      console.log(
        `${method}: bare express ${Math.round(bareRate)}/s, service shell ${Math.round(shellRate)}/s: ${ratio} %`,
      );
    }
  } finally {
    bare.kill();
    shell.kill();
  }
}

const [mode, kind, ...rest] = process.argv.slice(2);
if (mode === 'serve') process.send?.(await (kind === 'bare' ? serveBare() : serveShell()));
else await compare(Number(mode ?? 3), Number(kind ?? rest[0] ?? 3));
