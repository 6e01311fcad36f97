// The one HTTP server: payment providers, the tests' controls, JSON views and pages. Plain node:http, because the
// payment paths lie inside load tests and share the machine with what is being measured.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { MailServer } from '../mail/smtp.ts';
import { indexPage, mailPage } from '../pages/index-page.ts';
import { languageOf } from '../pages/layout.ts';
import { payPage } from '../pages/pay-page.ts';
import type { Alipay } from '../payment/alipay.ts';
import type { Book } from '../payment/book.ts';
import type { Till } from '../payment/till.ts';
import type { WechatPay } from '../payment/wechat.ts';
import { SettingsChange } from '../settings.ts';
import type { Settings } from '../settings.ts';
import type { Smsc } from '../sms/smsc.ts';
import { PaymentControl } from './control.ts';
import type { ControlOutcome, PaymentControls } from './control.ts';
import { file, html, json, redirect } from './reply.ts';
import type { Reply } from './reply.ts';

type Parts = {
  readonly publicUrl: string;
  readonly wechat: WechatPay;
  readonly alipay: Alipay;
  readonly book: Book;
  readonly till: Till;
  readonly controls: PaymentControls;
  readonly smsc: Smsc;
  readonly mail: MailServer;
  readonly settings: () => Settings;
  readonly change: (change: SettingsChange) => Settings;
};

type Asked = {
  readonly method: string;
  readonly target: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly authorization: string | undefined;
  readonly language: string | undefined;
};

// No provider's request comes near this.
const maximumBodyBytes = 256 * 1024;
const defaultLimit = 50;
const maximumLimit = 1_000;
const pageRows = 30;

const notFound: Reply = json(404, { code: 'NOT_FOUND', message: 'There is nothing here.' });

const outcomeStatus: Readonly<Record<ControlOutcome, number>> = {
  done: 200,
  scheduled: 202,
  unknown: 404,
  'already-paid': 409,
  'not-payable': 409,
};

const limitOf = (query: URLSearchParams): number => {
  const limit = Number(query.get('limit') ?? defaultLimit);
  return Number.isInteger(limit) && limit > 0 ? Math.min(limit, maximumLimit) : defaultLimit;
};

const parseJson = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
};

