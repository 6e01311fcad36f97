// What staff look at on real servers: decisions of the policy that were drawn, plain data with a purpose, devices that apply for many.
import { ticketScanned } from '@tongpiao/contracts';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { analysisView } from './analysis/analysis.ts';
import { isRoad } from './features/case-facts.ts';
import {
  codeOf,
  openReissueHouse,
  seenOf,
  TENANT,
  type ReissueHouse,
  type Reply,
  type Seen,
} from './reissue-house.fixture.ts';
import { staffErrorView } from './staff-error/staff-error-view.ts';

const list = z.object({ items: z.array(z.object({ id: z.string() })) });
const assessed = z.object({
  staff: z.object({ assessment: z.object({ findings: z.array(z.object({ factor: z.string(), value: z.number() })) }) }),
});
const PATH = '/api/v1/reissue-applications';
const day = (inDays: number): string => new Date(Date.now() + inDays * 86_400_000).toISOString().slice(0, 10);

describe('second looks', function () {
  this.timeout(120_000);
  let house: ReissueHouse;
  before(async () => {
    house = await openReissueHouse();
  });
  after(() => house.stop());

  async function applied(idNumber: string, status: string, ask = {}): Promise<Seen> {
    const ticket = await house.sold({ name: '赵六', idType: 'passport', idNumber });
    const proof = { document: { idType: 'passport', idNumber } };
    const seen = seenOf(await house.apply({ ticket: { number: ticket.number }, proof }, ask));
    return { ...(await house.becomes(seen, status)), accessToken: seen.accessToken };
  }
  async function selfService(sampleShare: number): Promise<void> {
    const { body, etag } = await house.call('/api/v1/reissue-policy', { apiKey: house.keys.manager });
    const { version: _version, ...rules } = z.looseObject({}).parse(body);
    const json = { rules: { ...rules, selfService: { on: sampleShare > 0, sampleShare } }, reason: '自助办理' };
    const ask = { method: 'PUT', ifMatch: etag, apiKey: house.keys.manager, json };
    expect((await house.call('/api/v1/reissue-policy', ask)).status).to.equal(200);
  }
  const sampled = async (which: string): Promise<readonly string[]> => {
    const reply = await house.call(`${PATH}?sampled=${which}`, { apiKey: house.keys.reviewer });
    return list.parse(reply.body).items.map(({ id }) => id);
  };
  const look = (id: string, verdict: string, apiKey: string) =>
    house.call(`${PATH}/${id}/sample-review`, { apiKey, json: { verdict, words: '复查意见' } });

  it('REI-43 what the policy decided and drew is listed, confirmed or contested; contested, it is an error of the policy', async () => {
    await selfService(1);
    const [good, bad] = [await applied('E99999991', 'reissued'), await applied('E99999992', 'reissued')];
    expect(await sampled('yes')).to.include.members([good.id, bad.id]);
    expect((await look(good.id, 'confirm', house.keys.operator)).status).to.equal(403);
    expect((await look(good.id, 'confirm', house.keys.reviewer)).status).to.equal(200);
    expect((await look(bad.id, 'contest', house.keys.reviewer)).status).to.equal(200);
    expect((await look(bad.id, 'contest', house.keys.reviewer)).status).to.equal(200);
    expect(codeOf(await look(bad.id, 'confirm', house.keys.manager))).to.equal('reissue.sample-reviewed');
    expect(await sampled('yes'))
      .not.to.include(good.id)
      .and.not.to.include(bad.id);
    expect(await sampled('reviewed')).to.include.members([good.id, bad.id]);
    const mark = staffErrorView.parse(
      (await house.call(`${PATH}/${bad.id}/error-mark`, { apiKey: house.keys.manager })).body,
    );
    expect(mark).to.include({ kind: 'policy-too-lenient', markedBy: 'usr_reviewer', whose: 'policy:1' });
    await selfService(0);
    const ordinary = await applied('E99999993', 'deciding');
    expect(codeOf(await look(ordinary.id, 'confirm', house.keys.reviewer))).to.equal('reissue.not-sampled');
    const analysis = analysisView.parse(
      (await house.call(`/api/v1/reissue-analysis?from=${day(-1)}&to=${day(1)}`, { apiKey: house.keys.manager })).body,
    );
    expect(analysis.period.sampled).to.deep.equal({ drawn: 2, confirmed: 1, contested: 1 });
  });

  it('PLA-11 PLA-21 plain data with a purpose, for whoever may, and on record', async () => {
    const seen = await applied('E99999994', 'deciding');
    const reveal = (apiKey: string, purpose = '电话核实本人身份') =>
      house.call(`${PATH}/${seen.id}/reveal`, { apiKey, json: { purpose } });
    expect((await reveal(house.keys.clerk)).status).to.equal(403);
    expect((await reveal(house.keys.reviewer, '看')).status).to.equal(400);
    const shown = await reveal(house.keys.reviewer);
    expect(shown.status, shown.text).to.equal(200);
    expect(shown.text).to.include('赵六').and.to.include('E99999994').and.to.include('138');
    const journal = await house.call(`/api/v1/operations/reissue/journals/applications/${seen.id}`, {
      apiKey: house.keys.auditor,
    });
    expect(journal.status, journal.text).to.equal(200);
    expect(journal.text).to.include('DataRevealed').and.to.include('电话核实本人身份').and.to.include('usr_reviewer');
    expect(journal.text).not.to.include('赵六');
    const nobody = { apiKey: house.keys.reviewer, json: { purpose: '电话核实本人身份' } };
    expect((await house.call(`${PATH}/rei_0a5d8k2m7q9x3c6v1b4n/reveal`, nobody)).status).to.equal(404);
  });

  it('REI-11 a device that has applied for many others is a risk; staff’s own is not, and nonsense is none', async () => {
    const device = '0b9f3c1e-7a55-4f0e-9c1d-device';
    for (const one of ['E99999101', 'E99999102', 'E99999103']) await applied(one, 'deciding', { device });
    const found = await applied('E99999104', 'reviewing', { device });
    const reply = await house.call(`${PATH}/${found.id}`, { apiKey: house.keys.reviewer });
    expect(assessed.parse(reply.body).staff.assessment.findings).to.deep.equal([{ factor: 'shared-device', value: 1 }]);
    expect(reply.text).not.to.include(device);
    await applied('E99999105', 'deciding', { device, apiKey: house.keys.clerk });
    await applied('E99999106', 'deciding', { device: '<script>' });
  });

  const gate = { productId: 'prd_1', gateId: 'gat_of_this_spec' };
  const findingsOf = async (id: string) => {
    const reply = await house.call(`${PATH}/${id}`, { apiKey: house.keys.reviewer });
    return assessed.parse(reply.body).staff.assessment.findings;
  };

  it('REI-11 a ticket that went in at a gate after it was sold suspends the case, with what was counted; told twice it counts once', async () => {
    const idNumber = 'E99999201';
    const ticket = await house.sold({ name: '赵六', idType: 'passport', idNumber });
    const { rightId, number: ticketNumber, orderId } = ticket;
    const scan = { ...gate, rightId, ticketNumber, orderId, scannedAt: new Date().toISOString() };
    await house.tellSales(ticketScanned, { ...scan, decided: 'admitted' }, 'a-scan-of-this-spec');
    await house.tellSales(ticketScanned, { ...scan, decided: 'admitted' }, 'a-scan-of-this-spec');
    await house.tellSales(ticketScanned, { ...scan, decided: 'refused', reason: 'too-early' });
    await eventually('two scans', async () => (await house.storedCount('shown_tickets', { rightId })) === 2);
    const proof = { document: { idType: 'passport', idNumber } };
    const seen = seenOf(await house.apply({ ticket: { number: ticket.number }, proof }));
    await house.becomes(seen, 'risk_check');
    expect(await findingsOf(seen.id)).to.deep.equal([{ factor: 'scanned-since', value: 2 }]);
    const chain = await house.call(`${PATH}/${seen.id}/ticket-chain`, { apiKey: house.keys.reviewer });
    expect(chain.text, 'no attempt to use a dead one').not.to.include('gat_of_this_spec');
  });

  it('REI-11 a ticket that is held up at a gate after it was reported lost suspends its case', async () => {
    const idNumber = 'E99999211';
    const ticket = await house.sold({ name: '赵六', idType: 'passport', idNumber });
    const proof = { document: { idType: 'passport', idNumber } };
    const seen = seenOf(await house.apply({ ticket: { number: ticket.number }, proof }));
    await house.becomes(seen, 'deciding');
    const { rightId, number: ticketNumber, orderId } = ticket;
    const scan = { ...gate, rightId, ticketNumber, orderId, scannedAt: new Date().toISOString() };
    await house.tellSales(ticketScanned, { ...scan, decided: 'refused', reason: 'frozen' });
    await house.becomes(seen, 'risk_check');
    expect(await findingsOf(seen.id)).to.deep.equal([{ factor: 'scanned-since', value: 1 }]);
  });

  it('REI-11 REI-22 a ticket that is held up at a gate while its fee is due is decided anew, and only then replaced', async () => {
    const { body, etag } = await house.call('/api/v1/reissue-policy', { apiKey: house.keys.manager });
    const { version: _version, ...rules } = z.looseObject({}).parse(body);
    const change = (fees: unknown, ifMatch: string): Promise<Reply> =>
      house.call('/api/v1/reissue-policy', {
        ...{ method: 'PUT', ifMatch, apiKey: house.keys.manager },
        json: { rules: { ...rules, fees }, reason: '工本费' },
      });
    const charged = await change([{ kind: 'replacement', amount: 300 }], etag);
    expect(charged.status, charged.text).to.equal(200);
    const idNumber = 'E99999221';
    const ticket = await house.sold({ name: '赵六', idType: 'passport', idNumber });
    const proof = { document: { idType: 'passport', idNumber } };
    const seen = seenOf(await house.apply({ ticket: { number: ticket.number }, proof }));
    await house.becomes(seen, 'deciding');
    const approve = { action: 'decide', verdict: 'approve', reason: '核对无误' };
    await house.review(seen.id, house.keys.operator, approve);
    await house.becomes(seen, 'fee_due');
    const { rightId, number: ticketNumber, orderId } = ticket;
    const scan = { ...gate, rightId, ticketNumber, orderId, scannedAt: new Date().toISOString() };
    await house.tellSales(ticketScanned, { ...scan, decided: 'refused', reason: 'frozen' });
    await house.becomes(seen, 'risk_check');
    const early = await house.step(seen, 'payments', { method: 'sandbox' });
    expect([early.status, codeOf(early)]).to.deep.equal([409, 'reissue.no-fee-due']);
    expect(codeOf(await house.review(seen.id, house.keys.operator, approve))).to.equal('reissue.not-your-desk');
    expect(
      (await house.review(seen.id, house.keys.reviewer, { action: 'clear-risk', reason: '本人' })).status,
    ).to.equal(200);
    expect((await house.review(seen.id, house.keys.reviewer, approve)).status).to.equal(200);
    expect((await house.step(seen, 'payments', { method: 'sandbox' })).status).to.equal(202);
    await house.becomes(seen, 'reissued');
    expect((await change([], charged.etag)).status).to.equal(200);
  });

  it('REI-11 proofs that failed in another case of the same document count, and those of somebody else do not', async () => {
    const idNumber = 'E99999301';
    const person = { name: '赵六', idType: 'passport', idNumber } as const;
    const [first, second] = [await house.sold(person), await house.sold(person)];
    const earlier = seenOf(await house.apply({ ticket: { number: first.number } }));
    for (const wrong of ['E90000001', 'E90000002'])
      await house.step(earlier, 'verification', { document: { idType: 'passport', idNumber: wrong } });
    const proof = { document: { idType: 'passport', idNumber } };
    const seen = seenOf(await house.apply({ ticket: { number: second.number }, proof }));
    await house.becomes(seen, 'reviewing');
    expect(await findingsOf(seen.id)).to.deep.equal([{ factor: 'failed-proofs', value: 1 }]);
    await applied('E99999302', 'deciding');
  });

  it('REI-22 a road ticket is one by its product, else by its seller', () => {
    expect(isRoad('trip', 'scenic')).to.equal(true);
    expect(isRoad('admission', 'station')).to.equal(false);
    expect(isRoad(undefined, 'station')).to.equal(true);
    expect(isRoad(undefined, 'scenic')).to.equal(false);
  });

  it('REI-20 what waits at a desk is found by its index, however many cases are over', async () => {
    const seen = await applied('E99999401', 'deciding');
    const { examined, total } = await house.inDatabase(async (connection) => {
      const cases = connection.collection<{ _id: string; state: Record<string, unknown> }>('applications');
      const one = await cases.findOne({ _id: seen.id });
      if (one === null) throw new Error('it is gone');
      const { desk: _none, ...over } = one.state;
      const state = { ...over, status: 'closed', endReason: 'reissue.unproven', endedAt: new Date().toISOString() };
      const copies = Array.from({ length: 300 }, (_, index) => ({
        ...one,
        _id: `rei_over${index}`,
        timers: [],
        state,
      }));
      await cases.insertMany(copies);
      const found = cases
        .find({ tenantId: TENANT, 'state.desk': 'operator' })
        .sort({ 'state.submittedAt': -1, _id: -1 })
        .limit(50);
      const { executionStats } = z
        .looseObject({
          executionStats: z.looseObject({ totalKeysExamined: z.number(), totalDocsExamined: z.number() }),
        })
        .parse(await found.explain('executionStats'));
      return { examined: executionStats, total: await cases.countDocuments({ 'state.desk': 'operator' }) };
    });
    expect(examined.totalDocsExamined).to.equal(total);
    expect(examined.totalKeysExamined).to.be.at.most(total + 1);
  });
});
