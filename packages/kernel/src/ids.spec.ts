import { expect } from 'chai';
import fc from 'fast-check';
import { base32, bytesOfBase32, formatId, PLATFORM_TENANT, shardOf, type TenantId } from './ids.ts';

describe('ids', () => {
  it('PLA-02 names the tenant’s shard after the prefix', () => {
    const tenant = 'ten_00abcdefgh7k' as TenantId;
    expect(shardOf(tenant)).to.equal('7k');
    expect(shardOf(PLATFORM_TENANT)).to.equal('00');
    expect(formatId('ord', tenant, new Uint8Array(12))).to.equal(`ord_7k${'0'.repeat(20)}`);
    expect(() => formatId('ord', tenant, new Uint8Array(9))).to.throw(RangeError);
  });

  it('SAL-30 reads base 32 back, and reads no second spelling of the same bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 70 }),
        fc.nat(),
        fc.constantFrom(...Array.from('0123456789abcdefghjkmnpqrstvwxyzO-')),
        (bytes, at, other) => {
          const text = base32(bytes);
          expect(bytesOfBase32(text)).to.deep.equal(bytes);
          const position = text.length === 0 ? 0 : at % text.length;
          const changed = text.slice(0, position) + other + text.slice(position + 1);
          const read = bytesOfBase32(changed);
          if (changed !== text && read !== undefined) expect(read).to.not.deep.equal(bytes);
        },
      ),
    );
    expect(bytesOfBase32('zz')).to.equal(undefined);
    expect(bytesOfBase32('0')).to.equal(undefined);
    expect(bytesOfBase32('00O0')).to.equal(undefined);
  });
});
