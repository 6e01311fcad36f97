import { expect } from 'chai';
import {
  clientAddress,
  clientProto,
  forwardedHeaders,
  givenRequestId,
  returnedHeaders,
  waitSeconds,
} from './headers.ts';

const way = { address: '9.9.9.9', proto: 'https', requestId: 'req_1', traceparent: '00-a-b-01' };
const pairs = (list: readonly string[]): Record<string, string> =>
  Object.fromEntries(list.flatMap((name, index) => (index % 2 === 0 ? [[name, list[index + 1] ?? '']] : [])));

describe('headers on the way in', () => {
  it('PLA-35 leaves behind what belongs to one hop, and what strangers say about the way', () => {
    const forwarded = forwardedHeaders(
      {
        host: 'tickets.example.cn',
        connection: 'X-Once, close',
        'x-once': '1',
        'keep-alive': 'timeout=5',
        'transfer-encoding': 'chunked',
        'content-length': '3',
        te: 'trailers',
        trailer: 'x',
        upgrade: 'h2c',
        expect: '100-continue',
        'proxy-authorization': 'x',
        forwarded: 'for=1.1.1.1',
        'x-forwarded-for': '1.1.1.1',
        'x-forwarded-port': '1',
        'x-real-ip': '1.1.1.1',
        'x-request-id': 'mine',
        traceparent: 'mine',
        authorization: 'Bearer t',
        cookie: 'a=b',
        'x-many': '1, 2',
      },
      way,
    );
    expect(pairs(forwarded)).to.deep.equal({
      authorization: 'Bearer t',
      cookie: 'a=b',
      'x-many': '1, 2',
      'x-forwarded-host': 'tickets.example.cn',
      'x-forwarded-for': '9.9.9.9',
      'x-forwarded-proto': 'https',
      'x-request-id': 'req_1',
      traceparent: '00-a-b-01',
    });
  });

  it('PLA-35 cannot be talked into dropping what it says itself', () => {
    const forwarded = forwardedHeaders({ connection: 'x-forwarded-for, x-request-id' }, way);
    expect(pairs(forwarded)).to.include({ 'x-forwarded-for': '9.9.9.9', 'x-request-id': 'req_1' });
  });
});

describe('headers on the way back', () => {
  it('PLA-35 returns what the service said, without its hop and its make', () => {
    const returned = returnedHeaders({
      'content-type': 'application/json',
      connection: 'keep-alive',
      'keep-alive': 'timeout=65',
      'transfer-encoding': 'chunked',
      server: 'x',
      'x-powered-by': 'x',
      etag: '"v1"',
      'set-cookie': ['a=1', 'b=2'],
    });
    expect(returned).to.deep.equal([
      'content-type',
      'application/json',
      'etag',
      '"v1"',
      'set-cookie',
      'a=1',
      'set-cookie',
      'b=2',
    ]);
  });
});

describe('who the client is', () => {
  const cases: readonly (readonly [hops: number, header: string | undefined, expected: string])[] = [
    [0, '6.6.6.6', '10.0.0.9'],
    [1, '6.6.6.6', '6.6.6.6'],
    [1, '6.6.6.6, 7.7.7.7', '7.7.7.7'],
    [2, '6.6.6.6, 7.7.7.7', '6.6.6.6'],
    [2, '7.7.7.7', '10.0.0.9'],
    [1, 'not an address', '10.0.0.9'],
    [1, '::ffff:8.8.8.8', '8.8.8.8'],
    [1, '2001:db8::1', '2001:db8::1'],
    [1, undefined, '10.0.0.9'],
  ];
  for (const [hops, header, expected] of cases) {
    it(`PLA-35 ${hops} own proxies and “${header ?? ''}” → ${expected}`, () => {
      const headers = header === undefined ? {} : { 'x-forwarded-for': header };
      expect(clientAddress(headers, '::ffff:10.0.0.9', hops)).to.equal(expected);
    });
  }

  it('PLA-35 believes names and schemes of own proxies only', () => {
    const headers = { 'x-request-id': 'req_12345678', 'x-forwarded-proto': 'https' };
    expect(givenRequestId(headers, 0)).to.equal(undefined);
    expect(givenRequestId(headers, 1)).to.equal('req_12345678');
    expect(givenRequestId({ 'x-request-id': 'a b\r\nc: d' }, 1)).to.equal(undefined);
    expect(clientProto(headers, 0, 'http')).to.equal('http');
    expect(clientProto(headers, 1, 'http')).to.equal('https');
    expect(clientProto({ 'x-forwarded-proto': 'javascript' }, 1, 'http')).to.equal('http');
  });

  it('PLA-33 waits as long as `Prefer` says, and not longer than half a minute', () => {
    expect(waitSeconds(undefined)).to.equal(0);
    expect(waitSeconds('wait=7')).to.equal(7);
    expect(waitSeconds('respond-async, wait=10')).to.equal(10);
    expect(waitSeconds('wait=900')).to.equal(30);
    expect(waitSeconds('await=9')).to.equal(0);
  });
});
