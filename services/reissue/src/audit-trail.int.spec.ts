// PLA-21 on real servers: who has seen what, taken away what, and was refused what is on record, and an auditor finds it.
import mongoose from 'mongoose';
import { expect } from 'chai';
import { z } from 'zod';
import { SAMPLES } from './attachment/sample-files.fixture.ts';
import { openReissueHouse, seenOf, ZHANG, type Reply, type ReissueHouse, type Seen } from './reissue-house.fixture.ts';

const PATH = '/api/v1/reissue-applications';
const TRAIL = '/api/v1/operations/reissue/audit-trail';
const entry = z.object({
  id: z.string(),
  by: z.string(),
  channel: z.string(),
  what: z.string(),
  subject: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
  request: z.string(),
  intact: z.boolean(),
});
type Entry = z.output<typeof entry>;
const page = z.object({ items: z.array(entry), next: z.string().optional() });
const day = (inDays: number): string => new Date(Date.now() + inDays * 86_400_000).toISOString().slice(0, 10);
const inSpring = 'from=2025-03-01&to=2025-03-31';

describe('audit trail', function () {
  this.timeout(120_000);
  let house: ReissueHouse;
  let seen: Seen;
  before(async () => {
    house = await openReissueHouse();
    const { number } = await house.sold(ZHANG);
    seen = seenOf(await house.apply({ ticket: { number } }));
  });
  after(() => house.stop());

  const get = (path: string, apiKey: string): Promise<Reply> => house.call(path, { apiKey });
  async function trailed(query: string, apiKey = house.keys.auditor): Promise<z.output<typeof page>> {
    const reply = await get(`${TRAIL}?${query}`, apiKey);
    expect(reply.status, reply.text).to.equal(200);
    return page.parse(reply.body);
  }
  const brief = ({ what, subject, detail }: Entry): unknown[] => [what, subject, detail];

  it('PLA-21 what staff look at and take away is on record, newest first; what applicants see of their own is not', async () => {
    const purpose = '电话核实本人身份';
    const { auditor, manager, reviewer } = house.keys;
    const attached = await house.call(`${PATH}/${seen.id}/attachments?about=ticket`, {
      token: seen.accessToken,
      bytes: SAMPLES['image/png'],
    });
    expect(attached.status, attached.text).to.equal(201);
    const { id: attachment } = z.looseObject({ id: z.string() }).parse(attached.body);
    for (const path of [`${PATH}/${seen.id}`, `${PATH}/${seen.id}/attachments/${attachment}`])
      expect((await house.call(path, { token: seen.accessToken })).status).to.equal(200);
    expect((await trailed(`subject=${seen.id}`)).items).to.deep.equal([]);

    expect((await get(`${PATH}/${seen.id}/attachments/${attachment}`, reviewer)).status).to.equal(200);
    const reveal = { apiKey: reviewer, json: { purpose } };
    expect((await house.call(`${PATH}/${seen.id}/reveal`, reveal)).status).to.equal(200);
    expect((await get(`${PATH}/${seen.id}/dossier.pdf`, auditor)).status).to.equal(200);
    expect((await house.call(`${PATH}/${seen.id}/dossier`, reveal)).status).to.equal(200);
    const { items } = await trailed(`subject=${seen.id}`);
    expect(items.map(brief)).to.deep.equal([
      ['export', seen.id, { document: 'dossier', data: 'plain', purpose }],
      ['export', seen.id, { document: 'dossier', data: 'masked' }],
      ['reveal', seen.id, { purpose }],
      ['reveal', seen.id, { attachment }],
    ]);
    expect(items.map(({ by }) => by)).to.deep.equal(['usr_reviewer', 'usr_auditor', 'usr_reviewer', 'usr_reviewer']);
    expect(items.every(({ intact, request, channel }) => intact && request !== '' && channel === 'counter')).to.equal(
      true,
    );

    for (const format of ['json', 'xlsx'])
      expect((await get(`/api/v1/reissue-analysis?${inSpring}&format=${format}`, manager)).status).to.equal(200);
    const policy = await get('/api/v1/reissue-policy', manager);
    const { version: _version, ...rules } = z.looseObject({}).parse(policy.body);
    const trial = { apiKey: manager, json: { rules, from: day(-1), to: day(0) } };
    expect((await house.call('/api/v1/reissue-policy/trials', trial)).status).to.equal(200);
    const taken = await trailed('by=usr_manager&what=export');
    expect(taken.items.map(({ subject, detail }) => [subject, detail['format']])).to.deep.equal([
      ['reissue-policy-trial', undefined],
      ['reissue-analysis', 'xlsx'],
      ['reissue-analysis', 'json'],
    ]);
    expect((await trailed(`by=usr_manager&before=2025-01-01T00:00:00Z`)).items).to.deep.equal([]);
    expect((await trailed(`by=usr_manager&from=2025-01-01T00:00:00Z`)).items).to.have.length(3);
    expect((await get(`${PATH}?phone=13800000000`, reviewer)).status).to.equal(200);
    const [looked] = (await trailed('by=usr_reviewer&what=read')).items;
    expect(looked?.subject).to.match(/^phone:[\w-]{20,}$/);
    const stored = await house.stored('audit_trail', {});
    for (const personal of [ZHANG.name, ZHANG.idNumber, '13800000000']) expect(stored).not.to.include(personal);
  });

  it('PLA-21 whoever is known and meets a 404 leaves an entry in their own tenant; who guesses much leaves no more', async () => {
    const { clerk, stranger } = house.keys;
    const own = { token: seen.accessToken };
    for (const path of ['', '/attachments', '/attachments/att_0a5d8k2m7q9x3c6v1b4n'])
      expect((await get(`${PATH}/${seen.id}${path}`, clerk)).status).to.equal(404);
    expect((await get(`${PATH}/${seen.id}`, stranger)).status).to.equal(404);
    expect((await house.call(`${PATH}/rei_0a5d8k2m7q9x3c6v1b4n`, own)).status).to.equal(404);
    expect((await house.call(`${PATH}/${seen.id}`)).status).to.equal(401);
    const { items } = await trailed(`subject=${seen.id}&what=refused`);
    expect(items.map(({ by, detail }) => [by, detail['path']])).to.deep.equal([
      ['usr_clerk', `${PATH}/${seen.id}/attachments/att_0a5d8k2m7q9x3c6v1b4n`],
      ['usr_clerk', `${PATH}/${seen.id}/attachments`],
      ['usr_clerk', `${PATH}/${seen.id}`],
    ]);
    expect((await trailed('what=refused&subject=rei_0a5d8k2m7q9x3c6v1b4n')).items).to.have.length(1);
    // Theirs is another tenant, whose auditors have it; ours do not see it.
    expect((await trailed('by=usr_stranger')).items).to.deep.equal([]);
    expect(await house.stored('audit_trail', { by: 'usr_stranger' })).to.include('"what":"refused"');
    for (let guess = 0; guess < 30; guess += 1)
      await get(`${PATH}/rei_0a5d8k2m7q9x3c6v1b4n`, house.keys.secondOperator);
    expect((await trailed('by=usr_operator2')).items.length).to.be.within(20, 40);
  });

  it('PLA-21 pages follow each other; an entry that was changed is told; nobody but auditors reads it', async () => {
    const { uri, name } = house.database;
    const connection = await mongoose.createConnection(uri, { dbName: name }).asPromise();
    try {
      const entries = connection.collection('audit_trail');
      const [any] = await entries.find({ by: 'usr_manager' }).limit(1).toArray();
      if (any === undefined) throw new Error('there is no entry');
      const copies = Array.from({ length: 120 }, (_, index) => ({
        ...any,
        _id: `aud_copy${String(index).padStart(8, '0')}`,
        by: 'key_copied',
      }));
      await entries.insertMany(copies as unknown as Parameters<typeof entries.insertMany>[0]);
    } finally {
      await connection.close();
    }
    const first = await trailed('by=key_copied');
    expect(first.items).to.have.length(100);
    expect(first.items.some(({ intact }) => intact)).to.equal(false);
    const second = await trailed(`by=key_copied&cursor=${first.next ?? ''}`);
    expect(second.items).to.have.length(20);
    expect(second.next).to.equal(undefined);
    expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).to.equal(120);
    expect((await get(`${TRAIL}?cursor=nonsense`, house.keys.auditor)).status).to.equal(400);
    expect((await get(TRAIL, house.keys.manager)).status).to.equal(403);
  });
});
