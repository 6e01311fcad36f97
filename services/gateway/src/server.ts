// The listening socket and its bounds: how long a head, a request or a silence may take, how large a head may be, how many
// connections there are. Node's parser is strict, so that what it accepts means one thing to everybody behind us.
import { createServer, STATUS_CODES, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { GatewayRequest, GatewayResponse } from './proxy/exchange.ts';

export type GatewayServer = {
  readonly port: number;
  readonly url: string;
  /** Stops accepting, lets what is in flight finish, cuts what is left after `withinMs`. */
  stop(withinMs?: number): Promise<void>;
};

/** Slow heads hold a socket and nothing else; 10 s is slow for any honest client. */
const HEADERS_TIMEOUT_MS = 10_000;
/** The whole request: the largest upload on a slow mobile network. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Above the usual 60 s of balancers, so that it is they who close first. */
const KEEP_ALIVE_MS = 65_000;
/** No byte in either direction, longer than any wait that we grant and any pause of an event stream. */
const SILENCE_MAX_MS = 90_000;
const HEADER_MAX_BYTES = 16_384;
const HEADERS_MAX = 100;
/** Each costs some 20 kB and a file descriptor. */
const CONNECTIONS_MAX = 10_000;
/** A rush connects in one moment; what does not fit here is tried again by the kernel a second later. */
const BACKLOG = 4_096;
const STOP_WITHIN_MS = 10_000;

export async function startServer(options: {
  host: string;
  port: number;
  listener: (incoming: GatewayRequest, outgoing: GatewayResponse) => void;
  logger: Logger;
}): Promise<GatewayServer> {
  const { listener, logger } = options;
  const server = createServer(
    {
      IncomingMessage: GatewayRequest,
      ServerResponse: GatewayResponse,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: HEADER_MAX_BYTES,
      connectionsCheckingInterval: 2_000,
      insecureHTTPParser: false,
      requireHostHeader: true,
      noDelay: true,
    },
    listener,
  );
  server.maxHeadersCount = HEADERS_MAX;
  server.maxConnections = CONNECTIONS_MAX;
  server.timeout = SILENCE_MAX_MS;
  server.on('clientError', answerClientError);
  await listen(server, options.port, options.host);
  const address = server.address();
  const { port } = isAddressInfo(address) ? address : { port: options.port };
  const host = options.host === '0.0.0.0' || options.host === '::' ? 'localhost' : options.host;

  return {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    async stop(withinMs = STOP_WITHIN_MS) {
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeIdleConnections();
      const cut = setTimeout(() => {
        logger.warn('requests were still under way when the time to stop was over');
        server.closeAllConnections();
      }, withinMs);
      await closed;
      clearTimeout(cut);
    },
  };
}

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

/** Bytes that are no HTTP: there is no request to answer, only a socket. */
function answerClientError(
  error: Error & { code?: string },
  socket: NodeJS.WritableStream & { writable: boolean; destroy(): void },
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function listen(
  server: Server<typeof GatewayRequest, typeof GatewayResponse>,
  port: number,
  host: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
