// Every code that inventory throws is explained in both languages.
import { assertCatalogueComplete, codesThrownUnder, codesWithoutSpecUnder } from '@tongpiao/service-shell';
import { expect } from 'chai';
import { problems } from './problems.ts';

describe('PLA-31 problems of inventory', () => {
  const codes = codesThrownUnder(import.meta.dirname);
  it('every code that is thrown is in the catalogue', () => {
    assertCatalogueComplete(problems, codes);
  });
  it('every entry of the catalogue is thrown', () => {
    expect(Object.keys(problems).filter((code) => !codes.includes(code))).to.deep.equal([]);
  });
  it('every entry of the catalogue is looked at by a spec', () => {
    expect(codesWithoutSpecUnder(problems, import.meta.dirname)).to.deep.equal([]);
  });
});
