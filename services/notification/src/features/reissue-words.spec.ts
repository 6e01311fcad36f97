import { expect } from 'chai';
import { REISSUE_END_REASONS } from '@tongpiao/contracts';
import { reissueTemplates } from '../templates/reissue-templates.ts';
import { whyOf } from './reissue-words.ts';

const roomFor = (id: string, language: 'zh-CN' | 'en'): number =>
  reissueTemplates.find((each) => each.id === id && each.channel === 'sms' && each.language === language)?.variables[
    'why'
  ]?.max ?? 0;

describe('REI-41 why a case came to nothing', () => {
  for (const language of ['zh-CN', 'en'] as const) {
    it(`every reason has words (${language}), and none of them is cut in an SMS`, () => {
      const ids = ['reissue-refused', 'reissue-refused-final', 'reissue-refused-returned', 'reissue-closed'];
      const room = Math.min(...ids.map((id) => roomFor(id, language)));
      const other = whyOf('nobody.knows', false, language).short;
      for (const reason of REISSUE_END_REASONS) {
        const { short, whole } = whyOf(reason, true, language);
        expect(short.length, short).to.be.within(2, room);
        expect(whole.length).to.be.greaterThan(1);
        expect(short, reason).not.to.equal(other);
      }
      expect(other.length).to.be.within(2, room);
    });
  }

  it('what sales found is said like our own finding', () => {
    expect(whyOf('sales.ticket-used', false, 'zh-CN')).to.deep.equal(whyOf('reissue.ticket-used', false, 'zh-CN'));
  });

  it('a person’s refusal without an appeal is that of an appeal', () => {
    expect(whyOf('reissue.decided-against', true, 'zh-CN').short).to.equal('经审核不符合条件');
    expect(whyOf('reissue.decided-against', false, 'zh-CN').whole).to.contain('最终决定');
  });
});
