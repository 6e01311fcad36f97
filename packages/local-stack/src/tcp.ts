// Is somebody answering at this address? Used for readiness of servers that do not speak HTTP.
import { connect, type NetConnectOpts } from 'node:net';

/**
 * Connects, says `hello`, and waits for the first bytes (or just for the connection when `hello` is undefined).
 * @throws Error when nobody answers within `timeoutMs`
 */
export const firstAnswer = (address: NetConnectOpts, hello: string | undefined, timeoutMs: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(address);
    const done = (finish: () => void): void => {
      socket.destroy();
      finish();
    };
    socket.setTimeout(timeoutMs, () => done(() => reject(new Error('no answer'))));
    socket.once('error', (error) => done(() => reject(error)));
    socket.once('close', () => reject(new Error('the connection was closed')));
    socket.once('connect', () => {
      if (hello === undefined) done(() => resolve(''));
      else socket.write(hello, 'latin1');
    });
    socket.once('data', (data) => done(() => resolve(data.toString('latin1'))));
  });
