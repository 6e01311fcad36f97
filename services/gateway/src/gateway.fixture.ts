// For specs: upstreams that do what a test wants, a gateway in front of them on real Redis and RabbitMQ, an identity that publishes
// trust and signs tokens, and a client that shows everything about an answer.
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
} from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { trustBeat, trustPublished, type DataOf, type Envelope } from '@tongpiao/contracts';
import { connectBroker, type Broker } from '@tongpiao/messaging';
import { apiKeyHash, readConfig, type Running } from '@tongpiao/service-shell';
import { eventually, testServers, type TestServers } from '@tongpiao/testing';
import { pino, type Logger } from 'pino';
import { configSchema } from './config.ts';
import { run, type RunOptions } from './run.ts';

const silent: Logger = pino({ level: 'silent' });

export type FakeUpstream = {
  readonly url: string;
  /** Requests that were no health probes, newest last. */
  readonly seen: { method: string; url: string; headers: IncomingHttpHeaders; body: Buffer }[];
  /** As a service: not ready, stops accepting, finishes what it has. */
  stop(): Promise<void>;
  /** As a crash: every connection is cut. */
  kill(): Promise<void>;
};

const OPENAPI = {
  openapi: '3.1.0',
  info: { title: 'fake', version: '0.1.0' },
  paths: {},
  components: {},
};

async function bytesOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export async function fakeUpstream(
  listener?: RequestListener,
  options: { port?: number; openapi?: unknown; ready?: () => boolean } = {},
): Promise<FakeUpstream> {
  const seen: FakeUpstream['seen'] = [];
  const sockets = new Set<Socket>();
  const echo = async (incoming: IncomingMessage): Promise<string> => {
    const body = await bytesOf(incoming);
    const { method = '', url = '', headers } = incoming;
    seen.push({ method, url, headers, body });
    return JSON.stringify({ method, url, headers, bytes: body.length });
  };
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === '/health/ready') {
      outgoing.writeHead(options.ready?.() === false ? 503 : 200).end('{}');
    } else if (incoming.url === '/openapi.json') {
      outgoing.setHeader('content-type', 'application/json').end(JSON.stringify(options.openapi ?? OPENAPI));
    } else if (listener !== undefined) listener(incoming, outgoing);
    else {
      echo(incoming).then(
        (text) => outgoing.setHeader('content-type', 'application/json').end(text),
        () => outgoing.destroy(),
      );
    }
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(options.port ?? 0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
    });
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    stop: close,
    async kill() {
      const closed = close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
};

const asRecord = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
};

export type Question = {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
};

/** One request on a connection of its own. */
export function ask(base: string, path: string, question: Question = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = question;
    const outgoing = httpRequest(`${base}${path}`, { method, headers, agent: false }, (incoming) => {
      bytesOf(incoming).then((bytes) => {
        const text = bytes.toString();
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json: asRecord(text) });
      }, reject);
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

export const post = (
  base: string,
  path: string,
  body: unknown = {},
  headers: Record<string, string> = {},
): Promise<Answer> =>
  ask(base, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

/** Raw bytes in, raw text out: for what no client would send. */
export function askRaw(base: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.once('close', () => resolve(answer));
    socket.once('error', reject);
  });
}

export type TestGateway = {
  readonly url: string;
  readonly running: Running;
  readonly servers: TestServers;
};

const names = ['IDENTITY', 'SALES', 'INVENTORY', 'FINANCE', 'NOTIFICATION', 'REISSUE'] as const;

/** @param upstreams base addresses, comma separated; every service has these */
export async function startGateway(
  upstreams: string,
  settings: Record<string, string> = {},
  options: RunOptions & { servers?: TestServers } = {},
): Promise<TestGateway> {
  const { servers = testServers(), ...runOptions } = options;
  const config = readConfig(configSchema, {
    NODE_ENV: 'test',
    HTTP_PORT: '0',
    LOG_LEVEL: 'silent',
    SERVICE_INSTANCE: `gateway-${Math.random().toString(36).slice(2)}`,
    RABBITMQ_URL: servers.rabbitmqUrl,
    REDIS_URL: servers.redisUrl,
    BROKER_PREFIX: servers.prefix,
    ...Object.fromEntries(names.map((name) => [`UPSTREAM_${name}`, upstreams])),
    ...settings,
  });
  const running = await run(config, { logger: silent, ...runOptions });
  return { url: `http://127.0.0.1:${running.httpPort}`, running, servers };
}

type Trust = DataOf<typeof trustPublished>;

