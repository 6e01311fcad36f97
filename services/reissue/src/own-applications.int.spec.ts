// PLA-12 on real servers: a signed-in applicant takes a copy of their applications, and has those erased that came to nothing.
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { SAMPLES } from './attachment/sample-files.fixture.ts';
import { openReissueHouse, seenOf, ZHANG, type ReissueHouse } from './reissue-house.fixture.ts';

const PATH = '/api/v1/own-reissue-applications';
const CASES = '/api/v1/reissue-applications';
const answerShape = z.looseObject({
  done: z.boolean(),
  items: z.array(z.looseObject({ id: z.string(), outcome: z.string(), why: z.string().optional() })),
});

describe('own applications', function () {
  this.timeout(60_000);
  let house: ReissueHouse;
  before(async () => {
    house = await openReissueHouse({ eraseEveryMs: 200 });
  });
  after(() => house.stop());

  it('PLA-12 a copy in plain; what was withdrawn goes with its files, what is open stays and says so; nobody else’s is touched', async () => {
    const [userId, otherId] = ['usr_zhang000000000000', 'usr_li00000000000000'];
    const [token, other] = [house.tokenOf(userId), house.tokenOf(otherId)];
    const applied = async (as: string, by: string) => {
      const { number } = await house.sold(ZHANG, 12_000, { userId: by });
      const { id } = seenOf(await house.apply({ ticket: { number }, note: '在出口处丢失' }, { token: as }));
      const file = { token: as, bytes: SAMPLES['image/jpeg'] };
      const added = await house.call(`${CASES}/${id}/attachments?about=ticket`, file);
      expect(added.status, added.text).to.equal(201);
      return id;
    };
    const [dropped, open, others] = [
      await applied(token, userId),
      await applied(token, userId),
      await applied(other, otherId),
    ];
    const copy = await house.call(PATH, { token });
    expect(copy.status, copy.text).to.equal(200);
    for (const plain of [dropped, open, '张三', ZHANG.idNumber, '在出口处丢失', 'image/jpeg'])
      expect(copy.text).to.include(plain);
    expect(copy.text).not.to.include(others);

    await eventually('it is withdrawn', async () => {
      const reply = await house.call(`${CASES}/${dropped}/withdrawal`, { token, json: {} });
      return reply.status === 200 || Promise.reject(new Error(reply.text));
    });
    const key = 'an-erasure-that-is-asked-for-twice';
    const answer = await eventually('it is erased', async () => {
      const reply = await house.call(`${PATH}/erasures`, { token, json: {}, key });
      const said = answerShape.parse(reply.body);
      return said.done ? said : undefined;
    });
    expect(answer.items.find(({ id }) => id === dropped)).to.deep.include({ outcome: 'erased' });
    expect(answer.items.find(({ id }) => id === open)).to.deep.include({ outcome: 'kept', why: 'not-over' });
    expect(answer.items.map(({ id }) => id)).not.to.include(others);
    const stored = await house.stored('applications', { _id: dropped });
    expect(stored).not.to.include('wrapped').and.not.to.include(userId).and.not.to.include('masked":"张');
    expect(await house.stored('attachment_pieces', { applicationId: dropped })).to.equal('[]');
    expect(await house.stored('applications', { _id: others })).to.include('wrapped');
    const journal = await house.call(`/api/v1/operations/reissue/journals/applications/${dropped}`, {
      apiKey: house.keys.auditor,
    });
    expect(journal.text).to.include('"intact":true').and.to.include('PersonalDataErased');
    const trail = await house.call('/api/v1/operations/reissue/audit-trail?what=erased', {
      apiKey: house.keys.auditor,
    });
    expect(trail.text).to.include(dropped).and.to.include('by its owner');
  });
});
