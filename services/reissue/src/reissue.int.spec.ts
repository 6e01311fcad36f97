// Applications on real servers, among played neighbours: applying, proving, deciding, paying, carrying out, and what may come between.
import { paymentRefunded, reissueTicket, ticketUsed } from '@tongpiao/contracts';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import {
  codeOf,
  LI,
  openReissueHouse,
  seenOf,
  TENANT,
  ZHANG,
  type ReissueHouse,
  type Reply,
  type Seen,
} from './reissue-house.fixture.ts';

const staffOf = ({ body }: Reply): unknown => z.object({ staff: z.unknown() }).parse(body).staff;
const document = { idType: ZHANG.idType, idNumber: ZHANG.idNumber };
const approve = { action: 'decide', verdict: 'approve', reason: '核对无误' };
const refuse = { action: 'decide', verdict: 'refuse', reason: '照片与本人不符' };

describe('reissue', function () {
  this.timeout(60_000);
  let house: ReissueHouse;
  before(async () => {
    house = await openReissueHouse();
  });
  after(() => house.stop());

  /** Applied for and proven with the document, until it lies on a desk. */
  async function onDesk(json: Readonly<Record<string, unknown>>, status = 'deciding', ask = {}): Promise<Seen> {
    const seen = seenOf(await house.apply({ proof: { document }, ...json }, ask));
    return { ...(await house.becomes(seen, status)), accessToken: seen.accessToken };
  }

  it('REI-04 REI-10 REI-23 a lost real-name ticket: proven by its document, frozen, checked, decided, replaced once', async () => {
    const ticket = await house.sold(ZHANG);
    const seen = await onDesk({ ticket: { number: ticket.number } });
    expect(seen.frozen).to.equal(true);
    expect(house.rights.get(ticket.rightId)).to.include({ frozenBy: seen.id });
    expect((await house.review(seen.id, house.keys.operator, approve)).status).to.equal(200);
    const done = await house.becomes(seen, 'reissued');
    expect(done.newNumber).to.equal(house.rights.get(ticket.rightId)?.number);
    expect(done.frozen).to.equal(false);
    await eventually('the applicant is told', () =>
      house.said.some(({ type, data }) => type.includes('reissued') && JSON.stringify(data).includes(seen.id)),
    );
    const again = await house.call('/api/v1/reissue-applications', {
      json: { kind: 'replacement', reason: 'lost', ticket: { number: ticket.number } },
    });
    expect([again.status, codeOf(again)]).to.deep.equal([409, 'reissue.ticket-superseded']);
  });

  it('PLA-10 PLA-11 answers are masked, and a stranger does not know of the case', async () => {
    const ticket = await house.sold(ZHANG);
    const reply = await house.apply({ ticket: { number: ticket.number } });
    expect(reply.text).not.to.include(ZHANG.idNumber).and.not.to.include(ticket.phone);
    expect(reply.text).to.include('1101**********002X');
    const other = seenOf(await house.apply({ ticket: { number: (await house.sold()).number } }));
    const { id } = seenOf(reply);
    expect((await house.call(`/api/v1/reissue-applications/${id}`, { token: other.accessToken })).status).to.equal(404);
    expect((await house.call(`/api/v1/reissue-applications/${id}`)).status).to.equal(401);
  });

  it('PLA-32 the same request again is the same case with the same token', async () => {
    const ticket = await house.sold(ZHANG);
    const key = 'one-key-for-both-requests-0001';
    const [first, second] = [
      await house.apply({ ticket: { number: ticket.number } }, { key }),
      await house.apply({ ticket: { number: ticket.number } }, { key }),
    ];
    expect(seenOf(second)).to.include({ id: seenOf(first).id, accessToken: seenOf(first).accessToken });
    const changed = await house.apply({ ticket: { number: ticket.number }, reason: 'damaged' }, { key });
    expect(changed.status).to.equal(422);
  });

  it('REI-04 a code to the telephone of the purchase proves a ticket without a name; nobody is checked then', async () => {
    const ticket = await house.sold();
    const seen = seenOf(await house.apply({ ticket: { number: ticket.number } }));
    expect(seen).to.include({ status: 'submitted', frozen: false });
    expect((await house.step(seen, 'verification', { send: 'code' })).status).to.equal(200);
    const { code } = await eventually('the code', () => house.codes.find(({ to }) => to === ticket.phone));
    const wrong = await house.step(seen, 'verification', { code: code === '000000' ? '000001' : '000000' });
    expect([wrong.status, codeOf(wrong)]).to.deep.equal([422, 'reissue.proof-wrong']);
    expect((await house.step(seen, 'verification', { code })).status).to.equal(200);
    await house.becomes(seen, 'deciding');
  });

  it('REI-04 a stranger’s document proves nothing, and freezes nothing', async () => {
    const ticket = await house.sold(ZHANG);
    const reply = await house.apply({
      ticket: { number: ticket.number },
      proof: { document: { idType: LI.idType, idNumber: LI.idNumber } },
    });
    expect([reply.status, codeOf(reply)]).to.deep.equal([422, 'reissue.proof-wrong']);
    expect(house.rights.get(ticket.rightId)).not.to.have.property('frozenBy');
  });

  it('REI-05 of two applications at once one is open; a stranger’s unproven one keeps nobody out', async () => {
    const ticket = await house.sold(ZHANG);
    const stranger = seenOf(await house.apply({ ticket: { number: ticket.number } }));
    const both = await Promise.all(
      [0, 1].map(() => house.apply({ ticket: { number: ticket.number }, proof: { document } })),
    );
    expect(both.map(({ status }) => status).sort()).to.deep.equal([201, 409]);
    expect(both.filter(({ status }) => status === 409).map(codeOf)).to.deep.equal(['reissue.already-open']);
    const late = await house.step(stranger, 'verification', { document });
    expect(codeOf(late)).to.equal('reissue.already-open');
  });

  it('REI-05 of several that are proven at the same moment one is open, whichever it is', async () => {
    const rounds = Array.from({ length: 8 }, async (_none, round) => {
      const own = { idType: 'passport', idNumber: `E6000000${round}` } as const;
      const ticket = await house.sold({ name: '冯二', ...own });
      const mine = { ticket: { number: ticket.number }, reason: 'damaged' };
      const unproven = [
        seenOf(await house.apply(mine)),
        seenOf(await house.apply(mine)),
        seenOf(await house.apply(mine)),
      ];
      const proofs = await Promise.all(unproven.map((seen) => house.step(seen, 'verification', { document: own })));
      expect(proofs.map(({ status }) => status).sort()).to.deep.equal([200, 409, 409]);
    });
    await Promise.all(rounds);
  });

  it('REI-02 by order number, and by telephone and day; several that fit are said to be several', async () => {
    const ticket = await house.sold(ZHANG);
    const byOrder = seenOf(await house.apply({ ticket: { orderId: ticket.orderId } }));
    expect(byOrder).to.have.nested.property('ticket.number', ticket.number);
    const date = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const asked = await house.apply({ ticket: { phone: ticket.phone, date } }, { apiKey: house.keys.clerk });
    expect(seenOf(asked), 'at a counter').to.have.nested.property('ticket.number', ticket.number);
    await house.sold(ZHANG);
    await eventually('two of one document', async () => {
      const reply = await house.apply({ tenantId: TENANT, ticket: { document, date } });
      return reply.status === 409 && codeOf(reply) === 'reissue.ticket-ambiguous';
    });
  });

  it('REI-20 REI-22 REI-31 a wrong name: for a reviewer, with a fee, and the corrected data go to sales', async () => {
    const { body, etag } = await house.call('/api/v1/reissue-policy', { apiKey: house.keys.manager });
    const { version: _version, ...rules } = body as Record<string, unknown>;
    const fees = [{ kind: 'correction', amount: 500 }];
    const changed = await house.call('/api/v1/reissue-policy', {
      method: 'PUT',
      ifMatch: etag,
      apiKey: house.keys.manager,
      json: { rules: { ...rules, fees }, reason: '收取工本费' },
    });
    expect(changed.status, changed.text).to.equal(200);
    const ticket = await house.sold({ ...ZHANG, name: '张叁' });
    const seen = await onDesk(
      { kind: 'correction', reason: 'wrong-data', ticket: { number: ticket.number }, correction: { name: '张三' } },
      'reviewing',
    );
    expect(codeOf(await house.review(seen.id, house.keys.operator, approve))).to.equal('reissue.not-your-desk');
    expect((await house.review(seen.id, house.keys.reviewer, approve)).status).to.equal(200);
    expect(await house.look(seen)).to.include({ status: 'fee_due' });
    const paid = await house.step(seen, 'payments', { method: 'sandbox' }, 10);
    expect(paid.status, paid.text).to.equal(201);
    await house.becomes(seen, 'reissued');
    const command = house.asked.find(
      ({ type, data }) => type === reissueTicket.type && JSON.stringify(data).includes(seen.id),
    );
    expect(command?.data).to.have.nested.property('traveller.idType', 'id_card');
    expect(JSON.stringify(command?.data)).not.to.include('张三');
  });

  it('REI-22 of a ride on a road nothing is charged, whatever its seller is besides', async () => {
    // Sold by a site, under rules with a fee of 5 yuan.
    const { idType, idNumber } = { idType: 'passport', idNumber: 'E55500011' } as const;
    const ticket = await house.sold({ name: '张叁', idType, idNumber }, undefined, undefined, 'trip');
    const seen = await onDesk(
      {
        ...{ kind: 'correction', reason: 'wrong-data', ticket: { number: ticket.number } },
        ...{ correction: { name: '张三' }, proof: { document: { idType, idNumber } } },
      },
      'reviewing',
    );
    expect((await house.review(seen.id, house.keys.reviewer, approve)).status).to.equal(200);
    await house.becomes(seen, 'reissued');
  });

  it('REI-22 used while it was being decided and paid for: refused with that, and the fee goes back', async () => {
    const ticket = await house.sold({ name: '吴十', idType: 'passport', idNumber: 'E55555555' });
    const seen = await onDesk(
      {
        kind: 'correction',
        reason: 'wrong-data',
        proof: { document: { idType: 'passport', idNumber: 'E55555555' } },
        ticket: { number: ticket.number },
        correction: { name: '李四' },
      },
      'reviewing',
    );
    await house.review(seen.id, house.keys.reviewer, approve);
    const right = house.rights.get(ticket.rightId);
    if (right !== undefined) right.used = true;
    await house.step(seen, 'payments', { method: 'sandbox' }, 5);
    const refused = await house.becomes(seen, 'refused');
    expect(refused.refusal).to.include({ reason: 'sales.ticket-used' });
    await eventually('the fee is back', async () => (await house.look(seen)).refunds[0]?.status === 'done');
  });

  it('REI-22 a fee that finance could not pay back stands in the case and in the list of staff, until it has', async () => {
    const document = { idType: 'passport', idNumber: 'E55555556' } as const;
    const ticket = await house.sold({ name: '吴十', ...document });
    const correction = { kind: 'correction', reason: 'wrong-data', correction: { name: '李四' } };
    const seen = await onDesk({ ...correction, proof: { document }, ticket: { number: ticket.number } }, 'reviewing');
    await house.review(seen.id, house.keys.reviewer, approve);
    const right = house.rights.get(ticket.rightId);
    if (right !== undefined) right.used = true;
    house.payNothingBack('account-closed');
    await house.step(seen, 'payments', { method: 'sandbox' }, 5);
    await eventually('it has failed', async () => (await house.look(seen)).refunds[0]?.status === 'failed');
    house.payNothingBack(undefined);
    const failed = async (): Promise<string> =>
      (await house.call('/api/v1/reissue-applications?refundFailed=yes', { apiKey: house.keys.manager })).text;
    expect(await failed())
      .to.include(seen.id)
      .and.include('account-closed');
    const shown = await house.call(`/api/v1/reissue-applications/${seen.id}`, { token: seen.accessToken });
    expect(shown.text).to.include('退款未成功').and.not.include('account-closed');
    const { failedRefunds } = z
      .object({
        failedRefunds: z.array(
          z.object({ refundId: z.string(), paymentId: z.string(), amount: z.object({ amount: z.number() }) }),
        ),
      })
      .parse(staffOf(await house.call(`/api/v1/reissue-applications/${seen.id}`, { apiKey: house.keys.reviewer })));
    const [{ refundId, paymentId, amount } = { refundId: '', paymentId: '', amount: { amount: 0 } }] = failedRefunds;
    await house.tellFinance(paymentRefunded, {
      ...{ refundId, paymentId, amount: amount.amount, orderId: seen.id, method: 'sandbox', reason: 'cancelled' },
      refundedAt: new Date().toISOString(),
    });
    await eventually('it is paid', async () => (await house.look(seen)).refunds[0]?.status === 'done');
    expect(await failed()).not.to.include(seen.id);
  });

  it('REI-04 a ticket that is used during the approval ends the case', async () => {
    const ticket = await house.sold({ name: '周九', idType: 'passport', idNumber: 'E44444444' });
    const proof = { document: { idType: 'passport', idNumber: 'E44444444' } };
    const seen = await onDesk({ ticket: { number: ticket.number }, reason: 'damaged', proof });
    const { rightId, number: ticketNumber, orderId } = ticket;
    const about = { rightId, ticketNumber, orderId, productId: 'prd_1', amount: 12_000, gateId: 'gat_1' };
    await house.tellSales(ticketUsed, { ...about, usedAt: new Date().toISOString() });
    expect((await house.becomes(seen, 'refused')).refusal).to.include({ reason: 'reissue.ticket-used' });
  });

  it('REI-11 a document that is not this person’s suspends the case until a reviewer clears it', async () => {
    const stranger = { name: '王五', idType: 'passport', idNumber: 'E12340009' } as const;
    const ticket = await house.sold(stranger);
    const proof = { document: { idType: stranger.idType, idNumber: stranger.idNumber } };
    const seen = await onDesk({ ticket: { number: ticket.number }, proof }, 'risk_check');
    expect(codeOf(await house.review(seen.id, house.keys.reviewer, approve))).to.equal('reissue.risk-open');
    expect(
      (await house.review(seen.id, house.keys.reviewer, { action: 'clear-risk', reason: '电话核实' })).status,
    ).to.equal(200);
    expect((await house.review(seen.id, house.keys.reviewer, approve)).status).to.equal(200);
    await house.becomes(seen, 'reissued');
  });

  it('REI-41 refused, thawed, appealed to somebody else, and granted', async () => {
    const ticket = await house.sold({ name: '赵六', idType: 'passport', idNumber: 'E11111111' });
    const proof = { document: { idType: 'passport', idNumber: 'E11111111' } };
    const seen = await onDesk({ ticket: { number: ticket.number }, proof });
    await house.review(seen.id, house.keys.operator, refuse);
    await eventually('thawed', () => house.rights.get(ticket.rightId)?.frozenBy === undefined);
    expect((await house.step(seen, 'appeal', { words: '票是我买的' })).status).to.equal(200);
    await eventually('frozen again', () => house.rights.get(ticket.rightId)?.frozenBy === seen.id);
    expect(codeOf(await house.review(seen.id, house.keys.operator, approve))).to.equal('reissue.not-your-desk');
    expect((await house.review(seen.id, house.keys.reviewer, approve)).status).to.equal(200);
    await house.becomes(seen, 'reissued');
  });

  it('REI-41 REI-04 used before the appeal could freeze it again: refused with that, for good', async () => {
    const ticket = await house.sold({ name: '郑一', idType: 'passport', idNumber: 'E11111112' });
    const proof = { document: { idType: 'passport', idNumber: 'E11111112' } };
    const seen = await onDesk({ ticket: { number: ticket.number }, proof });
    await house.review(seen.id, house.keys.operator, refuse);
    await eventually('thawed', () => house.rights.get(ticket.rightId)?.frozenBy === undefined);
    const right = house.rights.get(ticket.rightId);
    if (right !== undefined) right.used = true;
    expect((await house.step(seen, 'appeal', { words: '票是我买的' })).status).to.equal(200);
    const ended = await house.becomes(seen, 'refused');
    expect(ended.refusal).to.include({ reason: 'sales.ticket-used' });
    expect(codeOf(await house.step(seen, 'appeal', { words: '再次申诉' }))).to.equal('reissue.not-appealable');
  });

  it('PLA-04 staff decide nothing that they entered', async () => {
    const ticket = await house.sold({ name: '钱七', idType: 'passport', idNumber: 'E22222222' });
    const proof = { document: { idType: 'passport', idNumber: 'E22222222' } };
    const seen = await onDesk({ ticket: { number: ticket.number }, proof }, 'deciding', {
      apiKey: house.keys.operator,
    });
    expect(codeOf(await house.review(seen.id, house.keys.operator, approve))).to.equal('reissue.own-case');
    expect((await house.review(seen.id, house.keys.secondOperator, approve)).status).to.equal(200);
  });

  it('REI-21 what is wanted is brought, and the case lies on its desk again', async () => {
    const ticket = await house.sold({ name: '孙八', idType: 'passport', idNumber: 'E33333333' });
    const proof = { document: { idType: 'passport', idNumber: 'E33333333' } };
    const seen = await onDesk({ ticket: { number: ticket.number }, proof });
    await house.review(seen.id, house.keys.operator, { action: 'ask-material', what: '购票记录截图' });
    expect(await house.look(seen)).to.have.nested.property('material.what', '购票记录截图');
    expect((await house.step(seen, 'material', { words: '微信账单 11 月 20 日' })).status).to.equal(200);
    expect(await house.look(seen)).to.include({ status: 'deciding' });
    expect((await house.step(seen, 'withdrawal')).status).to.equal(200);
    await eventually('thawed', () => house.rights.get(ticket.rightId)?.frozenBy === undefined);
  });
});
