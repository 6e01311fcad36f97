import { DomainError, TransientError } from '@tongpiao/kernel';
import { expect } from 'chai';
import { COMMON_PASSWORDS } from './common-passwords.ts';
import { assertGoodPassword, PASSWORD_MIN } from './password.policy.ts';
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
    for (const password of [
      'Password1234',
      '1QAZ2wsx3edc',
      'aaaaaaaaaaaa',
      'abcabcabcabc',
      '121212121212',
      'woaini1314520',
    ]) {
      expect(refusal(password), password).to.equal('identity.password-too-common');
    }
    expect(refusal('wangwei12345', 'wangwei')).to.equal('identity.password-too-common');
  });
  it('PLA-05 the list holds only what is long enough to be tried here', () => {
    expect([...COMMON_PASSWORDS].filter((password) => password.length < PASSWORD_MIN)).to.deep.equal([]);
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
