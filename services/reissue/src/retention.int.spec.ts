// REI-50 on real servers with a clock that is moved by years: what is kept no longer is gone, and what happened can still be proven.
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { SAMPLES } from './attachment/sample-files.fixture.ts';
import { codeOf, openReissueHouse, seenOf, ZHANG, type ReissueHouse, type Seen } from './reissue-house.fixture.ts';

const PATH = '/api/v1/reissue-applications';
const YEAR = 365.25 * 24 * 3_600_000;
/** The machine may be slow. */
const PATIENCE = { withinMs: 30_000 };
const status = z.looseObject({ status: z.string() });

describe('retention', function () {
  this.timeout(120_000);
  let house: ReissueHouse;
  let ahead = 0;
  before(async () => {
    house = await openReissueHouse({ clock: () => new Date(Date.now() + ahead), eraseEveryMs: 100 });
  });
  after(() => house.stop());

  /** Not proven to be theirs yet, with a photo. */
  async function opened(): Promise<Seen & { readonly file: string }> {
    const { number } = await house.sold(ZHANG);
    const seen = seenOf(await house.apply({ ticket: { number } }));
    const file = { token: seen.accessToken, bytes: SAMPLES['image/jpeg'] };
    const added = await house.call(`${PATH}/${seen.id}/attachments?about=ticket`, file);
    expect(added.status, added.text).to.equal(201);
    return { ...seen, file: z.looseObject({ id: z.string() }).parse(added.body).id };
  }
  const staff = (path: string, apiKey = house.keys.reviewer) => house.call(path, { apiKey });
  const stored = async (collection: string, filter: Readonly<Record<string, unknown>>): Promise<string> =>
    house.stored(collection, filter);

  it('PLA-12 what staff have written of a case goes with it; the case can be looked at, and its journal is whole', async () => {
    const userId = 'usr_buyer00000004';
    const { number } = await house.sold(undefined, 12_000, { userId });
    const applied = await house.apply({ ticket: { number }, reason: 'damaged' }, { token: house.tokenOf(userId) });
    const { id } = await house.becomes(seenOf(applied), 'deciding');
    await house.review(id, house.keys.manager, { action: 'phone-confirmation', note: '张伟本人确认' });
    await house.review(id, house.keys.manager, { action: 'decide', verdict: 'refuse', reason: '张伟不是购票人' });
    const [before, then] = [await stored('applications', { _id: id }), ahead];
    const sealedIn = (text: string): readonly string[] =>
      [...text.matchAll(/"sealed":"([^"]+)"/g)].map(([, it]) => it ?? '');
    ahead = then + 5.01 * YEAR;
    const after = await eventually(
      'it is erased',
      async () => {
        const found = await stored('applications', { _id: id });
        return !found.includes('"wrapped":') && found;
      },
      PATIENCE,
    );
    for (const sealed of sealedIn(before)) expect(after).not.to.include(sealed);
    expect(sealedIn(before).length).to.be.greaterThan(3);
    const seen = await staff(`${PATH}/${id}`);
    expect(seen.body).to.have.nested.property('refusal.reason', 'reissue.decided-against');
    const checked = await staff(`/api/v1/operations/reissue/journals/applications/${id}`, house.keys.auditor);
    expect(checked.text).to.include('"intact":true').and.to.include('PhoneConfirmed');
    ahead = then;
  });

  it('REI-50 PLA-12 five years after its end a case loses its files and its data key, and keeps its journal; a younger one keeps all', async () => {
    const [old, young] = [await opened(), await opened()];
    expect((await house.step(old, 'withdrawal')).status).to.equal(200);
    ahead = 3 * YEAR;
    await eventually(
      'the time to prove it has passed',
      async () => status.parse((await staff(`${PATH}/${young.id}`)).body).status === 'closed',
      PATIENCE,
    );
    expect(await stored('applications', { _id: old.id })).to.include('"wrapped":');

    ahead = 5.01 * YEAR;
    await eventually(
      'the key is forgotten',
      async () => !(await stored('applications', { _id: old.id })).includes('"wrapped":'),
      PATIENCE,
    );
    expect(await stored('attachment_pieces', { applicationId: old.id })).to.equal('[]');
    expect(codeOf(await staff(`${PATH}/${old.id}/attachments/${old.file}`))).to.equal('platform.erased');
    const reveal = { apiKey: house.keys.reviewer, json: { purpose: '多年后核实' } };
    expect(codeOf(await house.call(`${PATH}/${old.id}/reveal`, reveal))).to.equal('platform.erased');
    const journals = '/api/v1/operations/reissue/journals/applications';
    const checked = await staff(`${journals}/${old.id}`, house.keys.auditor);
    expect(checked.text).to.include('"intact":true').and.to.include('CaseWithdrawn');
    expect((await staff(`${PATH}/${old.id}/dossier.pdf`, house.keys.auditor)).status).to.equal(200);
    const trail = await staff(`/api/v1/operations/reissue/audit-trail?what=erased`, house.keys.auditor);
    expect(trail.text).to.include(old.id).and.to.include('"years":5').and.not.to.include(young.id);

    expect(await stored('applications', { _id: young.id })).to.include('"wrapped":');
    expect((await staff(`${PATH}/${young.id}/attachments/${young.file}`)).status).to.equal(200);
  });

  it('REI-50 the years are the tenant’s', async () => {
    const { body, etag } = await staff('/api/v1/reissue-policy', house.keys.manager);
    const { version: _version, ...rules } = z.looseObject({}).parse(body);
    const put = (retentionYears: number) =>
      house.call('/api/v1/reissue-policy', {
        ...{ method: 'PUT', ifMatch: etag, apiKey: house.keys.manager },
        json: { rules: { ...rules, retentionYears }, reason: '缩短保存期' },
      });
    expect((await put(0)).status).to.equal(400);
    expect((await put(2)).status).to.equal(200);
    await eventually(
      'the younger one too',
      async () => !(await stored('applications', {})).includes('"wrapped":'),
      PATIENCE,
    );
  });
});
