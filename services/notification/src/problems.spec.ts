import { assertCatalogueComplete, codesThrownUnder } from '@tongpiao/service-shell';
import { problems } from './problems.ts';

describe('problems of notification', () => {
  it('PLA-31 every code that is thrown has its words in both languages', () => {
    assertCatalogueComplete(problems, codesThrownUnder(import.meta.dirname));
  });
});
