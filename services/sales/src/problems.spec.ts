// Every code that sales throws is explained in both languages.
import { assertCatalogueComplete, codesThrownUnder, codesWithoutSpecUnder } from '@tongpiao/service-shell';
import { expect } from 'chai';
import { problems, QUOTE_PROBLEMS } from './problems.ts';

describe('PLA-31 problems of sales', () => {
  const codes = codesThrownUnder(import.meta.dirname);

  it('every code that is thrown is in the catalogue', () => {
    assertCatalogueComplete(problems, codes);
  });
  it('every entry of the catalogue is thrown, or refuses an order by a claim', () => {
    const claims = ['sales.too-many-unpaid', 'sales.document-has-ticket', 'sales.document-limit'];
    expect(Object.keys(problems).filter((code) => !codes.includes(code) && !claims.includes(code))).to.deep.equal([]);
  });
  it('what a quote declares is in the catalogue', () => {
    expect(QUOTE_PROBLEMS.filter((code) => !Object.hasOwn(problems, code))).to.deep.equal([]);
  });
  it('every entry of the catalogue is looked at by a spec', () => {
    expect(codesWithoutSpecUnder(problems, import.meta.dirname)).to.deep.equal([]);
  });
});
