// Errors of staff on real servers: named, made good by two people through finance, counted.
import { payCompensation } from '@tongpiao/contracts';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { analysisView } from './analysis/analysis.ts';
import { codeOf, openReissueHouse, seenOf, type ReissueHouse, type Reply } from './reissue-house.fixture.ts';
import { staffErrorView } from './staff-error/staff-error-view.ts';

const list = z.object({ items: z.array(staffErrorView) });
/** The machine may be slow. */
const PATIENCE = { withinMs: 30_000 };
const day = (inDays: number): string => new Date(Date.now() + inDays * 86_400_000).toISOString().slice(0, 10);

describe('errors of staff', function () {
  this.timeout(120_000);
  let house: ReissueHouse;
  before(async () => {
    house = await openReissueHouse();
  });
  after(() => house.stop());

  /** Refused by the operator. */
  async function refused(idNumber: string): Promise<string> {
    const ticket = await house.sold({ name: '赵六', idType: 'passport', idNumber });
    const proof = { document: { idType: 'passport', idNumber } };
    const seen = seenOf(await house.apply({ ticket: { number: ticket.number }, proof }));
    await house.becomes(seen, 'deciding');
    await house.review(seen.id, house.keys.operator, { action: 'decide', verdict: 'refuse', reason: '照片与本人不符' });
    return seen.id;
  }
  const ask = (id: string, what: string, apiKey: string, json?: unknown, key?: string): Promise<Reply> =>
    house.call(`/api/v1/reissue-applications/${id}/error-mark${what}`, {
      apiKey,
      ...(json === undefined ? {} : { json }),
      ...(key === undefined ? {} : { key }),
    });
  const seen = async (id: string) => staffErrorView.parse((await ask(id, '', house.keys.manager)).body);
  const error = { whose: 'usr_operator', kind: 'wrong-refusal', words: '照片看错了' };
  const approve = { verdict: 'approve', reason: '同意' };
  const payments = (id: string) =>
    house.asked.filter(({ type, data }) => type === payCompensation.type && JSON.stringify(data).includes(id));

  it('REI-52 PLA-04 marked by somebody else, proposed, approved by a second person, paid once, counted', async () => {
    const { operator, reviewer, manager, auditor } = house.keys;
    const id = await refused('E88888881');
    expect((await ask(id, '', operator, error)).status).to.equal(403);
    expect(codeOf(await ask(id, '', reviewer, { ...error, whose: 'usr_reviewer2' }))).to.equal('reissue.not-involved');
    const key = 'one-key-for-both-marks-000001';
    for (const marked of [await ask(id, '', reviewer, error, key), await ask(id, '', reviewer, error, key)])
      expect(marked.status, marked.text).to.equal(200);
    expect(codeOf(await ask(id, '', manager, { ...error, kind: 'too-late' }))).to.equal('reissue.error-marked');
    expect(codeOf(await ask(id, '/approval', manager, approve))).to.equal('reissue.no-compensation-proposed');
    const tooMuch = { amount: 5_001, reason: '误了行程' };
    expect(codeOf(await ask(id, '/compensation', manager, tooMuch))).to.equal('reissue.compensation-too-high');
    const proposed = await ask(id, '/compensation', manager, { amount: 2_000, reason: '白跑一趟' });
    expect(proposed.status, proposed.text).to.equal(200);
    expect(codeOf(await ask(id, '/approval', manager, approve))).to.equal('reissue.own-proposal');
    expect((await ask(id, '/approval', reviewer, approve)).status).to.equal(403);
    const waiting = await house.call('/api/v1/reissue-errors?status=proposed', { apiKey: house.keys.secondManager });
    expect(list.parse(waiting.body).items.map(({ applicationId }) => applicationId)).to.include(id);
    await Promise.all([0, 1].map(() => ask(id, '/approval', house.keys.secondManager, approve)));
    await eventually('paid', async () => (await seen(id)).status === 'paid', PATIENCE);
    expect((await seen(id)).compensation).to.include({ proposedBy: 'usr_manager', approvedBy: 'usr_manager2' });
    expect(payments(id)).to.have.length(1);
    const analysis = analysisView.parse(
      (await house.call(`/api/v1/reissue-analysis?from=${day(-1)}&to=${day(1)}`, { apiKey: auditor })).body,
    );
    expect(analysis.period.staffErrors).to.deep.include({
      count: 1,
      kinds: { 'wrong-refusal': 1 },
      people: { usr_operator: 1 },
      compensated: 2_000,
    });
  });

  it('REI-52 declined, proposed anew; what no payment can carry says why', async () => {
    const { reviewer, manager } = house.keys;
    const id = await refused('E88888882');
    expect((await ask(id, '', reviewer, error)).status).to.equal(200);
    await ask(id, '/compensation', reviewer, { amount: 4_500, reason: '误了行程' });
    expect((await ask(id, '/approval', manager, { verdict: 'decline', reason: '先核实' })).status).to.equal(200);
    expect((await seen(id)).declined).to.have.length(1);
    await ask(id, '/compensation', reviewer, { amount: 4_000, reason: '误了行程' });
    expect((await ask(id, '/approval', manager, approve)).status).to.equal(200);
    const failed = await eventually(
      'failed',
      async () => {
        const found = await seen(id);
        return found.status === 'failed' ? found : undefined;
      },
      PATIENCE,
    );
    expect(failed.compensation).to.include({ problem: 'exceeds-payment' });
    expect(codeOf(await ask(id, '/compensation', reviewer, { amount: 100, reason: '误了行程' }))).to.equal(
      'reissue.compensation-decided',
    );
  });

  it('REI-52 somebody else’s case, and one without a mark, do not exist', async () => {
    const id = await refused('E88888883');
    expect((await ask(id, '', house.keys.manager)).status).to.equal(404);
    expect((await ask('rei_0a5d8k2m7q9x3c6v1b4n', '', house.keys.manager, error)).status).to.equal(404);
    const unmarked = await ask(id, '/compensation', house.keys.manager, { amount: 100, reason: '误了行程' });
    expect(unmarked.status).to.equal(404);
  });
});
