// The gateway's own pages: health, figures, the API's description for machines and for people, and what each error code means.
// They are few and rarely asked for, so express carries them.
import type { RequestListener } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { DomainError } from '@tongpiao/kernel';
import { continueTrace, languageOf, type Problems } from '@tongpiao/service-shell';
import express, { type Request, type Response } from 'express';
import type { Logger } from 'pino';
import { clientAddress } from '../proxy/headers.ts';
import type { Readiness } from '../readiness.ts';
import { docsPage } from './docs-page.ts';
import type { OpenApiCollector } from './openapi-collector.ts';
import { problemFacts, problemPage } from './problem-page.ts';

export type PagesOptions = {
  readonly readiness: () => Readiness;
  readonly figures: () => Promise<{ contentType: string; text: string }>;
  readonly problems: Problems;
  readonly logger: Logger;
  readonly openApi: OpenApiCollector;
  readonly trustedHops: number;
  readonly isDraining: () => boolean;
};

const JSON_TYPE = 'application/json; charset=utf-8';
const HTML_TYPE = 'text/html; charset=utf-8';
const HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  // Pages carry their style within themselves and run no script at all.
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
};

/** Figures are for those inside: loopback and private networks. */
const inside = new BlockList();
inside.addSubnet('127.0.0.0', 8);
inside.addSubnet('10.0.0.0', 8);
inside.addSubnet('172.16.0.0', 12);
inside.addSubnet('192.168.0.0', 16);
inside.addAddress('::1', 'ipv6');
inside.addSubnet('fc00::', 7, 'ipv6');

function isInside(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && inside.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

export function createPages(options: PagesOptions): RequestListener {
  const { problems, logger, openApi } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');

  function answer(response: Response, status: number, type: string, text: string): void {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (options.isDraining()) response.setHeader('Connection', 'close');
    response.status(status).type(type).send(text);
  }

  function refuse(request: Request, response: Response, error: unknown): void {
    const { status, headers, body } = problems.answer(error, {
      language: languageOf(request.headers['accept-language']),
      traceId: continueTrace(request.get('traceparent')).traceId,
      instance: request.path.slice(0, 200),
      logger,
    });
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    answer(response, status, headers['Content-Type'] ?? JSON_TYPE, body);
  }

  /** `?lang=` for links, `Accept-Language` otherwise. */
  function language(request: Request): 'zh-CN' | 'en' {
    const { lang } = request.query;
    return languageOf(typeof lang === 'string' ? lang : request.headers['accept-language']);
  }

  app.get('/health/live', (_request, response) => {
    answer(response, 200, JSON_TYPE, JSON.stringify({ status: 'up' }));
  });
  app.get('/health/ready', (_request, response) => {
    const { ready, status, parts } = options.readiness();
    answer(response, ready ? 200 : 503, JSON_TYPE, JSON.stringify({ status, parts }));
  });
  app.get('/metrics', async (request, response) => {
    const address = clientAddress(request.headers, request.socket.remoteAddress, options.trustedHops);
    if (!isInside(address)) {
      refuse(request, response, new DomainError('platform.not-found', 'Figures are not for the public.'));
      return;
    }
    const { contentType, text } = await options.figures();
    answer(response, 200, contentType, text);
  });
  app.get('/openapi.json', async (_request, response) => {
    answer(response, 200, JSON_TYPE, await openApi.text());
  });
  app.get('/docs', async (request, response) => {
    answer(response, 200, HTML_TYPE, docsPage(await openApi.document(), language(request)));
  });
  app.get('/problems/:code', async (request, response) => {
    const { code } = request.params;
    const facts = problemFacts(code, problems.catalogue, await openApi.document());
    if (facts === undefined) {
      refuse(request, response, new DomainError('platform.not-found', 'There is no such code.'));
      return;
    }
    answer(response, 200, HTML_TYPE, problemPage(facts, language(request)));
  });
  app.get('/', (_request, response) => {
    response.redirect(302, '/docs');
  });
  app.all(
    ['/', '/health/live', '/health/ready', '/metrics', '/openapi.json', '/docs', '/problems/:code'],
    (request, response) => {
      const allowed = 'GET, HEAD';
      refuse(request, response, new DomainError('platform.method-not-allowed', 'Pages are read.', { allowed }));
    },
  );
  app.use((request: Request, response: Response) => {
    refuse(request, response, new DomainError('platform.not-found', 'No page has this path.'));
  });
  app.use((error: unknown, request: Request, response: Response, _next: express.NextFunction) => {
    const shown = error instanceof URIError ? new DomainError('platform.not-found', 'Not a path.') : error;
    if (!response.headersSent) refuse(request, response, shown);
  });
  return app;
}
