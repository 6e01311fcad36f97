// REI-53 on a real service: how lists come in. As JSON and as the files that spreadsheets write; what is no list is refused and says why.
import { freshKey } from '@tongpiao/service-shell/trial';
import { expect } from 'chai';
import { codeOf, openReissueHouse, type ReissueHouse } from '../reissue-house.fixture.ts';
import { batchOf, listsIn, numbersOf, PATH, why } from './lists.fixture.ts';

/** 票号,姓名 in GBK. */
const GBK_HEADINGS = Buffer.from([0xc6, 0xb1, 0xba, 0xc5, 0x2c, 0xd0, 0xd5, 0xc3, 0xfb, 0x0d, 0x0a]);

describe('REI-53 reissue: how lists come in', function () {
  this.timeout(240_000);
  let house: ReissueHouse;
  const { enter, upload, step, becomes, linesOf, look, tickets } = listsIn(() => house);
  before(async () => {
    house = await openReissueHouse();
  });
  after(() => house.stop());

  it('as a file of a spreadsheet: UTF-8, UTF-16 and the GBK of Excel, with Chinese or English headings', async () => {
    const numbers = numbersOf(await tickets(2));
    const rows = numbers.join('\r\n');
    const files: Readonly<Record<string, Buffer>> = {
      utf8: Buffer.from(
        `\uFEFF票号,备注\r\n${numbers.map((number) => `${number},"有逗号, 也有""引号"""`).join('\r\n')}\r\n,\r\n`,
      ),
      utf16: Buffer.from(`\uFEFF票号\t姓名\r\n${rows}`.replaceAll(/(\w{10,})/g, '$1\t'), 'utf16le'),
      gbk: Buffer.concat([GBK_HEADINGS, Buffer.from(numbers.map((number) => `="${number}",\r\n`).join(''))]),
      english: Buffer.from(`name;Ticket Number\n;${numbers.join('\n;')}\n`),
    };
    for (const [name, bytes] of Object.entries(files)) {
      const reply = await upload(bytes);
      expect(reply.status, `${name}: ${reply.text}`).to.equal(201);
      expect(batchOf(reply).counts, name).to.include({ lines: 2, ready: 2 });
      await step(batchOf(reply).id, 'cancellation');
    }
  });

  it('PLA-10 corrected data of a file are sealed, and nobody is shown them', async () => {
    const { id } = batchOf(await upload(Buffer.from('票号,姓名,证件类型,证件号码\nX,王小明,护照,E76543210\n')));
    const [line] = await linesOf(id);
    expect(line).to.include({ corrected: true, reason: 'reissue.ticket-not-found' });
    expect(JSON.stringify(line)).not.to.include('王小明');
    const stored = await house.stored('batch_lines', { batchId: id });
    expect(stored).to.include('"sealed":"p1.').and.not.to.include('王小明').and.not.to.include('E76543210');
  });

  it('what is no list is refused, and says why', async () => {
    const refused: readonly (readonly [string, Buffer])[] = [
      ['reissue.batch-empty', Buffer.alloc(0)],
      ['reissue.batch-empty', Buffer.from('票号\n\n')],
      ['reissue.batch-csv-headings', Buffer.from('7K00-0000-0000-0000\n')],
      ['reissue.batch-csv-headings', Buffer.from('票号,number\nA,B\n')],
      ['reissue.batch-csv-malformed', Buffer.from('票号\n"7K00\n')],
      ['reissue.batch-csv-malformed', Buffer.from('票号,姓名\nA,B,C\n')],
      ['reissue.batch-csv-malformed', Buffer.from(`票号\n${'A'.repeat(300)}\n`)],
      ['reissue.batch-csv-malformed', Buffer.from(`票号\n${'A'.repeat(30_000)}\n`)],
      ['reissue.batch-csv-id-type', Buffer.from('票号,证件类型\nA,学生证\n')],
      ['reissue.batch-not-csv', Buffer.from('PK\u0003\u0004\u0000\u0000workbook')],
      ['reissue.batch-encoding', Buffer.from([0xff, 0xff, 0x80, 0xff, 0x0a])],
      ['reissue.batch-encoding', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from([0x00, 0xd8, 0x41, 0x00])])],
      ['reissue.batch-too-large', Buffer.from(`票号\n${'A\n'.repeat(50_001)}`)],
    ];
    for (const [code, bytes] of refused) {
      const reply = await upload(bytes);
      expect([reply.status, codeOf(reply)], bytes.toString('utf8').slice(0, 40)).to.deep.equal([422, code]);
    }
    expect(codeOf(await enter([]))).to.equal('reissue.batch-empty');
    expect(codeOf(await enter(Array.from({ length: 50_001 }, () => 'A')))).to.equal('reissue.batch-too-large');
    const json = { ...why, lines: [{ number: 'A' }] };
    for (const wrong of [
      { ...json, reason: 'bad mood' },
      { ...json, note: '' },
      { ...json, more: true },
      { ...json, lines: [{ number: 'A', price: 1 }] },
      { ...json, lines: [{ correction: { name: '张三' } }] },
      { ...json, lines: 'A' },
    ])
      expect((await enter([], { json: wrong })).status, JSON.stringify(wrong)).to.equal(400);
    const unsaid = await house.call(`${PATH}/uploads`, {
      apiKey: house.keys.operator,
      bytes: Buffer.from('票号\nA\n'),
    });
    expect(unsaid.status).to.equal(400);
    const large = await upload(Buffer.alloc(8 * 1_048_576 + 1, 'A'));
    expect([large.status, codeOf(large)]).to.deep.equal([413, 'platform.body-too-large']);
    for (const apiKey of [house.keys.clerk, undefined]) {
      const reply = await house.call(PATH, apiKey === undefined ? { json } : { apiKey, json });
      expect(reply.status).to.be.oneOf([401, 403]);
    }
  });

  it('PLA-32 the same request again is the same list; with another list it is refused', async () => {
    const key = freshKey();
    const [first, again] = await Promise.all([enter(['A', 'B'], { key }), enter(['A', 'B'], { key })]);
    expect(batchOf(again).id).to.equal(batchOf(first).id);
    expect((await linesOf(batchOf(first).id)).length).to.equal(2);
    const other = await enter(['A', 'C'], { key });
    expect([other.status, codeOf(other)]).to.deep.equal([422, 'platform.idempotency-key-reused']);
    const fileKey = freshKey();
    const file = batchOf(await upload(Buffer.from('票号\nA\n'), { key: fileKey }));
    expect(batchOf(await upload(Buffer.from('票号\nA\n'), { key: fileKey })).id).to.equal(file.id);
    expect((await upload(Buffer.from('票号\nB\n'), { key: fileKey })).status).to.equal(422);
  });

  it('fifty thousand lines are taken and checked', async () => {
    const list = Array.from({ length: 50_000 }, (_, index) => `N${index}`);
    const reply = await enter(list, { wait: 0 });
    expect(reply.status, reply.text.slice(0, 300)).to.be.oneOf([201, 202]);
    const { id } = batchOf(reply);
    await becomes(id, 'waiting', 180_000);
    expect((await look(id)).refusals).to.deep.equal({ 'reissue.ticket-not-found': 50_000 });
  });
});
