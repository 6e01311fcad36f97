// The two yardsticks, each its own process: a bare node:http server and a bare Express application that say hello.
// Usage: baseline-server.ts http|express; prints its port.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';

const kind = process.argv[2];
const hello = { hello: 'world' };
const app = express();
app.get('/hello', (_request, response) => {
  response.json(hello);
});
const server =
  kind === 'express'
    ? createServer(app)
    : createServer((_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(hello));
      });
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
process.on('SIGTERM', () => process.exit(0));
