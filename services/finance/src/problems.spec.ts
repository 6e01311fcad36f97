// Every code that finance throws over HTTP is explained in both languages.
import { assertCatalogueComplete, codesThrownUnder, codesWithoutSpecUnder } from '@tongpiao/service-shell';
import { expect } from 'chai';
import { problems } from './problems.ts';

describe('PLA-31 problems of finance', () => {
  /** On the bus, or between us and a provider: nobody who asks over HTTP is told these. */
  const inside = [
    'finance.callback-of-other-provider',
    'finance.payment-not-captured',
    'finance.refund-contradiction',
    'finance.refund-refused',
  ];
  const codes = codesThrownUnder(import.meta.dirname).filter((code) => !inside.includes(code));
  it('every code that is thrown at a caller is in the catalogue', () => {
    assertCatalogueComplete(problems, codes);
  });
  it('every entry of the catalogue is thrown', () => {
    expect(Object.keys(problems).filter((code) => !codes.includes(code))).to.deep.equal([]);
  });
  it('every entry of the catalogue is looked at by a spec', () => {
    expect(codesWithoutSpecUnder(problems, import.meta.dirname)).to.deep.equal([]);
  });
});
