// For specs, here and in services: a trust with keys of its own, tokens and API keys that it believes, and a server on a free
// port. Nothing here is reachable from the package's main entrance, so no running service can mint a token with it.
import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { TOKEN_AUDIENCE, TOKEN_ISSUER, type ApiKeyKind, type trustPublished } from '@tongpiao/contracts';
import jwt from 'jsonwebtoken';
import { pino, type Logger } from 'pino';
import type { z } from 'zod';
import { createHealth, type Health } from './health.ts';
import { startHttpServer, type HttpServer, type HttpServerOptions } from './http-server.ts';
import { createMetrics } from './metrics.ts';
import type { ProblemCatalogue } from './problem-catalogue.ts';
import { createProblems } from './problems.ts';
import type { Route } from './routes.ts';
import { apiKeyHash, TrustStore } from './trust.ts';

export { startTrialCollector, type ToldSpan, type TrialCollector } from './trial-collector.ts';

type Publication = z.input<typeof trustPublished.data>;

export type TokenWishes = {
  readonly sub?: string;
  readonly tid?: string;
  readonly roles?: readonly string[];
  readonly fam?: string;
  /** Seconds from now; may be negative. */
  readonly issuedIn?: number;
  readonly livesSeconds?: number;
  /** Claims and header members that replace the good ones. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly kid?: string;
  readonly key?: KeyObject;
};

export type TrialTrust = {
  readonly store: TrustStore;
  readonly kid: string;
  token(wishes?: TokenWishes): string;
  /** Issues a key and publishes it; returns `tpk_…`. */
  apiKey(wishes: { id: string; kind: ApiKeyKind; tenantId: string; subject: string; roles?: string[] }): string;
  /** Publishes the next revision with these changes. */
  change(changes: Partial<Omit<Publication, 'revision'>>): void;
  /** Trust as it stands, for tests that carry it over a broker. */
  publication(): Publication;
  /** Confirms the trust again; with the real clock it goes stale after five seconds. */
  beat(): void;
  /** Ends the beats that keep it fresh. */
  stop(): void;
};

export const silentLogger: Logger = pino({ level: 'silent' });

/** A trust that keeps itself fresh until `stop`. */
export function trialTrust(
  options: { now?: () => number; steadyNow?: () => number; service?: string } = {},
): TrialTrust {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = `trial-${randomBytes(4).toString('hex')}`;
  const now = options.now ?? Date.now;
  const store = new TrustStore({ logger: silentLogger, service: options.service ?? 'trial', ...options });
  let publication: Publication = {
    revision: 1,
    keys: [
      {
        kid,
        publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
        algorithm: 'ES256',
        notAfter: new Date(now() + 86_400_000).toISOString(),
      },
    ],
    apiKeys: [],
    revokedFamilies: [],
    revokedUsers: [],
  };
  store.publish(publication);
  const beats = setInterval(() => {
    store.beat(publication.revision);
  }, 500);
  beats.unref();

  function change(changes: Partial<Omit<Publication, 'revision'>>): void {
    publication = { ...publication, ...changes, revision: publication.revision + 1 };
    store.publish(publication);
  }

  return {
    store,
    kid,
    token(wishes = {}) {
      const iat = Math.floor(now() / 1_000) + (wishes.issuedIn ?? 0);
      const claims = {
        iss: TOKEN_ISSUER,
        aud: TOKEN_AUDIENCE,
        typ: 'access',
        sub: wishes.sub ?? 'usr_00trial',
        tid: wishes.tid ?? 'ten_trial00',
        roles: wishes.roles ?? [],
        fam: wishes.fam ?? 'fam_00trial',
        iat,
        exp: iat + (wishes.livesSeconds ?? 600),
        ...wishes.claims,
      };
      return jwt.sign(claims, wishes.key ?? privateKey, { algorithm: 'ES256', keyid: wishes.kid ?? kid });
    },
    apiKey({ roles = [], ...wishes }) {
      const secret = randomBytes(32).toString('base64url');
      const key = { ...wishes, roles, hash: apiKeyHash(secret), status: 'active' as const };
      change({ apiKeys: [...publication.apiKeys.filter(({ id }) => id !== wishes.id), key] });
      return `tpk_${wishes.id}_${secret}`;
    },
    change,
    publication: () => publication,
    beat() {
      store.beat(publication.revision);
    },
    stop() {
      clearInterval(beats);
    },
  };
}

export type TrialServer = HttpServer & {
  readonly health: Health;
  /** Fetches from the server, with JSON and an Idempotency-Key where a body is given, and reads the answer's JSON. */
  call(path: string, init?: CallInit): Promise<CallAnswer>;
};
export type CallInit = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string;
  /** Becomes JSON, with a fresh Idempotency-Key. */
  readonly json?: unknown;
  readonly body?: string | Uint8Array<ArrayBuffer>;
};
export type CallAnswer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
};

export function freshKey(): string {
  return randomBytes(18).toString('base64url');
}

export async function startTrialServer(
  routes: readonly Route[],
  options: Partial<HttpServerOptions> & { catalogue?: ProblemCatalogue } = {},
): Promise<TrialServer> {
  const { catalogue = {}, ...rest } = options;
  const health = options.health ?? createHealth();
  const server = await startHttpServer({
    service: 'trial',
    host: '127.0.0.1',
    port: 0,
    routes,
    problems: createProblems(catalogue),
    health,
    metrics: createMetrics({ service: 'trial', processMetrics: false }),
    logger: silentLogger,
    checkResponses: true,
    ...rest,
  });
  return {
    ...server,
    health,
    async call(path, init = {}) {
      const { token, json, body } = init;
      const answer = await fetch(server.url + path, {
        method: init.method ?? (json === undefined && body === undefined ? 'GET' : 'POST'),
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(json === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': freshKey() }),
          ...init.headers,
        },
        ...(json === undefined ? (body === undefined ? {} : { body }) : { body: JSON.stringify(json) }),
      });
      const text = await answer.text();
      const isJson = answer.headers.get('content-type')?.includes('json') === true && text !== '';
      const parsed: unknown = isJson ? JSON.parse(text) : undefined;
      return { status: answer.status, headers: answer.headers, text, body: parsed };
    },
  };
}
