import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { fakeUpstream, startGateway, type FakeUpstream, type TestGateway } from './gateway.fixture.ts';

const answerTo = (outgoing: ClientRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });

describe('gateway: streaming', () => {
  let upstream: FakeUpstream;
  let gateway: TestGateway;
  let received = 0;
  let release: (() => void) | undefined;

  before(async () => {
    upstream = await fakeUpstream((incoming, outgoing) => {
      const { url = '' } = incoming;
      if (url.startsWith('/api/v1/events')) {
        outgoing.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
        outgoing.write('retry: 1000\n\n');
        release = () => void outgoing.write('id: 1\ndata: {"status":"paid"}\n\n');
        return;
      }
      if (url.endsWith('/manifest')) {
        outgoing.writeHead(200, { 'content-type': 'application/octet-stream' });
        outgoing.write('first');
        release = () => void outgoing.end('second');
        return;
      }
      if (url.endsWith('/large')) {
        outgoing.writeHead(200, { 'content-length': 8_000_000 });
        outgoing.end(Buffer.alloc(8_000_000, 1));
        return;
      }
      incoming.on('data', (chunk: Buffer) => (received += chunk.length));
      incoming.on('end', () => outgoing.end(String(received)));
    });
    gateway = await startGateway(upstream.url);
  });
  after(async () => {
    await gateway.running.stop();
    await upstream.kill();
  });
  beforeEach(() => {
    received = 0;
    release = undefined;
  });

  for (const declared of [true, false]) {
    it(`PLA-35 passes an upload on while it comes in (${declared ? 'of known' : 'of unknown'} length)`, async () => {
      const outgoing = httpRequest(`${gateway.url}/api/v1/gates/gat_1/uploads`, {
        method: 'POST',
        agent: false,
        headers: declared ? { 'content-length': '4000000' } : {},
      });
      outgoing.write(Buffer.alloc(2_000_000));
      await eventually('the first half to arrive', () => received === 2_000_000);
      outgoing.end(Buffer.alloc(2_000_000));
      const incoming = await answerTo(outgoing);
      expect(incoming.statusCode).to.equal(200);
      incoming.resume();
      expect(received).to.equal(4_000_000);
    });
  }

  it('PLA-35 passes an answer on while it comes', async () => {
    const outgoing = httpRequest(`${gateway.url}/api/v1/gates/gat_1/manifest`, { agent: false });
    outgoing.end();
    const incoming = await answerTo(outgoing);
    let text = '';
    incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await eventually('the first part', () => text === 'first');
    release?.();
    await eventually('the second part', () => text === 'firstsecond');
  });

  it('PLA-35 carries a large answer whole to a reader who pauses', async () => {
    const outgoing = httpRequest(`${gateway.url}/api/v1/gates/gat_1/large`, { agent: false });
    outgoing.end();
    const incoming = await answerTo(outgoing);
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      incoming.pause();
      setImmediate(() => incoming.resume());
    });
    await new Promise((resolve) => incoming.once('end', resolve));
    expect(size).to.equal(8_000_000);
  });

  it('PLA-33 passes events on at once, and PLA-51 ends streams at a stop with a hint when to come back', async () => {
    const own = await startGateway(upstream.url);
    const outgoing = httpRequest(`${own.url}/api/v1/events?subject=order:ord_1`, { agent: false });
    outgoing.end();
    const incoming = await answerTo(outgoing);
    expect(incoming.headers['content-type']).to.include('text/event-stream');
    let text = '';
    let ended = false;
    incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
    incoming.on('end', () => (ended = true));
    await eventually('the first words', () => text === 'retry: 1000\n\n');
    release?.();
    await eventually('the event', () => text.endsWith('data: {"status":"paid"}\n\n'));
    await own.running.stop();
    await eventually('the end', () => ended);
    expect(text.endsWith('"paid"}\n\nretry: 1000\n\n'), text).to.equal(true);
  });
});
