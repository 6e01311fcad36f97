// A merchant's end of the line for specs: takes call-backs, keeps them, and answers as told.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { CallbackAnswer, CallbackInput } from './payment-provider.ts';

export type CallbackListener = {
  readonly url: string;
  readonly received: CallbackInput[];
  /** The next call-back that was not asked for yet. */
  next(): Promise<CallbackInput>;
  stop(): Promise<void>;
};

// Far above any delay a spec sets, below mocha's own limit so that the message says what was missing.
const patienceMs = 5_000;

export const startCallbackListener = async (answer: (count: number) => CallbackAnswer): Promise<CallbackListener> => {
  const received: CallbackInput[] = [];
  let asked = 0;
  let wake: () => void = () => undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
      );
      received.push({ headers, body: Buffer.concat(chunks) });
      const { status, contentType, body } = answer(received.length);
      response.writeHead(status, { 'content-type': contentType }).end(body);
      wake();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The listener has no port.');
  return {
    url: `http://127.0.0.1:${address.port}/callbacks`,
    received,
    async next() {
      const deadline = Date.now() + patienceMs;
      for (;;) {
        const callback = received[asked];
        if (callback !== undefined) {
          asked += 1;
          return callback;
        }
        const left = deadline - Date.now();
        if (left <= 0) throw new Error(`Call-back ${asked + 1} did not come; ${received.length} came.`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};
