import { generateKeyPairSync, sign } from 'node:crypto';
import { expect } from 'chai';
import {
  base32,
  formatId,
  MAX_TICKET_TOKEN_LENGTH,
  PLATFORM_TENANT,
  ticketNumberOf,
  type SiteId,
  type TicketPayload,
} from '@tongpiao/kernel';
import { isTicketKeyId, signTicket, verifyTicket } from './ticket-token.ts';

const bytes = (fill: number) => new Uint8Array(12).fill(fill);
const tenantId = formatId<'Tenant'>('ten', PLATFORM_TENANT, bytes(0xa7));
const site = (fill: number): SiteId => formatId<'Site'>('site', tenantId, bytes(fill));
const payload: TicketPayload = {
  v: 1,
  tenantId,
  siteIds: [site(1)],
  number: ticketNumberOf(tenantId, bytes(0x5a)),
  revision: 1,
  rightId: formatId('rgt', tenantId, bytes(2)),
  sessionId: formatId('ses', tenantId, bytes(3)),
  productId: formatId('prd', tenantId, bytes(4)),
  ticketTypeId: formatId('tty', tenantId, bytes(5)),
  validFromEpochSeconds: 1_790_000_000,
  validUntilEpochSeconds: 1_790_086_400,
  entries: 1,
  realName: true,
};

const kid = 'K2026A01';
const pair = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519');
const keyOf = (wanted: string) => (wanted === kid ? pair.publicKey : undefined);
const token = signTicket(payload, pair.privateKey, kid);

describe('ticket token', () => {
  it('SAL-30 verifies with the public key alone', () => {
    expect(verifyTicket(token, keyOf)).to.deep.equal({ ok: true, payload, kid });
  });

  it('SAL-30 is the same text for the same ticket, so that a second print is the same code', () => {
    expect(signTicket(payload, pair.privateKey, kid)).to.equal(token);
  });

  it('SAL-30 fits a QR code of version 10 at level M, even with two sites and the longest key id', () => {
    const longest = signTicket(
      { ...payload, siteIds: [site(1), site(2)], entries: 9_999 },
      pair.privateKey,
      'K2026A01B002',
    );
    expect(token).to.match(/^[0-9A-Z$%*+./: -]+$/);
    expect(token.length).to.equal(276);
    expect(longest.length).to.be.at.most(MAX_TICKET_TOKEN_LENGTH);
    expect(verifyTicket(longest, () => pair.publicKey)).to.have.property('ok', true);
  });

  it('SAL-30 refuses a token with any single bit changed', () => {
    const text = Buffer.from(token, 'latin1');
    for (let bit = 0; bit < text.length * 8; bit += 1) {
      const changed = Buffer.from(text);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verifyTicket(changed.toString('latin1'), keyOf).ok, `bit ${bit}`).to.equal(false);
    }
  });

  it('SAL-30 refuses a token whose key id was exchanged, even when one key goes by both names', () => {
    expect(verifyTicket(token.replace(kid, 'K2026A02'), () => pair.publicKey)).to.deep.equal({
      ok: false,
      reason: 'forged',
    });
  });

  it('SAL-30 tells an unknown key from a forged signature', () => {
    expect(verifyTicket(token, () => undefined)).to.deep.equal({ ok: false, reason: 'unknown-key' });
    expect(verifyTicket(token, () => other.publicKey)).to.deep.equal({ ok: false, reason: 'forged' });
    expect(verifyTicket(signTicket(payload, other.privateKey, kid), keyOf)).to.deep.equal({
      ok: false,
      reason: 'forged',
    });
  });

  it('SAL-30 accepts one spelling: spare bits, case, padding and blanks make another text, which is refused', () => {
    const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    const last = alphabet.indexOf(token.slice(-1));
    for (let spare = 1; spare < 8; spare += 1) {
      const changed = token.slice(0, -1) + alphabet.charAt(last ^ spare);
      expect(verifyTicket(changed, keyOf)).to.deep.equal({ ok: false, reason: 'malformed' });
    }
    for (const changed of [
      token.toLowerCase(),
      `${token}=`,
      `${token}\n`,
      ` ${token}`,
      token.replace('.', '..'),
      '',
      'TP1...',
      token.repeat(2),
    ])
      expect(verifyTicket(changed, keyOf)).to.deep.equal({ ok: false, reason: 'malformed' });
  });

  it('SAL-30 refuses what our key signed but this version cannot read', () => {
    const signed = `TP1.${kid}.FUTURE*FIELDS`;
    const future = `${signed}.${base32(sign(null, Buffer.from(signed), pair.privateKey)).toUpperCase()}`;
    expect(verifyTicket(future, keyOf)).to.deep.equal({ ok: false, reason: 'malformed' });
  });

  it('SAL-30 refuses to sign with a wrong key or a key id that a code cannot hold cheaply', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(() => signTicket(payload, rsa.privateKey, kid)).to.throw(TypeError);
    expect(() => signTicket(payload, pair.publicKey, kid)).to.throw(TypeError);
    expect(() => verifyTicket(token, () => rsa.publicKey)).to.throw(TypeError);
    expect(() => verifyTicket(token, () => pair.privateKey)).to.throw(TypeError);
    for (const wrong of ['', 'k1', 'K', 'K.1', 'K123456789012'])
      expect(() => signTicket(payload, pair.privateKey, wrong), wrong).to.throw(RangeError);
    expect(isTicketKeyId(kid)).to.equal(true);
  });
});
