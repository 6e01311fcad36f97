import { assertCatalogueComplete, codesThrownUnder } from '@tongpiao/service-shell';
import { problems } from './problems.ts';

describe('identity: problems', () => {
  it('PLA-31 has an entry in both languages for every code that is thrown', () => {
    assertCatalogueComplete(problems, codesThrownUnder(import.meta.dirname));
  });
});
