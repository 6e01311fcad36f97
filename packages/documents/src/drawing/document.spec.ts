import { expect } from 'chai';
import { extractText, getDocumentProxy } from 'unpdf';
import { createDocument } from './document.ts';
import { createFlow } from './flow.ts';
import { A4 } from './page.ts';
import type { TextStyle } from './text.ts';

const style: TextStyle = { face: 'regular', size: 10, colour: '#17252b' };
const bold: TextStyle = { ...style, face: 'bold' };

async function pagesOf(pdf: Buffer): Promise<readonly string[]> {
  const { text } = await extractText(await getDocumentProxy(Uint8Array.from(pdf)));
  return text.map((page) => page.replaceAll(/\s+/g, ''));
}

const facts = { title: '补票案卷', author: '云台山景区', language: 'zh-CN' } as const;

describe('PDF documents', () => {
  it('Chinese can be searched: every character says which it is, in two faces and beyond the basic plane', async () => {
    const document = createDocument(facts);
    const page = document.page(A4);
    page.text('分时入园门票 Timed entry', { x: 40, y: 40 }, style);
    page.text('游客 𬺈㛃 ¥120.00', { x: 40, y: 60 }, bold);
    expect(await pagesOf(document.finish())).to.deep.equal(['分时入园门票Timedentry游客𬺈㛃¥120.00']);
  });

  it('characters that share a glyph, or have none, stay what they are', async () => {
    const document = createDocument(facts);
    // A radical looks like its character; no face has the last one.
    document.page(A4).text('一⼀ 𪨊', { x: 40, y: 40 }, style);
    expect(await pagesOf(document.finish())).to.deep.equal(['一⼀𪨊']);
  });

  it('fonts are embedded, with what is used, what tickets differ in, and no more', () => {
    const document = createDocument(facts);
    document.page(A4).text('票', { x: 40, y: 40 }, style);
    const pdf = document.finish();
    const text = pdf.toString('latin1');
    expect(text.match(/\/FontFile2/g)).to.have.length(1);
    expect(text).to.match(/\/BaseFont \/[A-Z]{6}\+NotoSansSC-Regular/);
    expect(text).not.to.match(/NotoSansSC-Bold/);
    expect(pdf.length).to.be.lessThan(6_000);
  });

  it('a subset that is used again belongs to the same characters', async () => {
    const textOf = async (text: string): Promise<readonly string[]> => {
      const document = createDocument(facts);
      document.page(A4).text(text, { x: 40, y: 40 }, style);
      return pagesOf(document.finish());
    };
    // The second has the subset of the first, for it has the same characters; the others have not.
    for (const text of ['成人票 07', '成人票 93', '票成人 07', '学生票 07', '成人票 07'])
      expect(await textOf(text)).to.deep.equal([text.replaceAll(' ', '')]);
  });

  it('says its title and language', async () => {
    const document = createDocument({ ...facts, at: new Date('2026-12-01T01:02:03Z') });
    document.page(A4);
    const proxy = await getDocumentProxy(Uint8Array.from(document.finish()));
    const { info } = await proxy.getMetadata();
    expect(info).to.include({ Title: '补票案卷', Author: '云台山景区', Language: 'zh-CN' });
    expect(info).to.have.property('CreationDate', 'D:20261201010203Z');
  });

  it('the same content is the same bytes', () => {
    const draw = (): Buffer => {
      const document = createDocument(facts);
      document.page(A4).text('同样的内容', { x: 40, y: 40 }, style);
      return document.finish();
    };
    expect(draw().equals(draw())).to.equal(true);
  });
});

describe('text over pages', () => {
  it('runs on, each page with its number of all, a table’s head on every page that it reaches', async () => {
    const document = createDocument(facts);
    const flow = createFlow(document, {
      size: A4,
      margins: { top: 72, right: 60, bottom: 64, left: 60 },
      header: (page) => page.text('案卷BF1', { x: 60, y: 36 }, style),
      footer: (page, { number, count }) => page.text(`第${number}页共${count}页`, { x: 60, y: 790 }, style),
    });
    flow.heading('一、事由', bold);
    flow.paragraph('依据《票务管理办法》申请补发。'.repeat(20), style);
    flow.table({
      columns: [
        { head: '序号', share: 1 },
        { head: '材料', share: 4 },
        { head: '页数', share: 1, align: 'right' },
      ],
      rows: Array.from({ length: 60 }, (_, row) => [`${row + 1}`, '身份证复印件（正反面）', '2']),
      head: bold,
      body: style,
      rule: '#c9d3d5',
    });
    flow.finish();
    const pages = await pagesOf(document.finish());
    expect(pages.length).to.be.greaterThan(1);
    pages.forEach((page, index) => {
      expect(page)
        .to.contain('案卷BF1')
        .and.to.contain(`第${index + 1}页共${pages.length}页`);
      expect(page.match(/序号材料页数/g)).to.have.length(1);
    });
    const rows = pages.join('').match(/\d+身份证复印件（正反面）2/g) ?? [];
    expect(rows.length).to.equal(60);
  });

  it('a heading does not stand alone at the end of a page', async () => {
    const document = createDocument(facts);
    const flow = createFlow(document, {
      size: { width: 300, height: 200 },
      margins: { top: 20, right: 20, bottom: 20, left: 20 },
    });
    flow.block(140, () => undefined);
    flow.heading('标题', bold);
    flow.paragraph('正文', style);
    flow.finish();
    expect(await pagesOf(document.finish())).to.deep.equal(['', '标题正文']);
  });

  it('what is higher than a page begins on a new one instead of never', () => {
    const document = createDocument(facts);
    const flow = createFlow(document, {
      size: { width: 300, height: 200 },
      margins: { top: 20, right: 20, bottom: 20, left: 20 },
    });
    flow.paragraph('一', style);
    flow.block(500, () => undefined);
    flow.paragraph('二', style);
    flow.finish();
    expect(document.pages().length).to.equal(3);
  });
});
