import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { formatEvent, pipeEvents, type EventStream } from './sse.ts';

describe('event streams', () => {
  let server: Server | undefined;
  const errors: unknown[] = [];
  const stopping = new AbortController();
  async function open(stream: EventStream): Promise<Response> {
    server = createServer((_, outgoing) => {
      outgoing.writeHead(200);
      void pipeEvents(outgoing, stream, {
        lastEventId: undefined,
        stopping: stopping.signal,
        onError: (error) => errors.push(error),
        heartbeatEveryMs: 5,
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  it('an event is one block, and an id cannot break out of its line', () => {
    expect(formatEvent({ id: 4, event: 'changed', data: { text: 'a\nb' } })).to.equal(
      'id: 4\nevent: changed\ndata: {"text":"a\\nb"}\n\n',
    );
    expect(formatEvent({ id: '4\ndata: x', data: null })).to.equal('id: 4data: x\ndata: null\n\n');
  });

  it('a silent stream is kept alive, and ends when there is nothing more to say', async () => {
    const answer = await open(() => new Promise((resolve) => setTimeout(resolve, 50)));
    expect(await answer.text()).to.match(/^retry: 1000\n\n(: still here\n\n)+$/);
  });

  it('one that breaks ends, and says so inside only', async () => {
    const answer = await open(() => Promise.reject(new Error('secret')));
    expect(await answer.text()).to.equal('retry: 1000\n\n');
    expect(errors.map(String)).to.deep.equal(['Error: secret']);
  });

  it('it learns that its reader has left', async () => {
    const left = Promise.withResolvers<undefined>();
    const answer = await open(
      (sink) =>
        new Promise((resolve) => {
          sink.signal.addEventListener('abort', () => {
            left.resolve(undefined);
            resolve();
          });
        }),
    );
    await answer.body?.cancel();
    await left.promise;
  });

  it('a reader that does not read is cut off', async () => {
    const cut = Promise.withResolvers<number>();
    await open(async (sink) => {
      let sent = 0;
      while (!sink.signal.aborted && sent < 1_000) {
        sink.send({ data: 'x'.repeat(100_000) });
        sent += 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
      cut.resolve(sent);
    });
    expect(await cut.promise).to.be.lessThan(1_000);
  });
});
