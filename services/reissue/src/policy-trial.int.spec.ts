// Other rules on past cases, on real servers: what differs is said, and nothing is changed by asking.
import { expect } from 'chai';
import { z } from 'zod';
import { codeOf, openReissueHouse, seenOf, type ReissueHouse } from './reissue-house.fixture.ts';

const trialShape = z.object({
  cases: z.number(),
  different: z.number(),
  complete: z.boolean(),
  fees: z.object({ before: z.number(), after: z.number(), raised: z.number(), lowered: z.number() }),
  items: z.array(z.object({ id: z.string(), differs: z.array(z.string()), would: z.object({ fee: z.number() }) })),
});
const day = (inDays: number): string => new Date(Date.now() + inDays * 86_400_000).toISOString().slice(0, 10);

describe('trials of a policy', function () {
  this.timeout(120_000);
  let house: ReissueHouse;
  before(async () => {
    house = await openReissueHouse();
  });
  after(() => house.stop());

  it('REI-54 a fee that is not charged yet: so many cases, so much money; the policy and the case stay', async () => {
    const traveller = { name: '赵六', idType: 'passport', idNumber: 'E11111112' } as const;
    const ticket = await house.sold(traveller);
    const proof = { document: { idType: traveller.idType, idNumber: traveller.idNumber } };
    const seen = seenOf(await house.apply({ ticket: { number: ticket.number }, proof }));
    await house.becomes(seen, 'deciding');
    const policy = await house.call('/api/v1/reissue-policy', { apiKey: house.keys.manager });
    const { version: _version, ...rules } = policy.body as Record<string, unknown>;
    const draft = { ...rules, fees: [{ kind: 'replacement', amount: 300 }] };
    const ask = (json: unknown, apiKey = house.keys.manager) =>
      house.call('/api/v1/reissue-policy/trials', { apiKey, json });
    const reply = await ask({ rules: draft, from: day(-1), to: day(1) });
    expect(reply.status, reply.text).to.equal(200);
    const trial = trialShape.parse(reply.body);
    expect(trial).to.deep.include({
      cases: 1,
      different: 1,
      complete: true,
      fees: { before: 0, after: 300, raised: 1, lowered: 0 },
    });
    expect(trial.items[0]).to.deep.include({ id: seen.id, differs: ['fee'] });
    expect(reply.text).not.to.include('sealed').and.not.to.include('赵');
    expect(trialShape.parse((await ask({ rules, from: day(-1), to: day(1) })).body)).to.include({ different: 0 });
    expect(trialShape.parse((await ask({ rules: draft, from: day(-9), to: day(-8) })).body)).to.include({ cases: 0 });
    expect((await house.call('/api/v1/reissue-policy', { apiKey: house.keys.manager })).etag).to.equal(policy.etag);
    expect(codeOf(await ask({ rules: draft, from: day(1), to: day(-1) }))).to.equal('reissue.period-invalid');
    expect((await ask({ rules: draft, from: day(-1), to: day(1) }, house.keys.operator)).status).to.equal(403);
  });

  it('REI-54 the rules of today come out as they did, for what staff have entered as well', async () => {
    const policy = await house.call('/api/v1/reissue-policy', { apiKey: house.keys.manager });
    const { version: _version, ...rules } = policy.body as Record<string, unknown>;
    const charged = { ...rules, fees: [{ kind: 'replacement', amount: 300 }] };
    const changed = await house.call('/api/v1/reissue-policy', {
      ...{ method: 'PUT', ifMatch: policy.etag, apiKey: house.keys.manager },
      json: { rules: charged, reason: '收取工本费' },
    });
    expect(changed.status, changed.text).to.equal(200);
    const before = new Date().toISOString();
    const entered = async (idNumber: string, ask = {}): Promise<void> => {
      const ticket = await house.sold({ name: '赵六', idType: 'passport', idNumber });
      const proof = { document: { idType: 'passport', idNumber } };
      const json = { ticket: { number: ticket.number }, reason: 'not-received', proof };
      const seen = seenOf(await house.apply(json, ask));
      await house.becomes(seen, 'deciding');
    };
    await entered('E11111113', { apiKey: house.keys.operator });
    await entered('E11111114');
    // Those of the other spec were judged when nothing was charged.
    const reply = await house.call('/api/v1/reissue-policy/trials', {
      apiKey: house.keys.manager,
      json: { rules: charged, from: day(-1), to: day(1), after: `${before}~rei_0000000000` },
    });
    const trial = trialShape.parse(reply.body);
    expect(trial).to.deep.include({
      cases: 2,
      different: 0,
      fees: { before: 300, after: 300, raised: 0, lowered: 0 },
    });
  });
});
