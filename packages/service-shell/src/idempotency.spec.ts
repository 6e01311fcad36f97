import { DomainError } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import { canonicalJson, derivedBytes, requestFingerprint, requireIdempotencyKey } from './idempotency.ts';

function codeOf(header: string | undefined): string {
  try {
    return `accepted ${requireIdempotencyKey(header).length}`;
  } catch (error) {
    return error instanceof DomainError ? error.code : 'bug';
  }
}

describe('idempotency', () => {
  it('PLA-32 a key is required, and has 22 to 200 visible characters', () => {
    expect(codeOf(undefined)).to.equal('platform.idempotency-key-required');
    expect(codeOf('')).to.equal('platform.idempotency-key-required');
    expect(codeOf('a'.repeat(21))).to.equal('platform.idempotency-key-invalid');
    expect(codeOf('a'.repeat(201))).to.equal('platform.idempotency-key-invalid');
    expect(codeOf(`${'a'.repeat(22)} `)).to.equal('platform.idempotency-key-invalid');
    expect(codeOf('a'.repeat(22))).to.equal('accepted 22');
  });

  it('PLA-32 the order of fields does not make another request; any other difference does', () => {
    expect(requestFingerprint({ a: 1, b: { c: [1, 2], d: null } })).to.equal(
      requestFingerprint({ b: { d: null, c: [1, 2] }, a: 1 }),
    );
    const others = [{ a: 1 }, { a: '1' }, { a: 1, b: null }, { a: [1] }, {}, [], null, undefined];
    const prints = others.map(requestFingerprint);
    expect(new Set(prints).size).to.equal(others.length - 1);
    expect(requestFingerprint(null)).to.equal(requestFingerprint(undefined));
  });

  it('canonical JSON says what JSON says', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('PLA-32 the same caller, route and key give the same bytes; nobody else gets them', () => {
    const bytes = (...parts: [string, string, string]): string => derivedBytes('secret', ...parts).toString('hex');
    const mine = bytes('usr_1', 'POST /orders', 'key');
    expect(bytes('usr_1', 'POST /orders', 'key')).to.equal(mine);
    expect(mine).to.have.length(64);
    for (const other of [
      bytes('usr_2', 'POST /orders', 'key'),
      bytes('usr_1', 'POST /refunds', 'key'),
      bytes('usr_1', 'POST /orders', 'key2'),
      bytes('usr_1POST /orders', '', 'key'),
      derivedBytes('another secret', 'usr_1', 'POST /orders', 'key').toString('hex'),
    ]) {
      expect(other).not.to.equal(mine);
    }
  });
});
