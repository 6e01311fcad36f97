// Every code that identity throws is explained in both languages.
import { assertCatalogueComplete, codesThrownUnder, codesWithoutSpecUnder } from '@tongpiao/service-shell';
import { expect } from 'chai';
import { problems } from './problems.ts';

describe('identity: problems', () => {
  /** Turns people away before anything is decided: thrown as what passes by itself. */
  const passing = ['identity.sign-ins-busy'];
  const codes = [...codesThrownUnder(import.meta.dirname), ...passing];
  it('PLA-31 has an entry in both languages for every code that is thrown', () => {
    assertCatalogueComplete(problems, codes);
  });
  it('PLA-31 has no entry for a code that is not thrown', () => {
    expect(Object.keys(problems).filter((code) => !codes.includes(code))).to.deep.equal([]);
  });
  it('PLA-31 every entry of the catalogue is looked at by a spec', () => {
    expect(codesWithoutSpecUnder(problems, import.meta.dirname)).to.deep.equal([]);
  });
});