const invalid = (issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): Reply =>
  json(400, {
    code: 'INVALID',
    message: issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`).join('; '),
  });

const payment = (parts: Parts, asked: Asked): Reply => {
  if (asked.path.startsWith('/wechat/'))
    return parts.wechat.answer(asked, asked.path.slice('/wechat'.length), asked.query);
  const parameters = new URLSearchParams(asked.body.toString('utf8'));
  // The platform takes parameters from the address and the form together; clients put some of them in both.
  for (const [name, value] of asked.query) if (!parameters.has(name)) parameters.set(name, value);
  return parts.alipay.answer(parameters);
};

const pay = (parts: Parts, asked: Asked): Reply => {
  const key = decodeURIComponent(asked.path.slice('/pay/'.length));
  const [, provider, outTradeNo = ''] = /^(wechat|alipay)-(.+)$/.exec(key) ?? [];
  const transaction =
    provider === 'wechat' || provider === 'alipay' ? parts.till.find(provider, outTradeNo) : undefined;
  if (transaction === undefined) return notFound;
  const language = languageOf(asked.query, asked.language);
  if (asked.method !== 'POST') return html(payPage(language, transaction));
  const action = new URLSearchParams(asked.body.toString('utf8')).get('action');
  if (action === 'pay') parts.till.pay(key, { force: false, callbackDelayMs: 0 });
  if (action === 'fail') parts.till.fail(key);
  return redirect(`/pay/${encodeURIComponent(key)}?lang=${language}`);
};

const control = (parts: Parts, asked: Asked): Reply => {
  const prefix = '/control/payments/';
  if (asked.path.startsWith(prefix) && asked.method === 'POST') {
    const wanted = PaymentControl.safeParse(parseJson(asked.body));
    if (!wanted.success) return invalid(wanted.error.issues);
    const outcome = parts.controls.apply(decodeURIComponent(asked.path.slice(prefix.length)), wanted.data);
    return json(outcomeStatus[outcome], { outcome });
  }
  if (asked.path !== '/control') return notFound;
  if (asked.method === 'GET') return json(200, parts.settings());
  const change = SettingsChange.safeParse(parseJson(asked.body));
  return change.success ? json(200, parts.change(change.data)) : invalid(change.error.issues);
};

const attachment = (parts: Parts, mailId: string, at: number): Reply => {
  const found = parts.mail.attachment(mailId, at);
  return found === undefined ? notFound : file(found.content, found.mimeType, found.filename);
};

const view = (parts: Parts, asked: Asked): Reply => {
  const to = asked.query.get('to') ?? undefined;
  switch (asked.path) {
    case '/':
      return html(
        indexPage(languageOf(asked.query, asked.language), {
          sms: parts.smsc.find(undefined, pageRows),
          mails: parts.mail.find(undefined, pageRows),
          payments: parts.book.newest(pageRows),
        }),
      );
    case '/sms':
      return json(200, parts.smsc.find(to, limitOf(asked.query)));
    case '/mail':
      return json(200, parts.mail.find(to, limitOf(asked.query)));
    case '/payments':
      return json(200, parts.book.newest(limitOf(asked.query)));
    case '/health/live':
    case '/health/ready':
      return json(200, { status: 'ready', parts: { smsc: 'up', smtp: 'up', wechat: 'up', alipay: 'up' } });
    default: {
      const [, id = '', at] = /^\/mail\/([^/]+)(?:\/attachments\/(\d{1,4}))?$/.exec(asked.path) ?? [];
      if (at !== undefined) return attachment(parts, id, Number(at));
      const mail = parts.mail.get(id);
      return mail === undefined ? notFound : html(mailPage(languageOf(asked.query, asked.language), mail));
    }
  }
};

const isPayment = (path: string): boolean => path.startsWith('/wechat/') || path === '/alipay/gateway.do';

const route = (parts: Parts, asked: Asked): Reply => {
  if (isPayment(asked.path)) return payment(parts, asked);
  if (asked.path.startsWith('/pay/')) return pay(parts, asked);
  if (asked.path === '/control' || asked.path.startsWith('/control/')) return control(parts, asked);
  return asked.method === 'GET' ? view(parts, asked) : notFound;
};

const write = (response: ServerResponse, { status, headers, body }: Reply): void => {
  if (response.destroyed) return;
  const length: Record<string, string> = status === 204 ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  response.writeHead(status, { ...headers, ...length });
  response.end(body);
};

const readBody = (request: IncomingMessage, done: (body: Buffer | undefined) => void): void => {
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= maximumBodyBytes) chunks.push(chunk);
  });
  request.on('end', () => done(length > maximumBodyBytes ? undefined : Buffer.concat(chunks, length)));
  request.on('error', () => done(undefined));
};

export type Front = {
  readonly server: Server;
  readonly port: number;
  serve(parts: Parts): void;
  stop(): Promise<void>;
};

/** Listens at once, so that the port is known, and serves as soon as the parts exist. */
export const startFront = async (options: {
  readonly host: string;
  readonly port: number;
  readonly logger: Logger;
}): Promise<Front> => {
  let parts: Parts | undefined;
  const timers = new Set<NodeJS.Timeout>();

  const answer = (present: Parts, request: IncomingMessage, response: ServerResponse, body: Buffer): void => {
    const target = request.url ?? '/';
    const mark = target.indexOf('?');
    const path = mark < 0 ? target : target.slice(0, mark);
    const { down, slowMs } = present.settings();
    if (down && isPayment(path)) {
      // The request alone is complete by now and would leave the connection open.
      request.socket.destroy();
      return;
    }
    const reply = route(present, {
      method: request.method ?? 'GET',
      target,
      path,
      query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
      body,
      authorization: request.headers.authorization,
      language: request.headers['accept-language'],
    });
    if (slowMs === 0 || !isPayment(path)) {
      write(response, reply);
      return;
    }
    const timer = setTimeout(() => {
      timers.delete(timer);
      write(response, reply);
    }, slowMs);
    timers.add(timer);
  };

  const server = createServer((request, response) => {
    readBody(request, (body) => {
      try {
        if (parts === undefined) write(response, json(503, { status: 'starting' }));
        else if (body === undefined)
          write(response, json(413, { code: 'TOO_LARGE', message: 'The body is too large.' }));
        else answer(parts, request, response, body);
      } catch (error) {
        // A malformed percent-encoding is the only caller's mistake that throws; anything else is ours.
        const callersFault = error instanceof URIError;
        if (!callersFault) options.logger.error({ err: error }, 'request failed');
        write(response, json(callersFault ? 400 : 500, { code: 'SYSTEM_ERROR', message: '系统异常' }));
      }
    });
  });
  // Longer than the clients keep idle connections, so that they and not we close them.
  server.keepAliveTimeout = 65_000;
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The HTTP server has no port.');

  return {
    server,
    port: address.port,
    serve(present) {
      parts = present;
    },
    async stop() {
      for (const timer of timers) clearTimeout(timer);
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};
