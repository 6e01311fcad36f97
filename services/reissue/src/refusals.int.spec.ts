// Refusals that a caller can meet and no other spec provokes: each has its code, and leaves nothing behind.
import { request } from 'node:http';
import { ticketExpired } from '@tongpiao/contracts';
import { freshKey } from '@tongpiao/service-shell/trial';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { SAMPLES } from './attachment/sample-files.fixture.ts';
import { batchOf, listsIn, numbersOf, why } from './batch/lists.fixture.ts';
import { problems } from './problems.ts';
import { codeOf, openReissueHouse, seenOf, ZHANG, type ReissueHouse, type Reply } from './reissue-house.fixture.ts';

const APPLICATIONS = '/api/v1/reissue-applications';
const day = (inDays: number): string => new Date(Date.now() + inDays * 86_400_000).toISOString().slice(0, 10);

describe('PLA-31 refusals of reissue', function () {
  this.timeout(120_000);
  let house: ReissueHouse;
  before(async () => {
    house = await openReissueHouse();
  });
  after(() => house.stop());

  const refusal = (reply: Reply): unknown[] => [reply.status, codeOf(reply)];

  it('REI-02 a replacement with corrected data, a correction without any: nothing is applied for, and what is said right then is', async () => {
    const { number } = await house.sold(ZHANG);
    const about = { ticket: { number }, reason: 'wrong-data' };
    const needless = await house.apply({ ...about, kind: 'replacement', correction: { name: '张三丰' } });
    expect(refusal(needless)).to.deep.equal([422, 'reissue.correction-needless']);
    for (const correction of [undefined, {}]) {
      const empty = await house.apply({ ...about, kind: 'correction', ...(correction && { correction }) });
      expect(refusal(empty)).to.deep.equal([422, 'reissue.correction-empty']);
    }
    expect(await house.stored('applications', { 'state.ticket.number': number })).to.equal('[]');
    const right = await house.apply({ ...about, kind: 'correction', correction: { name: '张三丰' } });
    expect(right.status, right.text).to.equal(201);
  });

  it('REI-04 a ticket whose time is over', async () => {
    const { number, rightId } = await house.sold(ZHANG);
    const { example } = ticketExpired;
    await house.tellSales(ticketExpired, { ...ticketExpired.data.parse(example), rightId, ticketNumber: number });
    const reply = await eventually('the copy knows it', async () => {
      const answer = await house.apply({ ticket: { number } });
      return answer.status === 201 ? Promise.reject(new Error(answer.text)) : answer;
    });
    expect(refusal(reply)).to.deep.equal([409, 'reissue.ticket-expired']);
  });

  it('REI-53 a list whose corrected document is none says so of the line', async () => {
    const { number, rightId } = await house.sold(ZHANG);
    await eventually('the copy', async () => (await house.stored('tickets', { _id: rightId })) !== '[]');
    const { enter, linesOf } = listsIn(() => house);
    const lines = [{ number, correction: { idNumber: '110101199003070000' } }];
    const { id } = batchOf(await enter([], { json: { ...why, lines } }));
    expect((await linesOf(id)).map(({ reason }) => reason)).to.deep.equal(['reissue.batch-correction-invalid']);
  });

  it('REI-41 what sales does not replace says why, in words of the applicant', async () => {
    const refusals = [
      ['sales.ticket-frozen', 'reissue.ticket-frozen'],
      ['sales.ticket-changed', 'reissue.ticket-changed'],
      ['sales.ticket-not-living', 'reissue.ticket-not-living'],
      ['sales.document-has-ticket', 'reissue.document-has-ticket'],
      ['sales.document-limit', 'reissue.document-limit'],
    ] as const;
    const { enter, approve, becomes, linesOf, tickets } = listsIn(() => house);
    const sold = await tickets(refusals.length);
    for (const [index, [reason]] of refusals.entries()) {
      const right = house.rights.get(sold[index]?.rightId ?? '');
      if (right !== undefined) right.refused = reason;
    }
    const { id } = batchOf(await enter(numbersOf(sold)));
    await approve(id);
    expect((await becomes(id, 'done')).counts).to.include({ failed: refusals.length, reissued: 0 });
    const lines = await linesOf(id);
    for (const [index, [reason, code]] of refusals.entries()) {
      const line = lines[index];
      expect([line?.outcome, line?.reason]).to.deep.equal(['failed', reason]);
      expect(line?.reasonText, code).to.deep.equal(problems[code]?.detail);
      const seen = await house.call(`${APPLICATIONS}/${line?.applicationId ?? ''}`, { apiKey: house.keys.reviewer });
      expect(seen.body).to.have.nested.property('refusal.text.zh', problems[code]?.detail.zh);
    }
  });

  it('the sandbox pays no fee of a tenant that is no demo', async () => {
    const { number } = await house.sold(ZHANG);
    const seen = seenOf(await house.apply({ ticket: { number } }));
    const pay = (): Promise<Reply> => house.step(seen, 'payments', { method: 'sandbox' });
    expect(refusal(await pay())).to.deep.equal([409, 'reissue.no-fee-due']);
    await house.tellTenant({ demo: false });
    try {
      await eventually('the tenant is known as one', async () => codeOf(await pay()) === 'reissue.method-not-allowed');
    } finally {
      await house.tellTenant({ demo: true });
    }
  });

  it('REI-03 more uploads at once than it takes: come again; those under way are finished', async () => {
    const { number } = await house.sold(ZHANG);
    const { id, accessToken } = seenOf(await house.apply({ ticket: { number } }));
    const where = `${APPLICATIONS}/${id}/attachments`;
    const headers = (): Record<string, string> => ({
      authorization: `Bearer ${accessToken}`,
      'content-type': 'image/jpeg',
      'idempotency-key': freshKey(),
    });
    const file = SAMPLES['image/jpeg'];
    const slow = Array.from({ length: 4 }, () => {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const outgoing = request(house.url(where), { method: 'POST', headers: headers() });
      outgoing.once('response', (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      outgoing.once('error', reject);
      outgoing.write(file.subarray(0, 20));
      return { status: promise, finish: () => outgoing.end(file.subarray(20)) };
    });
    const more = await eventually('all four are under way', async () => {
      const answer = await fetch(house.url(where), {
        method: 'POST',
        headers: headers(),
        body: Uint8Array.from(file.subarray(0, 30)),
      });
      const reply = { status: answer.status, body: await answer.json(), text: '', etag: '' };
      return codeOf(reply) === 'reissue.uploads-busy' && reply;
    });
    expect(more.status).to.equal(503);
    for (const { finish } of slow) finish();
    expect(await Promise.all(slow.map(({ status }) => status))).to.deep.equal([201, 201, 201, 201]);
  });

  it('REI-54 more trials of a policy at once than it runs', async () => {
    const { manager: apiKey } = house.keys;
    const policy = await house.call('/api/v1/reissue-policy', { apiKey });
    const { version: _version, ...rules } = policy.body as Record<string, unknown>;
    const ask = (): Promise<Reply> =>
      house.call('/api/v1/reissue-policy/trials', { apiKey, json: { rules, from: day(-300), to: day(1) } });
    await eventually('one is refused', async () => {
      const replies = await Promise.all(Array.from({ length: 12 }, ask));
      expect(replies.some(({ status }) => status === 200)).to.equal(true);
      const busy = replies.find(({ status }) => status !== 200);
      return busy !== undefined && codeOf(busy) === 'reissue.trials-busy';
    });
    expect((await ask()).status).to.equal(200);
  });
});
