// Every code that reissue throws is explained in both languages.
import { assertCatalogueComplete, codesThrownUnder } from '@tongpiao/service-shell';
import { expect } from 'chai';
import { problems } from './problems.ts';

describe('PLA-31 problems of reissue', () => {
  it('every code that is thrown is in the catalogue', () => {
    assertCatalogueComplete(problems, codesThrownUnder(import.meta.dirname));
  });
  it('REI-41 every reason for which sales refuses has words for the applicant', () => {
    for (const how of ['used', 'refunded', 'exchanged', 'superseded', 'expired', 'not-living', 'frozen'])
      expect(problems).to.have.property(`reissue.ticket-${how}`);
  });
});