/** Publishes trust and signs tokens, as identity does. */
export class FakeIdentity {
  readonly #broker: Broker;
  readonly #privateKey: KeyObject;
  readonly #publicKeyPem: string;
  #revision = 1;
  #beats: NodeJS.Timeout | undefined;
  #trust: Pick<Trust, 'apiKeys' | 'revokedFamilies' | 'revokedUsers'> = {
    apiKeys: [],
    revokedFamilies: [],
    revokedUsers: [],
  };

  private constructor(broker: Broker) {
    this.#broker = broker;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#privateKey = privateKey;
    this.#publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  }

  static async open(servers: TestServers): Promise<FakeIdentity> {
    const broker = await connectBroker({
      url: servers.rabbitmqUrl,
      service: 'identity',
      instance: 'identity-1',
      prefix: servers.prefix,
      logger: silent,
    });
    return new FakeIdentity(broker);
  }

  #envelope(type: string, data: Envelope['data']): Envelope {
    const id = `trust:${Math.random()}`;
    return {
      specversion: '1.0',
      id,
      type,
      source: 'identity',
      subject: 'trust',
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      tenantid: 'platform',
      correlationid: id,
      causationid: id,
      sequence: this.#revision,
      data,
    };
  }

  async publish(changes: Partial<Pick<Trust, 'revokedFamilies' | 'revokedUsers'>> = {}): Promise<void> {
    this.#trust = { ...this.#trust, ...changes };
    this.#revision += 1;
    const notAfter = new Date(Date.now() + 3_600_000).toISOString();
    const keys = [{ kid: 'key-1', publicKeyPem: this.#publicKeyPem, algorithm: 'ES256' as const, notAfter }];
    const data = { revision: this.#revision, keys, ...this.#trust };
    await this.#broker.publisher.publish({ kind: 'event', envelope: this.#envelope(trustPublished.type, data) });
  }

  beat(): void {
    this.#beats = setInterval(() => {
      const envelope = this.#envelope(trustBeat.type, { revision: this.#revision });
      this.#broker.publisher.publish({ kind: 'event', envelope }).catch(() => undefined);
    }, 500);
  }

  silence(): void {
    clearInterval(this.#beats);
  }

  /** @returns the key as its holder sends it */
  addApiKey(id: string, secret: string): string {
    const key = { id, hash: apiKeyHash(secret), kind: 'gate' as const, tenantId: 'ten_1', subject: 'gat_1', roles: [] };
    this.#trust = { ...this.#trust, apiKeys: [...this.#trust.apiKeys, { ...key, status: 'active' }] };
    return `tpk_${id}_${secret}`;
  }

  token(claims: { sub?: string; fam?: string; ageSeconds?: number; key?: KeyObject } = {}): string {
    const iat = Math.floor(Date.now() / 1_000) - (claims.ageSeconds ?? 0);
    const payload = {
      iss: 'tongpiao',
      aud: 'tongpiao-api',
      typ: 'access',
      sub: claims.sub ?? 'usr_1',
      tid: 'ten_1',
      roles: ['sales_clerk'],
      fam: claims.fam ?? 'fam_1',
      iat,
      exp: iat + 600,
    };
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const text = `${part({ alg: 'ES256', typ: 'JWT', kid: 'key-1' })}.${part(payload)}`;
    const key = claims.key ?? this.#privateKey;
    return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  }

  async stop(): Promise<void> {
    this.silence();
    await this.#broker.close();
  }
}

export function strangersKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** Publishes until the gateway has heard it: the first words may be said before its queue is there. */
export async function untilTrusted(gateway: TestGateway, identity: FakeIdentity): Promise<void> {
  await eventually('the gateway to trust', async () => {
    await identity.publish();
    const { json } = await ask(gateway.url, '/health/ready');
    return JSON.stringify(json['parts']).includes('{"name":"trust","state":"up"}');
  });
}

/** A wire to a server that a test can cut and mend. */
export async function wireTo(
  target: string,
): Promise<{ url: string; cut(): Promise<void>; mend(): Promise<void>; stop(): Promise<void> }> {
  const goal = new URL(target);
  const sockets = new Set<Socket>();
  const server = createTcpServer((near) => {
    const far = connect(Number(goal.port), goal.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  let port = 0;
  const listen = (): Promise<void> =>
    new Promise((resolve) => {
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        port = typeof address === 'object' && address !== null ? address.port : 0;
        resolve();
      });
    });
  const cut = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await listen();
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return { url: url.toString(), cut, mend: listen, stop: cut };
}
