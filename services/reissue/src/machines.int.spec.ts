// REI-01 on real servers: what a reseller or a kiosk passes on, the customer says who stands before it. It proves, sees and decides no more
// than that customer could, under whichever key of the machine (PLA-05).
import { freshKey } from '@tongpiao/service-shell/trial';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { codeOf, openReissueHouse, seenOf, TENANT, type Reply, type ReissueHouse } from './reissue-house.fixture.ts';

const PATH = '/api/v1/reissue-applications';
const idsOf = ({ body }: Reply): readonly string[] =>
  z
    .looseObject({ items: z.array(z.looseObject({ id: z.string() })) })
    .parse(body)
    .items.map(({ id }) => id);

describe('REI-01 machines', function () {
  this.timeout(120_000);
  let house: ReissueHouse;
  before(async () => {
    house = await openReissueHouse();
  });
  after(() => house.stop());

  const date = (): string => new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const byPhone = (phone: string, phoneCode?: string): Readonly<Record<string, unknown>> => ({
    ...{ kind: 'replacement', reason: 'lost', tenantId: TENANT, ticket: { phone, date: date() } },
    ...(phoneCode === undefined ? {} : { proof: { phoneCode } }),
  });
  async function codeTo(phone: string): Promise<string> {
    const { code } = await eventually('the code', async () => {
      await house.call(`${PATH}/phone-codes`, { json: { tenantId: TENANT, phone, date: date() } });
      return house.codes.find(({ to }) => to === phone);
    });
    return code;
  }
  const machines = (): readonly (readonly [string, string])[] => [
    ['ota', house.keys.ota],
    ['kiosk', house.keys.kiosk],
  ];

  it('REI-02 a telephone and a day name a ticket for a machine only with a code to that telephone, as they do for anybody', async () => {
    for (const [kind, apiKey] of machines()) {
      const ticket = await house.sold(undefined, 12_000, { channel: 'ota' });
      const code = await codeTo(ticket.phone);
      const bare = await house.call(PATH, { apiKey, json: byPhone(ticket.phone) });
      expect([bare.status, codeOf(bare)], kind).to.deep.equal([422, 'reissue.phone-unproven']);
      const guess = await house.call(PATH, {
        apiKey,
        json: byPhone(ticket.phone, code === '1'.repeat(6) ? '2'.repeat(6) : '1'.repeat(6)),
      });
      expect([guess.status, codeOf(guess)], kind).to.deep.equal([422, 'reissue.proof-wrong']);
      const seen = seenOf(await house.call(PATH, { apiKey, json: byPhone(ticket.phone, code) }));
      expect(seen).to.have.nested.property('ticket.number', ticket.number);
      await house.becomes(seen, 'deciding');
    }
  });

  it('a reseller names tickets of its own channel; to others it is as if they were not there', async () => {
    const apiKey = house.keys.ota;
    const [own, others] = [await house.sold(undefined, 12_000, { channel: 'ota' }), await house.sold()];
    expect((await house.apply({ ticket: { number: own.number } }, { apiKey })).status).to.equal(201);
    // The copy is there: a guest finds it.
    await house.apply({ ticket: { number: others.number } });
    for (const named of [{ number: others.number }, { orderId: others.orderId }]) {
      const reply = await house.call(PATH, { apiKey, json: { kind: 'replacement', reason: 'lost', ticket: named } });
      expect([reply.status, codeOf(reply)]).to.deep.equal([404, 'reissue.ticket-not-found']);
    }
  });

  it('REI-04 what a machine says of a proof of purchase freezes nothing', async () => {
    for (const [kind, apiKey] of machines()) {
      const ticket = await house.sold(undefined, 12_000, { channel: 'ota' });
      const { id } = seenOf(await house.apply({ ticket: { number: ticket.number } }, { apiKey }));
      const reply = await house.call(`${PATH}/${id}/verification`, { apiKey, json: { purchaseProof: '微信支付记录' } });
      expect([reply.status, codeOf(reply)], kind).to.deep.equal([403, 'platform.forbidden']);
      expect(house.rights.get(ticket.rightId), kind).not.to.have.property('frozenBy');
    }
  });

  it('REI-54 a machine sees of a case what its applicant sees, and of the list its own', async () => {
    for (const [kind, apiKey] of machines()) {
      const ticket = await house.sold(undefined, 12_000, { channel: 'ota' });
      const begun = await house.apply({ ticket: { number: ticket.number } }, { apiKey });
      const { id } = seenOf(begun);
      const detail = await house.call(`${PATH}/${id}`, { apiKey });
      const list = await house.call(`${PATH}?desk=manager`, { apiKey });
      expect(idsOf(list), kind).to.include(id);
      for (const { body, text } of [begun, detail, list]) {
        expect(body, kind).not.to.have.property('staff');
        expect(text, kind).not.to.include('policyVersion').and.not.to.include('usr_');
      }
      expect((await house.call(`${PATH}/${id}/ticket-chain`, { apiKey })).status, kind).to.equal(404);
      expect(
        (await house.review(id, apiKey, { action: 'decide', verdict: 'approve', reason: '核对无误' })).status,
      ).to.equal(403);
    }
  });

  it('REI-22 whoever says at a machine that the fault is ours is charged like any applicant; a clerk who says so is believed', async () => {
    const read = await house.call('/api/v1/reissue-policy', { apiKey: house.keys.manager });
    const { version: _version, ...rules } = z.looseObject({ version: z.int() }).parse(read.body);
    const fees = [{ kind: 'replacement', amount: 300 }];
    const changed = await house.call('/api/v1/reissue-policy', {
      ...{ method: 'PUT', apiKey: house.keys.manager, ifMatch: read.etag },
      json: { rules: { ...rules, fees }, reason: '收取工本费' },
    });
    expect(changed.status, changed.text).to.equal(200);
    const outcome = async (apiKey: string): Promise<string> => {
      const ticket = await house.sold();
      const begun = seenOf(
        await house.apply({ ticket: { number: ticket.number }, reason: 'not-received' }, { apiKey }),
      );
      await house.step(begun, 'verification', { send: 'code' });
      const { code } = await eventually('the code', () => house.codes.find(({ to }) => to === ticket.phone));
      await house.step(begun, 'verification', { code });
      await house.becomes(begun, 'deciding');
      const decided = await house.review(begun.id, house.keys.operator, {
        ...{ action: 'decide', verdict: 'approve', reason: '核对无误' },
      });
      return seenOf(decided).status;
    };
    expect(await outcome(house.keys.kiosk)).to.equal('fee_due');
    expect(await outcome(house.keys.clerk)).to.equal('executing');
  });

  it('PLA-05 the next key of a machine has its open cases; another machine’s has none of them', async () => {
    const ticket = await house.sold(undefined, 12_000, { channel: 'ota' });
    const { id } = seenOf(await house.apply({ ticket: { number: ticket.number } }, { apiKey: house.keys.ota }));
    const next = house.machineKey('ota', 'ota_partner', 'key_otanext');
    const other = house.machineKey('ota', 'ota_other');
    const staff = await house.call(`${PATH}/${id}`, { apiKey: house.keys.operator });
    expect(staff.body).to.have.nested.property('staff.enteredBy', 'ota_partner');
    await eventually('the next key counts', async () => (await house.call(PATH, { apiKey: other })).status === 200);
    expect((await house.call(`${PATH}/${id}`, { apiKey: next })).status).to.equal(200);
    expect(idsOf(await house.call(PATH, { apiKey: next }))).to.include(id);
    expect((await house.call(`${PATH}/${id}`, { apiKey: other })).status).to.equal(404);
    expect(idsOf(await house.call(PATH, { apiKey: other }))).to.deep.equal([]);
  });

  describe('PLA-32 an application that is sent again', () => {
    it('with a proof that was wrong is refused as before; with one that was right it is the same case', async () => {
      const document = { idType: 'passport', idNumber: 'E90000001' } as const;
      const ticket = await house.sold({ name: '赵六', ...document });
      for (const [idNumber, status] of [
        ['E90000002', 422],
        [document.idNumber, 201],
      ] as const) {
        const json = { ticket: { number: ticket.number }, proof: { document: { ...document, idNumber } } };
        const key = freshKey();
        const [first, again] = [await house.apply(json, { key }), await house.apply(json, { key })];
        expect([first.status, again.status]).to.deep.equal([status, status]);
        if (status === 201)
          expect(seenOf(again)).to.include({ id: seenOf(first).id, accessToken: seenOf(first).accessToken });
        else expect([codeOf(first), codeOf(again)]).to.deep.equal(['reissue.proof-wrong', 'reissue.proof-wrong']);
      }
    });

    it('needs no code that is still good, and tells nothing of another telephone', async () => {
      const [mine, theirs] = [await house.sold(), await house.sold()];
      const code = await codeTo(mine.phone);
      await codeTo(theirs.phone);
      const key = freshKey();
      const first = await house.call(PATH, { key, json: byPhone(mine.phone, code) });
      expect(first.status, first.text).to.equal(201);
      const wrong = code === '1'.repeat(6) ? '2'.repeat(6) : '1'.repeat(6);
      await eventually('the telephone has had its tries', async () => {
        const guess = await house.call(PATH, { json: byPhone(mine.phone, wrong) });
        return codeOf(guess) === 'reissue.code-over';
      });
      const again = await house.call(PATH, { key, json: byPhone(mine.phone, code) });
      expect([again.status, seenOf(again).id]).to.deep.equal([201, seenOf(first).id]);
      for (const phone of [theirs.phone, '13900000002']) {
        const other = await house.call(PATH, { key, json: byPhone(phone, code) });
        expect([other.status, codeOf(other)], phone).to.deep.equal([422, 'platform.idempotency-key-reused']);
      }
    });
  });
});
