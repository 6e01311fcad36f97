// PLA-10, PLA-12 on real servers: what staff write of a call, ask for or refuse with may name anybody. It lies and travels sealed, and is read
// by staff of the case, by the applicant where it is for them, and in the plain dossier.
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import mongoose from 'mongoose';
import { openReissueHouse, seenOf, type ReissueHouse } from './reissue-house.fixture.ts';

const PATH = '/api/v1/reissue-applications';
const NOTE = '回拨 138 0013 8000，张伟本人确认';
const WANTED = '请张伟出示工作证';
const REFUSED = '张伟不是购票人';
const HANDED_UP = '张伟的情况拿不准';
const APPROVED = '已向张伟核实';

describe('PLA-12 what staff write', function () {
  this.timeout(60_000);
  let house: ReissueHouse;
  before(async () => {
    house = await openReissueHouse();
  });
  after(() => house.stop());

  async function onDesk() {
    const ticket = await house.sold(undefined, 12_000, { userId: 'usr_buyer00000003' });
    const token = house.tokenOf('usr_buyer00000003');
    const seen = seenOf(await house.apply({ ticket: { number: ticket.number }, reason: 'damaged' }, { token }));
    await eventually('on a desk', async () => {
      const { status } = await house.look(seen);
      return ['deciding', 'reviewing', 'risk_check'].includes(status);
    });
    return seen;
  }

  it('is sealed in the case and on the bus, and read by whom it is for', async () => {
    const seen = await onDesk();
    const review = (json: Readonly<Record<string, unknown>>) => house.review(seen.id, house.keys.manager, json);
    const look = (ask: Readonly<Record<string, string>>) => house.call(`${PATH}/${seen.id}`, ask);
    expect((await review({ action: 'phone-confirmation', note: NOTE })).text).to.include(NOTE);
    expect((await review({ action: 'ask-material', what: WANTED })).status).to.equal(200);
    const asked = await look({ token: seen.accessToken });
    expect(asked.body).to.have.nested.property('material.what', WANTED);
    expect(asked.text).not.to.include(NOTE);
    await house.step(seen, 'material', { words: '见附件' });
    const refused = await review({ action: 'decide', verdict: 'refuse', reason: REFUSED });
    expect(refused.body).to.have.nested.property('refusal.words', REFUSED);
    expect((await look({ token: seen.accessToken })).body).to.have.nested.property('refusal.words', REFUSED);
    expect((await look({ apiKey: house.keys.reviewer })).body).to.have.nested.property('staff.calls[0].note', NOTE);
    const list = await house.call(PATH, { apiKey: house.keys.reviewer });
    const told = await eventually('both are told', () => {
      const data = house.said.map((one) => JSON.stringify(one.data)).filter((text) => text.includes(seen.id));
      return (
        data.some((text) => text.includes('sealedWords')) && data.some((text) => text.includes('sealedWanted')) && data
      );
    });
    const stored = await house.stored('applications', { _id: seen.id });
    for (const [where, text] of [
      ['stored', stored],
      ['on the bus', told.join()],
      ['in the list', list.text],
    ] as const)
      for (const words of [NOTE, WANTED, REFUSED]) expect(text, where).not.to.include(words);
  });

  it('in a recommendation or an approval is sealed as well, and read by staff', async () => {
    const seen = await onDesk();
    const act = (json: Readonly<Record<string, unknown>>) => house.review(seen.id, house.keys.manager, json);
    const passed = await act({ action: 'escalate', to: 'manager', verdict: 'approve', reason: HANDED_UP });
    expect(passed.body).to.have.nested.property('staff.recommendation.reason', HANDED_UP);
    await act({ action: 'clear-risk', reason: HANDED_UP });
    const decided = await house.review(seen.id, house.keys.secondManager, {
      ...{ action: 'decide', verdict: 'approve', reason: APPROVED },
    });
    expect(decided.body).to.have.nested.property('staff.decision.reason', APPROVED);
    const stored = await house.stored('applications', { _id: seen.id });
    for (const words of [HANDED_UP, APPROVED]) expect(stored).not.to.include(words);
  });

  it('of an older case is text, and stays readable', async () => {
    const seen = await onDesk();
    await house.review(seen.id, house.keys.manager, { action: 'phone-confirmation', note: NOTE });
    const { uri, name } = house.database;
    const connection = await mongoose.createConnection(uri, { dbName: name }).asPromise();
    const cases = connection.collection<{ _id: string }>('applications');
    await cases.updateOne({ _id: seen.id }, { $set: { 'state.calls.0.note': '旧记录' } });
    await connection.close();
    const { body } = await house.call(`${PATH}/${seen.id}`, { apiKey: house.keys.reviewer });
    expect(body).to.have.nested.property('staff.calls[0].note', '旧记录');
  });
});
