import { expect } from 'chai';
import fc from 'fast-check';
import { PLATFORM_TENANT, type TenantId } from './ids.ts';
import {
  OWN_TICKET_NUMBERS,
  parseTicketNumber,
  printTicketNumber,
  ticketNumberOf,
  ticketShardOf,
} from './ticket-number.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const tenant = 'ten_00abcdefgh7k' as TenantId;
const anyTenant = fc
  .tuple(fc.constantFrom(...Array.from(ALPHABET)), fc.constantFrom(...Array.from(ALPHABET)))
  .map(([a, b]) => `ten_00${a}${b}`.toLowerCase() as TenantId);
const anyNumber = fc
  .tuple(anyTenant, fc.uint8Array({ minLength: 8, maxLength: 16 }))
  .map(([tenantId, bytes]) => ticketNumberOf(tenantId, bytes));

describe('ticket numbers', () => {
  it('SAL-30 holds the tenant’s shard, sixty bits and a check character', () => {
    const number = ticketNumberOf(tenant, Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
    expect(number).to.match(/^7KZZZZZZZZZZZZ.$/);
    expect(parseTicketNumber(number)).to.deep.equal({ ok: true, number, shard: '7K' });
    expect(ticketShardOf(PLATFORM_TENANT)).to.equal('00');
  });

  it('SAL-30 needs eight bytes and a tenant with a shard', () => {
    expect(() => ticketNumberOf(tenant, new Uint8Array(7))).to.throw(RangeError);
    expect(() => ticketNumberOf('ten_x' as TenantId, new Uint8Array(8))).to.throw(RangeError);
    expect(ticketShardOf('ten_sou' as TenantId)).to.equal('0V');
  });

  it('SAL-30 gives different numbers for different first sixty bits', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.integer({ min: 0, max: 59 }), (bytes, bit) => {
        const other = Uint8Array.from(bytes, (byte, index) => (index === bit >> 3 ? byte ^ (0x80 >> (bit & 7)) : byte));
        expect(ticketNumberOf(tenant, bytes)).to.not.equal(ticketNumberOf(tenant, other));
      }),
    );
  });

  it('SAL-30 reads what people type: lower case, groups, O for 0, I and L for 1, full width', () => {
    const codec = OWN_TICKET_NUMBERS;
    fc.assert(
      fc.property(
        anyNumber,
        fc.constantFrom('I', 'i', 'L', 'l', '1'),
        fc.constantFrom('O', 'o', '0'),
        (number, one, zero) => {
          const typed = ` ${codec.print(number).toLowerCase().replaceAll('1', one).replaceAll('0', zero).replaceAll('-', ' - ')} `;
          expect(codec.parse(typed)).to.include({ ok: true, number });
          const wide = Array.from(number, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0)).join(
            '',
          );
          expect(codec.parse(wide)).to.include({ ok: true, number });
        },
      ),
    );
    expect(printTicketNumber(codec.create(tenant, new Uint8Array(8)))).to.match(/^7K00-0000-0000-00.$/);
  });

  it('SAL-30 finds every single wrong character', () => {
    fc.assert(
      fc.property(anyNumber, (number) => {
        for (let at = 0; at < number.length; at += 1)
          for (const other of ALPHABET)
            if (other !== number.charAt(at))
              expect(parseTicketNumber(number.slice(0, at) + other + number.slice(at + 1))).to.deep.equal({
                ok: false,
                reason: 'check-character',
              });
      }),
      { numRuns: 20 },
    );
  });

  it('SAL-30 finds every swap of two characters, adjacent or not', () => {
    fc.assert(
      fc.property(anyNumber, (number) => {
        for (let a = 0; a < number.length; a += 1)
          for (let b = a + 1; b < number.length; b += 1) {
            const characters = Array.from(number);
            [characters[a], characters[b]] = [number.charAt(b), number.charAt(a)];
            const swapped = characters.join('');
            if (swapped !== number)
              expect(parseTicketNumber(swapped)).to.deep.equal({ ok: false, reason: 'check-character' });
          }
      }),
    );
  });

  it('SAL-30 says why a text is no number, and never throws', () => {
    const number = ticketNumberOf(tenant, new Uint8Array(8));
    expect(parseTicketNumber(number.slice(1))).to.deep.equal({ ok: false, reason: 'length' });
    expect(parseTicketNumber('-'.repeat(41))).to.deep.equal({ ok: false, reason: 'length' });
    expect(parseTicketNumber(`U${number.slice(1)}`)).to.deep.equal({ ok: false, reason: 'characters' });
    expect(parseTicketNumber('0'.repeat(15))).to.deep.equal({ ok: false, reason: 'check-character' });
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        parseTicketNumber(text);
      }),
    );
  });

  it('SAL-30 is not ISO 7064 MOD 37,36, which lets an adjacent swap pass', () => {
    const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
    const check = (text: string) =>
      Array.from(text).reduce((p, character) => (((p + letters.indexOf(character)) % 36 || 36) * 2) % 37, 36);
    expect(check('745')).to.equal(check('754'));
  });
});
