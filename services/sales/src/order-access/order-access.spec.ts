// The order's own token: derived, so a retry gets the same one; it opens that order and nothing else.
import { secretKey } from '@tongpiao/persistence';
import { expect } from 'chai';
import { createOrderAccess, ORDER_BEARER } from './order-access.ts';
import type { RequestFacts } from '@tongpiao/service-shell';

const ORDER = 'ord_7k0a5d8k2m7q9x3c6v1b4n';
const OTHER = 'ord_7k0a5d8k2m7q9x3c6v1b4m';
const TENANT = 'ten_7f3k9q2m5x8c4v6b1n0a';
const nowhere = {} as RequestFacts;

describe('order token', () => {
  const access = createOrderAccess(secretKey(Buffer.alloc(32, 1)));
  const token = access.tokenOf(ORDER, TENANT);
  const verify = (text: string): unknown => access.recogniser.verify(text, nowhere);

  it('PLA-32 is the same each time it is made', () => {
    expect(access.tokenOf(ORDER, TENANT)).to.equal(token);
  });
  it('opens its order in its tenant', () => {
    expect(verify(token)).to.deep.equal({ kind: ORDER_BEARER, subject: ORDER, tenantId: TENANT });
  });
  it('is stored as a hash that does not hold it', () => {
    expect(access.hashOf(token)).to.not.contain(token.slice(-20));
  });
  it('opens nothing for another order or tenant', () => {
    expect(verify(token.replace(ORDER, OTHER))).to.equal(undefined);
    expect(verify(token.replace(TENANT, TENANT.replace('0a', '0b')))).to.equal(undefined);
  });
  it('opens nothing when any character of its signature is another', () => {
    const start = token.lastIndexOf('~') + 1;
    for (let index = start; index < token.length; index += 1) {
      const changed = token.charAt(index) === 'A' ? 'B' : 'A';
      expect(verify(token.slice(0, index) + changed + token.slice(index + 1)), String(index)).to.equal(undefined);
    }
  });
  it('opens nothing under another key, or when it is no token', () => {
    expect(createOrderAccess(secretKey(Buffer.alloc(32, 2))).recogniser.verify(token, nowhere)).to.equal(undefined);
    for (const text of ['', 'tpo_', `${token}A`, token.slice(0, -1), `x${token}`])
      expect(verify(text)).to.equal(undefined);
  });
});
