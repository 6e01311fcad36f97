// The workbook of the figures: its sheets, and that no text in it is a formula.
import { expect } from 'chai';
import { strFromU8, unzipSync } from 'fflate';
import { analysisOf } from './analysis.ts';
import { plainText, workbookOf } from './analysis-workbook.ts';

const evil = '=HYPERLINK("http://example.com","x")';

describe('workbook of the analysis', () => {
  it('REI-51 text that a spreadsheet would take for a formula is plain text', () => {
    for (const text of [evil, '+1', '-1', '@SUM(A1)', '  =1', '\t=1', '|cmd', '%0A=1', '＝1'])
      expect(plainText(text), text).to.match(/^'/);
    for (const text of ['lost', '2026-11', 'reissue.decided-against', 'a=b']) expect(plainText(text)).to.equal(text);
    expect(plainText('a\u0000b\nc')).to.equal('a b c');
  });
  it('REI-51 a sheet per question, in the reader’s language, without a formula', async () => {
    const percentiles = [1_500, null];
    const span = {
      ...{
        applications: 1,
        overdue: 0,
        assessed: 1,
        byPolicy: 0,
        sampled: 0,
        confirmed: 0,
        contested: 0,
        ownFaultCases: 1,
        feesWaived: 750,
      },
      ...{ prove: percentiles, decide: [120_000, 180_000], pay: percentiles, carryOut: percentiles },
      ...{ whole: percentiles, appeal: [null, null] },
      ...{ proveCount: 1, decideCount: 1, payCount: 1, carryOutCount: 1, wholeCount: 1, appealCount: 0 },
    };
    const none = { kinds: [], channels: [], outcomes: [], desks: [], refusals: [], ends: [], appeals: [] };
    const figures = {
      ...none,
      spans: [
        { _id: '2026-11', ...span },
        { _id: 'period', ...span },
      ],
      repeats: [],
      erasedRepeats: [],
      reasons: [{ _id: { span: '2026-11', key: evil }, count: 1 }],
      factors: [{ _id: { span: '2026-11', key: 'same-day' }, hits: 1, points: 20, reissued: 0, refused: 1 }],
      rules: [],
    };
    const errors = { spans: [], kinds: [], people: [] };
    const given = { from: '2026-11-01', to: '2026-11-30', timeZone: 'Asia/Shanghai' };
    const analysis = analysisOf(figures, errors, given);
    expect(analysis.months[0]?.times.decide).to.deep.equal({ count: 1, medianMs: 120_000, p90Ms: 180_000 });
    expect(analysis.months[0]?.times.appeal).to.deep.equal({ count: 0 });
    const files = unzipSync(await workbookOf(analysis, 'zh-CN'));
    const read = (name: string): string => strFromU8(files[name] ?? new Uint8Array());
    expect(read('xl/workbook.xml')).to.include('按月汇总').and.to.include('风险因素');
    const all = Object.keys(files).map(read).join('\n');
    expect(all).to.match(/('|&#39;|&apos;)=HYPERLINK/);
    expect(all).not.to.match(/<f[ >]/);
    expect(all).to.include('7.5');
    expect(strFromU8(unzipSync(await workbookOf(analysis, 'en'))['xl/workbook.xml'] ?? new Uint8Array())).to.include(
      'Risk factors',
    );
  });
});
