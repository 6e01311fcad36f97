// Every code that notification throws is explained in both languages.
import { assertCatalogueComplete, codesThrownUnder, codesWithoutSpecUnder } from '@tongpiao/service-shell';
import { expect } from 'chai';
import { problems } from './problems.ts';

describe('problems of notification', () => {
  const codes = codesThrownUnder(import.meta.dirname);
  it('PLA-31 every code that is thrown has its words in both languages', () => {
    assertCatalogueComplete(problems, codes);
  });
  it('PLA-31 every entry of the catalogue is thrown', () => {
    expect(Object.keys(problems).filter((code) => !codes.includes(code))).to.deep.equal([]);
  });
  it('PLA-31 every entry of the catalogue is looked at by a spec', () => {
    expect(codesWithoutSpecUnder(problems, import.meta.dirname)).to.deep.equal([]);
  });
});
