// The stand-in for the service that checks identities, on a port of its own: questions and answers are signed, `/` shows what was asked,
// `POST /control` makes it slow, wrong or gone.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { escape, page } from '../pages/layout.ts';
import { createRingBuffer } from '../ring-buffer.ts';
import { answerTo, IdentityControl, IdentityControlChange, signatureOf } from './answering.ts';
import type { Asked } from './answering.ts';

export type IdentityCheckServer = {
  readonly port: number;
  control(change: IdentityControlChange): IdentityControl;
  asked(): readonly Asked[];
  stop(): Promise<void>;
};

const BODY_MAX_BYTES = 16 * 1024;
const SHOWN = 200;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk as Uint8Array);
    length += bytes.length;
    if (length > BODY_MAX_BYTES) throw new RangeError('the body is too large');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  more: Record<string, string> = {},
): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store', ...more });
  response.end(body);
}

function front(asked: readonly Asked[], control: IdentityControl): string {
  const rows = asked.map(
    ({ at, document, answer }) =>
      `<tr><td>${escape(at)}</td><td>${escape(document)}</td><td>${escape(answer)}</td></tr>`,
  );
  return page(
    'zh',
    '身份核验沙箱 · Identity check sandbox',
    `<header><h1>身份核验沙箱 · Identity check sandbox</h1></header><main><p>mode: ${control.mode}, slowMs: ${control.slowMs}. ` +
      '…0009 → no, …0008 → slow, …0007 → down.</p>' +
      `<table><thead><tr><th>时间 Time</th><th>证件 Document</th><th>结果 Answer</th></tr></thead><tbody>${rows.join('')}</tbody></table></main>`,
  );
}

export async function startIdentityCheck(options: {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly logger: Logger;
}): Promise<IdentityCheckServer> {
  let control: IdentityControl = { mode: 'normal', slowMs: 0 };
  const change = (wanted: IdentityControlChange): IdentityControl =>
    (control = IdentityControl.parse({ ...control, ...wanted }));
  const questions = createRingBuffer<Asked>(SHOWN);
  const timers = new Set<NodeJS.Timeout>();

  async function check(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const signature = request.headers['x-signature'];
    const verdict = answerTo(await bodyOf(request), typeof signature === 'string' ? signature : '', {
      secret: options.secret,
      control,
      now: new Date(),
    });
    if (verdict.asked !== undefined) questions.push(verdict.asked);
    if (verdict.status === 0) {
      request.socket.destroy();
      return;
    }
    const headers = { 'x-signature': signatureOf(options.secret, verdict.body) };
    const timer = setTimeout(() => {
      timers.delete(timer);
      send(response, verdict.status, 'application/json', verdict.body, headers);
    }, verdict.afterMs);
    timers.add(timer);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url } = request;
    if (method === 'POST' && url === '/identity-checks') await check(request, response);
    else if (method === 'POST' && url === '/control') {
      const wanted = IdentityControlChange.safeParse(JSON.parse(await bodyOf(request)));
      if (wanted.success) send(response, 200, 'application/json', JSON.stringify(change(wanted.data)));
      else send(response, 400, 'application/json', JSON.stringify({ code: 'INVALID', message: wanted.error.message }));
    } else if (method === 'GET' && url === '/asked')
      send(response, 200, 'application/json', JSON.stringify(questions.newest(SHOWN)));
    else if (method === 'GET' && url === '/') send(response, 200, 'text/html', front(questions.newest(SHOWN), control));
    else send(response, 404, 'application/json', JSON.stringify({ code: 'NOT_FOUND' }));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      options.logger.warn({ err: error }, 'a question to the identity check could not be read');
      send(response, 400, 'application/json', JSON.stringify({ code: 'INVALID' }));
    });
  });
  server.keepAliveTimeout = 65_000;
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The identity check has no port.');
  return {
    port: address.port,
    control: change,
    asked: () => questions.newest(SHOWN),
    async stop() {
      for (const timer of timers) clearTimeout(timer);
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
