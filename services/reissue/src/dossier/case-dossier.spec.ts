// REI-50: what a dossier says, read back from the PDF by somebody else's program.
import { expect } from 'chai';
import { extractText, getDocumentProxy } from 'unpdf';
import { AT, cases } from '../application/application.fixture.ts';
import { caseDossier } from './case-dossier.ts';
import { caseFile, CORRECTION } from './dossier.fixture.ts';

async function pagesOf(pdf: Buffer): Promise<readonly string[]> {
  const { text } = await extractText(await getDocumentProxy(Uint8Array.from(pdf)));
  return text.map((page) => page.replaceAll(/\s+/g, ''));
}
const textOf = async (pdf: Buffer): Promise<string> => (await pagesOf(pdf)).join('');

describe('REI-50 the dossier of a case', () => {
  it('has every section, and each says what the case knows; its Chinese can be searched', async () => {
    const file = caseFile(CORRECTION);
    const text = await textOf(caseDossier(file));
    const sections = [
      '1案件概要',
      '2申请人',
      '3票链',
      '4归属与身份核验',
      '5评估',
      '6办理与决定',
      '7费用',
      '8附件',
      '9日志与校验',
    ];
    expect(sections.filter((section) => !text.includes(section))).to.deep.equal([]);
    expect(sections.map((section) => text.indexOf(section))).to.deep.equal(
      sections.map((section) => text.indexOf(section)).toSorted((a, b) => a - b),
    );
    const said = [
      ...['重开（更正）', '信息有误', '0A8G4M1R3N6Y9D5', '已补发作废', '作废后出示1次', '1号闸机', '购票手机验证码'],
      ...[
        '当日其他申请',
        '该票以往申请',
        '升级理由',
        '核对无误',
        'RC-0A5D8K2M7Q9X3C6V',
        '¥5.00',
        '身份证照片',
        '本人确认',
      ],
      ...['日志完整', `共${file.journal.length}条`, '9f86d081884c7d659a2feaa0c55ad015'],
    ];
    expect(said.filter((word) => !text.includes(word))).to.deep.equal([]);
    for (const { hash } of file.journal) expect(text).to.contain(hash);
  });

  it('PLA-11 is masked; in plain it says so on every page', async () => {
    const masked = await pagesOf(caseDossier(caseFile(CORRECTION)));
    expect(masked.join('')).to.contain('1101**********002X').and.not.to.contain('p1.');
    for (const page of masked) expect(page).to.contain('个人信息已脱敏');
    const plain = await pagesOf(caseDossier(caseFile(CORRECTION, { open: ({ sealed }) => `原文${sealed.slice(3)}` })));
    expect(plain.join('')).to.contain('原文1101**********002X').and.to.contain('原文note');
    for (const page of plain) expect(page).to.contain('调阅已记入日志');
  });

  it('REI-02 says which proof of purchase was seen, masked like all that somebody wrote', async () => {
    const words = { sealed: 'p1.微信账单', masked: '***' };
    const application = {
      ...cases.deciding,
      proof: { how: 'purchase-proof', by: 'usr_clerk', at: AT, words },
    } as const;
    const masked = await textOf(caseDossier({ ...caseFile(CORRECTION), application }));
    expect(masked).to.contain('购票凭证Proofofpurchase').and.to.contain('usr_clerk').and.not.to.contain('微信账单');
    const open = ({ sealed }: { sealed: string }): string => sealed.slice(3);
    expect(await textOf(caseDossier({ ...caseFile(CORRECTION, { open }), application }))).to.contain('微信账单');
  });

  it('PLA-20 names the entry that was touched, or is missing', async () => {
    const changed = await textOf(
      caseDossier(caseFile(CORRECTION, { verdict: { intact: false, seq: 7, reason: 'changed' } })),
    );
    expect(changed).to.contain('日志第7条被改动').and.to.contain('7!').and.not.to.contain('日志完整');
    const missing = await textOf(
      caseDossier(caseFile(CORRECTION, { verdict: { intact: false, seq: 3, reason: 'missing' } })),
    );
    expect(missing).to.contain('日志第3条缺失');
  });

  it('every page names the case and its place among the pages, however long the journal', async () => {
    const file = caseFile(CORRECTION);
    const journal = Array.from({ length: 20 }, () => file.journal).flat();
    const pages = await pagesOf(caseDossier({ ...file, journal }));
    expect(pages.length).to.be.greaterThan(10);
    pages.forEach((page, index) => {
      expect(page)
        .to.contain(file.id)
        .and.to.contain(`第${index + 1}页共${pages.length}页`);
    });
  });

  for (const [status, application] of Object.entries(cases)) {
    it(`can be made of a case that is ${status}`, async () => {
      const file = { ...caseFile(CORRECTION), application };
      const text = await textOf(caseDossier(file));
      // Any letters may stand in a hash.
      const written = file.journal.reduce((rest, { hash }) => rest.replace(hash, ''), text);
      expect(written)
        .to.contain('补票案卷')
        .and.not.to.match(/undefined|\[object|NaN/);
    });
  }

  it('the same case is the same bytes', () => {
    const file = caseFile(CORRECTION);
    expect(caseDossier(file).equals(caseDossier(file))).to.equal(true);
  });
});
