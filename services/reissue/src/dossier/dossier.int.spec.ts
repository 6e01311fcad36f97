// REI-50 on real servers: the dossier of a case for whoever may have it, and an auditor who is told which entry was touched.
import { auditDatabase } from '@tongpiao/persistence';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import mongoose from 'mongoose';
import { extractText, getDocumentProxy } from 'unpdf';
import { z } from 'zod';
import { freshKey } from '@tongpiao/service-shell/trial';
import {
  credentialsOf,
  openReissueHouse,
  seenOf,
  ZHANG,
  type ReissueHouse,
  type Seen,
} from '../reissue-house.fixture.ts';

const document = { idType: ZHANG.idType, idNumber: ZHANG.idNumber };
const pageShape = z.object({
  intact: z.boolean(),
  records: z.number(),
  entries: z.number(),
  touched: z.array(z.object({ id: z.string(), tenantId: z.string(), seq: z.number(), reason: z.string() })),
  next: z.string().optional(),
});
type Entry = { readonly seq: number; readonly type: string };
const verdictShape = z.looseObject({
  intact: z.boolean(),
  touched: z.object({ seq: z.number(), reason: z.string() }).optional(),
  journal: z.array(z.looseObject({ type: z.string() })),
});

describe('dossier and audit', function () {
  this.timeout(120_000);
  let house: ReissueHouse;
  let seen: Seen;
  before(async () => {
    house = await openReissueHouse();
    seen = await refused();
  });
  after(() => house.stop());

  async function refused(): Promise<Seen> {
    const { number } = await house.sold(ZHANG);
    const applied = seenOf(await house.apply({ ticket: { number }, proof: { document }, note: '丢在山顶的长椅上' }));
    // Of one person, the later ones are suspended: whoever sits highest may still refuse.
    await eventually('on a desk', async () => {
      const { status } = await house.look(applied);
      return ['deciding', 'reviewing', 'risk_check'].includes(status);
    });
    await house.review(applied.id, house.keys.manager, {
      action: 'decide',
      verdict: 'refuse',
      reason: '照片与本人不符',
    });
    return { ...(await house.becomes(applied, 'refused')), accessToken: applied.accessToken };
  }
  const pathOf = (id: string, more: string): string => `/api/v1/reissue-applications/${id}/${more}`;
  async function pdf(id: string, apiKey: string, purpose?: string): Promise<{ status: number; text: string }> {
    const answer =
      purpose === undefined
        ? await fetch(house.url(pathOf(id, 'dossier.pdf')), { headers: credentialsOf(apiKey) })
        : await fetch(house.url(pathOf(id, 'dossier')), {
            method: 'POST',
            headers: { ...credentialsOf(apiKey), 'idempotency-key': freshKey(), 'content-type': 'application/json' },
            body: JSON.stringify({ purpose }),
          });
    if (answer.headers.get('content-type') !== 'application/pdf') return { status: answer.status, text: '' };
    const { text } = await extractText(await getDocumentProxy(new Uint8Array(await answer.arrayBuffer())));
    return { status: answer.status, text: text.join('').replaceAll(/\s+/g, '') };
  }
  async function tamper(
    id: string,
    change: (journal: readonly Entry[]) => Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { uri, name } = house.database;
    const connection = await mongoose.createConnection(uri, { dbName: name }).asPromise();
    const cases = connection.collection<{ _id: string; journal: Entry[] }>('applications');
    const found = await cases.findOne({ _id: id });
    await cases.updateOne({ _id: id }, { $set: change(found?.journal ?? []) });
    await connection.close();
  }
  const journalsOf = (more: string, apiKey = house.keys.auditor) =>
    house.call(`/api/v1/operations/reissue/journals/applications${more}`, { apiKey });

  it('the auditor has it masked; nobody else without the right, not even the applicant', async () => {
    const { status, text } = await pdf(seen.id, house.keys.auditor);
    expect(status).to.equal(200);
    expect(text).to.contain('1101**********002X').and.to.contain('日志完整');
    for (const written of [ZHANG.idNumber, '长椅', '照片与本人不符']) expect(text).not.to.contain(written);
    expect((await pdf(seen.id, house.keys.operator)).status).to.equal(403);
    expect((await house.call(pathOf(seen.id, 'dossier.pdf'), { token: seen.accessToken })).status).to.equal(403);
    expect((await pdf('rei_nobody0000000000', house.keys.auditor)).status).to.equal(404);
  });

  it('PLA-21 in plain it is for a purpose, and on record before anybody has it', async () => {
    expect((await pdf(seen.id, house.keys.auditor, '年度抽查')).status).to.equal(403);
    expect((await pdf(seen.id, house.keys.reviewer, '')).status).to.equal(400);
    const { status, text } = await pdf(seen.id, house.keys.reviewer, '核对投诉');
    expect(status).to.equal(200);
    expect(text).to.contain(ZHANG.idNumber).and.to.contain('丢在山顶的长椅上').and.to.contain('查看个人信息原文');
    expect(text).to.contain('照片与本人不符');
    const { journal } = verdictShape.parse((await journalsOf(`/${seen.id}`)).body);
    expect(journal.at(-1)).to.include({ type: 'DataRevealed' });
  });

  it('PLA-20 an entry that was changed in the database is named, to the auditor, in the dossier, and past the service', async () => {
    const [whole, touched] = [await refused(), await refused()];
    expect(pageShape.parse((await journalsOf('')).body)).to.include({ intact: true });
    await tamper(touched.id, (journal) => {
      const at = journal.findIndex(({ type }) => type === 'CaseRefused');
      return { [`journal.${at}.data.refusal.words`]: '理由充分' };
    });
    const verdict = verdictShape.parse((await journalsOf(`/${touched.id}`)).body);
    const seq = verdict.journal.findIndex(({ type }) => type === 'CaseRefused') + 1;
    expect(verdict).to.deep.include({ intact: false, touched: { seq, reason: 'changed' } });
    const all = pageShape.parse((await journalsOf('')).body);
    expect(all.touched.map(({ id, seq: entry, reason }) => [id, entry, reason])).to.deep.equal([
      [touched.id, seq, 'changed'],
    ]);
    expect((await pdf(touched.id, house.keys.auditor)).text).to.contain(`日志第${seq}条被改动`);
    expect((await pdf(whole.id, house.keys.auditor)).text).to.contain('日志完整');
    const { uri, name } = house.database;
    const past = await auditDatabase(uri, name);
    expect(past.flatMap((one) => one.touched.map(({ id, seq: entry }) => [one.collection, id, entry]))).to.deep.equal([
      ['applications', touched.id, seq],
    ]);
    expect((await auditDatabase(uri, name, whole.id)).map(({ records }) => records)).to.deep.equal([1]);
  });

  it('PLA-20 an entry that cannot be read any more is named all the same', async () => {
    const broken = await refused();
    await tamper(broken.id, () => ({ 'journal.1': 'nothing to see here' }));
    const verdict = verdictShape.parse((await journalsOf(`/${broken.id}`)).body);
    expect(verdict).to.deep.include({ intact: false, touched: { seq: 2, reason: 'changed' }, journal: [] });
    expect((await pdf(broken.id, house.keys.auditor)).text).to.contain('日志第2条被改动');
  });

  it('PLA-20 pages of an audit hang together, and are the auditor’s', async () => {
    const ids = new Set<string>();
    let records = 0;
    let after: string | undefined;
    do {
      const page = pageShape.parse((await journalsOf(`?limit=2${after === undefined ? '' : `&after=${after}`}`)).body);
      records += page.records;
      if (page.next !== undefined) ids.add(page.next);
      after = page.next;
    } while (after !== undefined);
    const whole = pageShape.parse((await journalsOf('')).body);
    expect(records).to.equal(whole.records);
    expect(ids.size).to.equal(Math.floor(records / 2));
    expect((await journalsOf('', house.keys.operator)).status).to.equal(403);
    expect(
      (await house.call('/api/v1/operations/reissue/journals/nothings', { apiKey: house.keys.auditor })).status,
    ).to.equal(404);
  });
});
