import { inflateSync } from 'node:zlib';
import { expect } from 'chai';
import jsqr from 'jsqr';
import { extractText, getDocumentProxy } from 'unpdf';
import { A5 } from '../drawing/page.ts';
import { printableTicket } from './ticket.fixture.ts';
import { reissuedMark } from './ticket-words.ts';
import { ticketsPdf } from './tickets-pdf.ts';

async function pagesOf(pdf: Buffer): Promise<readonly string[]> {
  const { text } = await extractText(await getDocumentProxy(Uint8Array.from(pdf)));
  return text.map((page) => page.replaceAll(/\s+/g, ''));
}

/** The squares of the first code on the page, as a scanner sees them: 4 pixels each, with a quiet zone. */
function scanned(pdf: Buffer): string | undefined {
  const squares = streamsOf(pdf)
    .map((content) => /q [\d.]+ 0 0 -[\d.]+ .* cm .* rg ((?:\d+ \d+ \d+ 1 re ?)+) ?f Q/.exec(content)?.[1])
    .find((found) => found !== undefined);
  const runs = (squares ?? '').match(/\d+ \d+ \d+(?= 1 re)/g)?.map((run) => run.split(' ').map(Number)) ?? [];
  const side = (57 + 8) * 4;
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [x = 0, y = 0, width = 0] of runs)
    for (let row = (y + 4) * 4; row < (y + 5) * 4; row += 1)
      for (let column = (x + 4) * 4; column < (x + 4 + width) * 4; column += 1)
        pixels.fill(0, (row * side + column) * 4, (row * side + column) * 4 + 3);
  return jsqr.default(pixels, side, side)?.data;
}

function streamsOf(pdf: Buffer): readonly string[] {
  const streams: string[] = [];
  for (let at = pdf.indexOf('stream\n'); at >= 0; at = pdf.indexOf('\nstream\n', at + 1)) {
    const start = pdf.indexOf('stream\n', at) + 'stream\n'.length;
    const end = pdf.indexOf('\nendstream', start);
    streams.push(inflateSync(pdf.subarray(start, end)).toString('latin1'));
  }
  return streams;
}

type Placed = { readonly text: string; readonly x: number; readonly y: number; readonly width: number };

async function placedOn(pdf: Buffer): Promise<readonly Placed[]> {
  const page = await (await getDocumentProxy(Uint8Array.from(pdf))).getPage(1);
  const { items } = await page.getTextContent();
  return items.flatMap((item) => {
    if (!('str' in item) || item.str.trim() === '') return [];
    const [, , , , x, y] = item.transform.map(Number);
    return [{ text: item.str, x: x ?? 0, y: A5.height - (y ?? 0), width: item.width }];
  });
}

describe('SAL-32 a ticket as PDF', () => {
  it('says in both languages what, when, where, for whom and for how much', async () => {
    const [text = ''] = await pagesOf(ticketsPdf([printableTicket()]));
    for (const part of [
      '云台山景区',
      'YuntaiMountain',
      '分时入园门票',
      'Timedentry',
      '成人票',
      'Adult',
      '2026年12月1日',
      '周二Tue,1Dec2026',
      '09:00–11:00',
      '检票Check-in08:30–11:00',
      '主入口',
      'Mainentrance',
      '0A7F-3K9Q-2M5X-8C4',
      '张*',
      '身份证IDcard',
      '1101**********002X',
      '¥120.00',
      '凭本二维码或本人身份证直接检票',
      'ord_0a5d8k2m7q9x3c6v1b4n',
      '电子票',
    ])
      expect(text).to.contain(part);
  });

  it('SAL-30 its code says exactly the signed token', () => {
    const ticket = printableTicket();
    expect(scanned(ticketsPdf([ticket]))).to.equal(ticket.qr);
  });

  it('SAL-02 a concession names what has to be shown', async () => {
    const [text = ''] = await pagesOf(
      ticketsPdf([printableTicket({ showAtGate: ['student', 'height≤120cm', 'age'] })]),
    );
    expect(text).to.contain('学生证、身高不超过120厘米、年龄证明').and.to.contain('heightupto120cm');
  });

  for (const [until, shown] of [
    ['2026-12-01T11:00:00+08:00', '09:00–11:00'],
    ['2026-12-02T00:00:00+08:00', '09:00–24:00'],
    ['2026-12-02T01:30:00+08:00', '09:00–01:30+1'],
  ] as const)
    it(`a session until ${until.slice(8, 16)} is ${shown}`, async () => {
      const [text = ''] = await pagesOf(ticketsPdf([printableTicket({ endsAt: until })]));
      expect(text).to.contain(`时间Time${shown}`);
    });

  it('without a name it asks for the code only', async () => {
    const [text = ''] = await pagesOf(ticketsPdf([printableTicket({ realName: false, traveller: undefined })]));
    expect(text).to.contain('凭本二维码直接检票').and.not.to.contain('游客');
  });

  it('on paper it shows the serial, and a reissue its mark', async () => {
    const mark = reissuedMark('2026-11-30T18:30:00.000Z', 'Asia/Shanghai');
    const [text = ''] = await pagesOf(ticketsPdf([printableTicket({ serial: 'A00123456', mark })]));
    expect(text).to.contain('纸质票').and.to.contain('A00123456').and.to.contain('补发').and.not.to.contain('电子票');
    // REI-30: the day is that of the site.
    expect(text).to.contain('2026-12-01').and.to.contain('REISSUED');
  });

  it('several tickets are pages of one document that share their fonts', async () => {
    const names = ['张*', '李*', '王*'];
    const tickets = names.map((name) =>
      printableTicket({ traveller: { name, idType: 'id_card', idNumber: '1101**********002X' } }),
    );
    const pdf = ticketsPdf(tickets);
    const pages = await pagesOf(pdf);
    expect(pages.map((page) => names.filter((name) => page.includes(name)))).to.deep.equal([['张*'], ['李*'], ['王*']]);
    expect(pdf.length).to.be.lessThan(1.5 * ticketsPdf(tickets.slice(0, 1)).length);
  });

  it('the longest words stay inside the card and on top of nothing', async () => {
    const long = (zh: string, en: string): { zh: string; en: string } => ({
      zh: zh.repeat(200).slice(0, 200),
      en: `${en} `.repeat(60).slice(0, 200),
    });
    const placed = await placedOn(
      ticketsPdf([
        printableTicket({
          issuer: long('云台山', 'Yuntai'),
          product: long('分时入园门票', 'Timed entry'),
          ticketType: long('优待票', 'Concession'),
          site: long('主入口', 'Main entrance'),
          traveller: { name: '欧阳**'.repeat(15), idType: 'hk_macao_permit', idNumber: 'H1******89' },
          showAtGate: [
            'companion_of_disabled',
            'disabled_serviceman',
            'serviceman',
            'fire_rescue',
            'height≤120cm',
            'age',
          ],
          serial: 'A'.repeat(20),
        }),
      ]),
    );
    for (const { text, x, y, width } of placed) {
      expect(x, text).to.be.at.least(20);
      expect(x + width, text).to.be.at.most(A5.width - 20);
      expect(y, text).to.be.within(18, A5.height - 18);
    }
    placed.forEach((one, index) => {
      for (const other of placed.slice(index + 1)) {
        const sameLine = Math.abs(one.y - other.y) < 5;
        const apart = one.x + one.width <= other.x || other.x + other.width <= one.x;
        expect(!sameLine || apart, `${one.text} | ${other.text}`).to.equal(true);
      }
    });
  });
});
