// The figures of reissuing on real servers: what happened is counted where it belongs, for the tenant that it belongs to, in both forms.
import { expect } from 'chai';
import { z } from 'zod';
import { analysisView } from './analysis/analysis.ts';
import { codeOf, openReissueHouse, seenOf, type ReissueHouse, type Seen } from './reissue-house.fixture.ts';

const approve = { action: 'decide', verdict: 'approve', reason: '核对无误' };
const refuse = { action: 'decide', verdict: 'refuse', reason: '照片与本人不符' };
const day = (inDays: number): string => new Date(Date.now() + inDays * 86_400_000).toISOString().slice(0, 10);

describe('analysis of reissuing', function () {
  this.timeout(120_000);
  let house: ReissueHouse;
  before(async () => {
    house = await openReissueHouse();
  });
  after(() => house.stop());

  async function onDesk(idNumber: string, json: Readonly<Record<string, unknown>>, status: string): Promise<Seen> {
    const ticket = await house.sold({ name: '赵六', idType: 'passport', idNumber });
    const proof = { document: { idType: 'passport', idNumber } };
    const seen = seenOf(await house.apply({ ticket: { number: ticket.number }, proof, ...json }));
    return { ...(await house.becomes(seen, status)), accessToken: seen.accessToken };
  }
  const ask = (query: string, apiKey = house.keys.manager) =>
    house.call(`/api/v1/reissue-analysis?${query}`, { apiKey });
  const period = `from=${day(-1)}&to=${day(1)}`;

  it('REI-51 nothing happened: figures of nothing', async () => {
    const analysis = analysisView.parse((await ask(period)).body);
    expect(analysis.months).to.deep.equal([]);
    expect(analysis.period).to.deep.include({ applications: 0, reasons: {}, factors: [] });
  });

  it('REI-51 reasons, times, refusals, appeals, repeats, rules, own faults', async () => {
    const policy = await house.call('/api/v1/reissue-policy', { apiKey: house.keys.manager });
    const { version: _version, ...rules } = z.looseObject({ version: z.number() }).parse(policy.body);
    const fees = [{ kind: 'replacement', amount: 700 }];
    await house.call('/api/v1/reissue-policy', {
      ...{ method: 'PUT', ifMatch: policy.etag, apiKey: house.keys.manager },
      json: { rules: { ...rules, fees }, reason: '收取工本费' },
    });
    const ours = await onDesk('E77777771', { reason: 'system-fault' }, 'deciding');
    // The applicant says so, and whoever decides finds it true.
    await house.review(ours.id, house.keys.operator, { ...approve, ourFault: true });
    await house.becomes(ours, 'reissued');
    const lost = await onDesk('E77777772', {}, 'deciding');
    await house.review(lost.id, house.keys.operator, refuse);
    const disputed = await onDesk('E77777773', {}, 'deciding');
    await house.review(disputed.id, house.keys.operator, refuse);
    await house.step(disputed, 'appeal', { words: '票是我买的' });
    await house.review(disputed.id, house.keys.reviewer, refuse);
    // The same person again, on the same day.
    await onDesk('E77777771', { reason: 'damaged' }, 'reviewing');

    const reply = await ask(period);
    const analysis = analysisView.parse(reply.body);
    expect(analysis.months.length).to.be.within(1, 2);
    expect(analysis.period).to.deep.include({
      applications: 4,
      kinds: { replacement: 4 },
      channels: { web: 4 },
      reasons: { lost: 2, damaged: 1, 'system-fault': 1 },
      outcomes: { refused: 2, reissued: 1, reviewing: 1 },
      refusals: { 'reissue.decided-against': 2 },
      appeals: { refused: 1 },
      repeatApplicants: { people: 1, applications: 2 },
      ownFaults: { cases: 1, feesWaived: 700 },
    });
    expect(analysis.period.times.decide.count).to.equal(2);
    expect(analysis.period.times.whole).to.include.keys('medianMs', 'p90Ms');
    expect(analysis.period.times.appeal.count).to.equal(1);
    expect(analysis.period.factors[0]).to.deep.equal({
      ...{ name: 'same-day', hits: 1, share: 0.25, points: 20, reissued: 0, refused: 0 },
    });
    expect(analysis.period.rules.map(({ name }) => name)).to.deep.equal(['risk', 'second-today']);
    expect(reply.text).not.to.include('sealed').and.not.to.include('赵').and.not.to.include('E7777');
    const before = analysisView.parse((await ask(`from=${day(-9)}&to=${day(-8)}`)).body);
    expect(before.period.applications).to.equal(0);

    // As erasing leaves them (PLA-12).
    const erased = async (filter: Readonly<Record<string, unknown>>): Promise<unknown> => {
      await house.inDatabase((connection) =>
        connection.collection('applications').updateMany(filter, { $set: { 'state.personIndex': '' } }),
      );
      return analysisView.parse((await ask(period)).body).period.repeatApplicants;
    };
    const same = { people: 1, applications: 2 };
    expect(await erased({ 'state.refusal': { $exists: true } }), 'two who were erased are no one person').to.deep.equal(
      same,
    );
    expect(await erased({}), 'who had applied twice stays so').to.deep.equal(same);
  });

  it('REI-51 the same as a workbook', async () => {
    const reply = await ask(`${period}&format=xlsx`);
    expect(reply.status).to.equal(200);
    expect(reply.text.slice(0, 2)).to.equal('PK');
  });

  it('PLA-03 auditors and managers see it; an operator does not, and a period has an order', async () => {
    expect((await ask(period, house.keys.operator)).status).to.equal(403);
    expect((await ask(period, house.keys.auditor)).status).to.equal(200);
    expect(codeOf(await ask(`from=${day(1)}&to=${day(-1)}`))).to.equal('reissue.period-invalid');
    expect((await ask('from=2026-13-01&to=2026-13-02')).status).to.equal(400);
  });
});
