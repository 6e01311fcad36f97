// Every code that reissue throws is explained in both languages.
import { REISSUE_END_REASONS } from '@tongpiao/contracts';
import { DomainError } from '@tongpiao/kernel';
import {
  assertCatalogueComplete,
  codesThrownUnder,
  codesWithoutSpecUnder,
  createProblems,
} from '@tongpiao/service-shell';
import { silentLogger } from '@tongpiao/service-shell/trial';
import { expect } from 'chai';
import { z } from 'zod';
import { problems } from './problems.ts';

describe('PLA-31 problems of reissue', () => {
  it('every code that is thrown is in the catalogue', () => {
    assertCatalogueComplete(problems, codesThrownUnder(import.meta.dirname));
  });
  it('every entry of the catalogue is looked at by a spec', () => {
    expect(codesWithoutSpecUnder(problems, import.meta.dirname)).to.deep.equal([]);
  });
  it('PLA-31 a desk is called by its name in both languages', () => {
    const detail = (language: 'zh-CN' | 'en'): unknown => {
      const refused = new DomainError('reissue.not-your-desk', 'internal words', { desk: 'reviewer' });
      const { body } = createProblems(problems).answer(refused, { language, traceId: 't1', logger: silentLogger });
      return z.looseObject({ detail: z.string() }).parse(JSON.parse(body)).detail;
    };
    expect(detail('zh-CN')).to.equal('该申请须由审核员审核。');
    expect(detail('en')).to.equal('This application is for another desk to decide: Reviewer.');
  });
  it('REI-41 every reason for which sales refuses has words for the applicant', () => {
    for (const how of ['used', 'refunded', 'exchanged', 'superseded', 'expired', 'not-living', 'frozen'])
      expect(problems).to.have.property(`reissue.ticket-${how}`);
  });
  it('REI-41 every reason for which a case comes to nothing has words for the applicant', () => {
    for (const reason of REISSUE_END_REASONS) expect(problems, reason).to.have.property(reason);
  });
});
