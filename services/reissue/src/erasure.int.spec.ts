// PLA-12: years after, nothing that this service keeps leads to somebody: every collection of its database is walked, whatever it is for.
import { eventually, stillWritten, whatLeadsToSomebody } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { SAMPLES } from './attachment/sample-files.fixture.ts';
import { batchOf, listsIn, PATIENT, why } from './batch/lists.fixture.ts';
import { codeOf, openReissueHouse, seenOf, ZHANG, type ReissueHouse } from './reissue-house.fixture.ts';

const PATH = '/api/v1/reissue-applications';
const YEAR = 365.25 * 24 * 3_600_000;

describe('erasure', function () {
  this.timeout(180_000);
  let house: ReissueHouse;
  let ahead = 0;
  before(async () => {
    house = await openReissueHouse({ clock: () => new Date(Date.now() + ahead), eraseEveryMs: 200 });
  });
  after(() => house.stop());
  const lists = listsIn(() => house);

  it('PLA-12 REI-50 a corrected ticket, a file, a list: after the years there is no value, no index, no shown part and no key of anybody', async () => {
    const user = { userId: 'usr_0a7f3k9q2m5x8c4v6b1n', accessHash: 'hash-of-the-order' };
    const { number, rightId } = await house.sold(ZHANG, 12_000, user);
    const submitted = await house.apply(
      {
        ticket: { number },
        kind: 'correction',
        reason: 'wrong-data',
        correction: { name: '张三丰' },
        note: '名字少一字',
      },
      { device: 'phone-of-zhang' },
    );
    const seen = seenOf(submitted);
    const file = { token: seen.accessToken, bytes: SAMPLES['image/jpeg'] };
    const added = await house.call(`${PATH}/${seen.id}/attachments?about=identity`, file);
    expect(added.status, added.text).to.equal(201);
    const proven = await house.step(seen, 'verification', {
      document: { idType: ZHANG.idType, idNumber: ZHANG.idNumber },
    });
    expect(proven.status, proven.text).to.equal(200);
    const decided = await eventually(
      'it can be decided',
      async () => {
        const json = { action: 'decide', verdict: 'approve', reason: '证件相符', ourFault: true };
        const reply = await house.review(seen.id, house.keys.manager, json);
        if (reply.status === 200) return reply;
        const cleared = await house.review(seen.id, house.keys.reviewer, { action: 'clear-risk', reason: '已核实' });
        throw new Error(`${reply.text} ${cleared.text}`);
      },
      PATIENT,
    );
    expect(decided.status, decided.text).to.equal(200);
    await house.becomes(seen, 'reissued');
    const [listed] = await lists.tickets(1, ZHANG);
    const entered = await lists.enter([], {
      json: { ...why, lines: [{ number: listed?.number, correction: { name: '张三', idNumber: ZHANG.idNumber } }] },
    });
    const { id: batchId } = batchOf(entered);
    await lists.approve(batchId);
    await lists.becomes(batchId, 'done');

    const before = await whatLeadsToSomebody(house.database);
    const kinds = [...before.values()].map((where) => where.replace(/\.\d+/g, '')).join('\n');
    for (const where of [
      ...['tickets.corrected.key.wrapped', 'tickets.sold.userId', 'tickets.sold.contact.phone.index'],
      ...['applications.key.wrapped', 'applications.state.personIndex', 'applications.journal.data.facts.contact'],
      ...['applications.journal.address', 'batch_lines.correction.name', 'batches.key.wrapped'],
    ])
      expect(kinds).to.include(where);
    // The copy of the ticket does not live from the key of the case.
    const keysOf = async (collection: string): Promise<readonly string[]> =>
      (await house.stored(collection, {})).match(/"wrapped":"[^"]+"/g) ?? [];
    const ofCases = new Set(await keysOf('applications'));
    expect((await keysOf('tickets')).filter((key) => ofCases.has(key))).to.deep.equal([]);

    ahead = 3.5 * YEAR;
    await eventually(
      'who had the tickets is gone from their copies, and from nothing else',
      async () => !(await house.stored('tickets', {})).includes('"wrapped"'),
      PATIENT,
    );
    expect(await house.stored('applications', { _id: seen.id })).to.include('"wrapped"');

    ahead = 5.5 * YEAR;
    await eventually(
      'nothing leads to anybody',
      async () => {
        const left = await stillWritten(house.database, before);
        return left.length === 0 || Promise.reject(new Error(left.slice(0, 20).join('\n')));
      },
      PATIENT,
    );
    expect([...(await whatLeadsToSomebody(house.database)).values()]).to.deep.equal([]);

    const staff = (path: string) => house.call(path, { apiKey: house.keys.auditor });
    for (const collection of ['applications', 'batches', 'policies']) {
      const audited = await staff(`/api/v1/operations/reissue/journals/${collection}`);
      expect(audited.text, collection).to.include('"intact":true');
    }
    const journal = await staff(`/api/v1/operations/reissue/journals/applications/${seen.id}`);
    expect(journal.text)
      .to.include('PersonalDataErased')
      .and.to.include('CaseReissued')
      .and.to.include('"intact":true');
    expect((await staff(`${PATH}/${seen.id}/dossier.pdf`)).status).to.equal(200);
    const view = await house.call(`${PATH}/${seen.id}`, { apiKey: house.keys.reviewer });
    expect(view.status, view.text).to.equal(200);
    expect(z.looseObject({ status: z.string() }).parse(view.body).status).to.equal('reissued');
    const [line] = await lists.linesOf(batchId);
    expect(line).to.include({ outcome: 'reissued', corrected: true });
    const again = await house.call(PATH, { json: { kind: 'replacement', reason: 'lost', ticket: { number } } });
    expect(codeOf(again)).to.equal('reissue.ticket-not-found');
    expect(await house.stored('tickets', { _id: rightId })).to.include('"amount":12000');
  });
});
