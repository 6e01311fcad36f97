// Every code that reissue throws is explained in both languages.
import { REISSUE_END_REASONS } from '@tongpiao/contracts';
import { assertCatalogueComplete, codesThrownUnder, codesWithoutSpecUnder } from '@tongpiao/service-shell';
import { expect } from 'chai';
import { problems } from './problems.ts';

describe('PLA-31 problems of reissue', () => {
  it('every code that is thrown is in the catalogue', () => {
    assertCatalogueComplete(problems, codesThrownUnder(import.meta.dirname));
  });
  it('every entry of the catalogue is looked at by a spec', () => {
    expect(codesWithoutSpecUnder(problems, import.meta.dirname)).to.deep.equal([]);
  });
  it('REI-41 every reason for which sales refuses has words for the applicant', () => {
    for (const how of ['used', 'refunded', 'exchanged', 'superseded', 'expired', 'not-living', 'frozen'])
      expect(problems).to.have.property(`reissue.ticket-${how}`);
  });
  it('REI-41 every reason for which a case comes to nothing has words for the applicant', () => {
    for (const reason of REISSUE_END_REASONS) expect(problems, reason).to.have.property(reason);
  });
});
