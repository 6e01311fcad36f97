import { DomainError, TransientError } from '@tongpiao/kernel';
import { expect } from 'chai';
import { COMMON_PASSWORDS } from './common-passwords.ts';
import { assertGoodPassword } from './password.policy.ts';
import { createPasswords } from './passwords.ts';

const refusal = (password: string, username = 'wang.wei'): string => {
  try {
    assertGoodPassword(password, username);
    return '';
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
};

describe('passwords of staff', () => {
  it('PLA-05 have at least twelve characters, counted as people count', () => {
    expect(refusal('elevenchars')).to.equal('identity.password-too-short');
    expect(refusal('🐉🐉🐉🐉🐉🐉')).to.equal('identity.password-too-short');
    expect(refusal('twelve chars')).to.equal('');
    expect(refusal('云台山上白云飘飘十二个')).to.equal('identity.password-too-short');
    expect(refusal('云台山上白云飘飘十二个字')).to.equal('');
  });
  it('PLA-05 are none that everybody tries first', () => {
    for (const password of ['1QAZ2wsx3edc', 'Liverpool1234', 'woaini1314520', 'correcthorsebatterystaple']) {
      expect(refusal(password), password).to.equal('identity.password-too-common');
    }
    for (const password of ['aaaaaaaaaaaa', 'abcabcabcabc', '121212121212', 'blauwaldblauwald']) {
      expect(refusal(password), password).to.equal('identity.password-too-common');
    }
  });
  it('PLA-05 are none of those in disguise: a year, a sign, a figure for a letter', () => {
    for (const password of ['Sunshine2024!!', 'P@ssw0rd2026!', '2026-Zhongguo', '4dm1n1strator', '##huangshan2026']) {
      expect(refusal(password), password).to.equal('identity.password-too-common');
    }
  });
  it('PLA-05 are not the name of the account with figures around it', () => {
    expect(refusal('kowalczyk12345', 'kowalczyk')).to.equal('identity.password-too-common');
    expect(refusal('Kowal.Czyk 2026', 'kowal.czyk')).to.equal('identity.password-too-common');
    expect(refusal('820461937502', '10086')).to.equal('');
  });
  it('PLA-05 may be a sentence of ordinary words, or nonsense', () => {
    for (const password of ['eleven blue lanterns', 'a quiet mountain path', 'kw7%mqpzt2ax', 'correct horse battery']) {
      expect(refusal(password), password).to.equal('');
    }
  });
  it('PLA-05 the list is long, and in the spelling that it is asked in', () => {
    expect(COMMON_PASSWORDS.size).to.be.above(40_000);
    expect([...COMMON_PASSWORDS].filter((password) => password !== password.toLowerCase())).to.deep.equal([]);
  });
});

describe('password hashing', () => {
  it('PLA-05 hashes with argon2id at the recommended costs, and knows the password again', async () => {
    const passwords = await createPasswords();
    const stored = await passwords.hash('eleven blue lanterns');
    expect(stored).to.match(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await passwords.verify(stored, 'eleven blue lanterns')).to.equal(true);
    expect(await passwords.verify(stored, 'eleven blue lantern')).to.equal(false);
  });
  it('PLA-05 says no to an unknown name in the time that a wrong password takes', async () => {
    const passwords = await createPasswords();
    const stored = await passwords.hash('eleven blue lanterns');
    const times = { known: [] as number[], unknown: [] as number[] };
    for (let round = 0; round < 12; round += 1) {
      for (const [name, hash] of [['known', stored] as const, ['unknown', undefined] as const]) {
        const begun = performance.now();
        expect(await passwords.verify(hash, 'wrong')).to.equal(false);
        times[name].push(performance.now() - begun);
      }
    }
    // The fastest of many, because the machine has other work; without the work done in vain it would be a hundredth.
    expect(Math.min(...times.unknown) / Math.min(...times.known)).to.be.within(0.3, 3.3);
    expect(await passwords.verify(undefined, 'nobody has this password')).to.equal(false);
  });
  it('PLA-05 bounds how many are hashed and how many wait, and tells the rest to come again', async () => {
    const passwords = await createPasswords({ atOnce: 1, waitingMax: 2 });
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => passwords.hash('eleven blue lanterns')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(3);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).to.be.instanceOf(TransientError);
    expect(await passwords.hash('eleven blue lanterns')).to.match(/^\$argon2id/);
  });
});
