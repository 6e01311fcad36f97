// Stands between a client and the broker, so that a spec can take the network away.
import { connect, createServer, type Socket } from 'node:net';

export type Proxy = {
  readonly url: string;
  /** Breaks every connection, as a broker that dies does. */
  cut(): void;
  /** Breaks every connection and answers no more. */
  close(): void;
  /** Answers again. */
  open(): void;
  stop(): Promise<void>;
};

export async function startProxy(target: string): Promise<Proxy> {
  const { hostname, port, username, password } = new URL(target);
  const sockets = new Set<Socket>();
  let closed = false;

  function keep(socket: Socket, other: Socket): void {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => other.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
  }

  const server = createServer((client) => {
    if (closed) {
      client.destroy();
      return;
    }
    const upstream = connect({ host: hostname, port: Number(port) });
    keep(client, upstream);
    keep(upstream, client);
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const credentials = username === '' ? '' : `${username}:${password}@`;

  function cut(): void {
    for (const socket of sockets) socket.destroy();
  }

  return {
    url: `amqp://${credentials}127.0.0.1:${address.port}`,
    cut,
    close() {
      closed = true;
      cut();
    },
    open: () => void (closed = false),
    async stop() {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
