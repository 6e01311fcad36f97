// What is read here is what the platform writes: compared with the kernel and the signer, for any ticket and any scribble.
import { generateKeyPairSync } from 'node:crypto';
import {
  encodeTicketPayload,
  formatId,
  parseTicketNumber,
  PLATFORM_TENANT,
  printTicketNumber,
  ticketNumberOf,
  type TicketPayload,
} from '@tongpiao/kernel';
import { signTicket } from '@tongpiao/service-shell';
import { expect } from 'chai';
import fc from 'fast-check';
import { readPayload, readTicketNumber, readToken } from './ticket-text.ts';

const someBytes = fc.uint8Array({ minLength: 12, maxLength: 12 });
const somePayload = fc
  .record({
    tenant: someBytes,
    sites: fc.array(someBytes, { maxLength: 2 }),
    prefix: fc.constantFrom('site', 'sit', 'stn'),
    number: someBytes,
    right: someBytes,
    revision: fc.integer({ min: 1, max: 999_999 }),
    from: fc.integer({ min: 0, max: 2_000_000_000 }),
    duration: fc.integer({ min: 0, max: 2_000_000_000 }),
    entries: fc.integer({ min: 1, max: 9_999 }),
    realName: fc.boolean(),
  })
  .map(({ tenant, sites, prefix, number, right, from, duration, ...rest }): TicketPayload => {
    const tenantId = formatId<'Tenant'>('ten', PLATFORM_TENANT, tenant);
    return {
      v: 1,
      tenantId,
      siteIds: sites.map((bytes) => formatId<'Site'>(prefix, tenantId, bytes)),
      number: ticketNumberOf(tenantId, number),
      rightId: formatId('rgt', tenantId, right),
      productId: formatId('prd', tenantId, right),
      ticketTypeId: formatId('tty', tenantId, right),
      validFromEpochSeconds: from,
      validUntilEpochSeconds: from + duration,
      ...rest,
    };
  });

describe('SAL-30 what is printed on a ticket', () => {
  it('a payload is read as it was written', () => {
    fc.assert(
      fc.property(somePayload, (payload) => {
        const { tenantId, siteIds, number, revision, entries, realName } = payload;
        expect(readPayload(encodeTicketPayload(payload))).to.deep.equal({
          tenantId,
          siteIds: [...siteIds],
          number,
          revision,
          entries,
          realName,
          validFromMs: payload.validFromEpochSeconds * 1_000,
          validUntilMs: payload.validUntilEpochSeconds * 1_000,
        });
      }),
    );
  });

  it('a token falls into what was signed, by whom, and the signature', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    fc.assert(
      fc.property(somePayload, (payload) => {
        const text = signTicket(payload, privateKey, 'K1');
        const token = readToken(text);
        expect(token?.kid).to.equal('K1');
        expect(token?.payload).to.equal(encodeTicketPayload(payload));
        expect(Buffer.from(token?.signed ?? []).toString()).to.equal(text.slice(0, text.lastIndexOf('.')));
        expect(token?.signature).to.have.length(64);
      }),
      { numRuns: 50 },
    );
  });

  it('a number is read as the kernel reads it, typed well or badly', () => {
    const spelled = fc
      .tuple(someBytes, someBytes)
      .map(([tenant, bytes]) => ticketNumberOf(formatId('ten', PLATFORM_TENANT, tenant), bytes));
    const typed = fc.oneof(
      spelled.map((number) => printTicketNumber(number).toLowerCase().replace(/0/g, 'o').replace(/1/g, 'l')),
      spelled.map((number) => number.slice(0, 7) + number.charAt(8) + number.charAt(7) + number.slice(9)),
      fc.string({ maxLength: 45 }),
      fc.string({
        unit: fc.constantFrom(...Array.from('0123456789ABCDEFGHJKMNPQRSTVWXYZ')),
        minLength: 15,
        maxLength: 15,
      }),
    );
    fc.assert(
      fc.property(typed, (text) => {
        const known = parseTicketNumber(text);
        expect(readTicketNumber(text)).to.equal(known.ok ? known.number : undefined);
      }),
      { numRuns: 2_000 },
    );
  });

  it('scribble is refused and never throws', () => {
    const pieces = fc.constantFrom('TP1.', 'K1', '.', '*', '$', '/', ':', 'A', '0', '一', ' ', '\u0000');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        const text = parts.join('');
        expect(readToken(text)).to.equal(undefined);
        expect(() => readPayload(text)).to.not.throw();
      }),
    );
  });
});
