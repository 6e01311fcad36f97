import { secretKey, type SecretKey } from '@tongpiao/persistence';
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { Secret } from 'otpauth';
import { createTotp } from './totp.ts';

/** Seals by writing the purpose before the text: what is opened for another account fails as the vault's does. */
const vault = {
  serviceKey: (purpose: string): SecretKey => secretKey(createHash('sha256').update(purpose).digest()),
  sealSecret: (purpose: string, plain: string): string => `${purpose}#${plain}`,
  openSecret(purpose: string, sealed: string): string {
    if (!sealed.startsWith(`${purpose}#`)) throw new Error('not sealed for this purpose');
    return sealed.slice(purpose.length + 1);
  },
};

describe('TOTP', () => {
  const totp = createTotp(vault);
  // RFC 6238, appendix B: the secret of its SHA-1 rows, and the last six of their eight digits.
  const sealed = vault.sealSecret('totp|usr_1', Secret.fromLatin1('12345678901234567890').base32);
  const atSecond = (second: number): Date => new Date(second * 1_000);

  it('PLA-05 makes the codes of RFC 6238', () => {
    expect(totp.stepOf('usr_1', sealed, '287082', atSecond(59))).to.equal(1);
    expect(totp.stepOf('usr_1', sealed, '081804', atSecond(1_111_111_109))).to.equal(37_037_036);
    expect(totp.stepOf('usr_1', sealed, '279037', atSecond(2_000_000_000))).to.equal(66_666_666);
  });

  it('PLA-05 takes a code one step early and one late, under its own step, and no further off', () => {
    for (const second of [30, 59, 89, 0]) expect(totp.stepOf('usr_1', sealed, '287082', atSecond(second))).to.equal(1);
    expect(totp.stepOf('usr_1', sealed, '287082', atSecond(90))).to.equal(undefined);
    expect(totp.stepOf('usr_1', sealed, '287083', atSecond(59))).to.equal(undefined);
  });

  it('PLA-05 seals each secret for its account, 160 bits of it, and shows it as authenticators read it', () => {
    const mine = totp.newSecret('usr_2');
    const { secret, uri } = totp.reveal('usr_2', 'wang.wei', mine);
    expect(Secret.fromBase32(secret).bytes).to.have.length(20);
    expect(uri).to.match(/^otpauth:\/\/totp\/Tongpiao:wang\.wei\?issuer=Tongpiao&secret=[A-Z2-7]{32}&/);
    expect(() => totp.reveal('usr_3', 'li.lei', mine)).to.throw('not sealed');
    expect(totp.newSecret('usr_2')).not.to.equal(mine);
  });

  it('PLA-05 ten recovery codes belong to one secret, and are read as people copy them', () => {
    const codes = totp.recoveryCodes('usr_1', sealed);
    expect(new Set(codes).size).to.equal(10);
    for (const code of codes) expect(code).to.match(/^[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}$/);
    expect(totp.recoveryCodes('usr_1', sealed)).to.deep.equal(codes);
    expect(totp.recoveryCodes('usr_1', `${sealed}A`)).not.to.deep.equal(codes);
    const [first = ''] = codes;
    const copied = first.replace('-', ' ').toUpperCase().replaceAll('0', 'O').replaceAll('1', 'I');
    expect(totp.recoveryHash('usr_1', copied)).to.equal(totp.recoveryHash('usr_1', first));
    expect(totp.recoveryHash('usr_2', first)).not.to.equal(totp.recoveryHash('usr_1', first));
  });
});
