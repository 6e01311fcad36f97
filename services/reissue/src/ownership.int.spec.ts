// Whose ticket it is, shown without a code to the case (REI-04): by the order's token, by being its signed-in buyer; and a ticket that is
// named by a telephone and a day, which only whoever holds the telephone learns anything from (REI-02).
import { randomBytes } from 'node:crypto';
import { sha256 } from '@tongpiao/persistence';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { codeOf, openReissueHouse, seenOf, TENANT, type Reply, type ReissueHouse } from './reissue-house.fixture.ts';

const freshToken = (): string =>
  `tpo_ord_0a5d8k2m7q9x3c6v1b4n~7f3k9q2m5x8c4v6b1n0a~${randomBytes(32).toString('base64url')}`;
const PATH = '/api/v1/reissue-applications';

describe('REI-04 whose ticket it is', function () {
  this.timeout(120_000);
  let house: ReissueHouse;
  before(async () => {
    house = await openReissueHouse();
  });
  after(() => house.stop());

  describe('the order’s token', () => {
    it('proves at once, and freezes what was lost', async () => {
      const orderToken = freshToken();
      const ticket = await house.sold(undefined, 12_000, { accessHash: sha256(orderToken) });
      const seen = seenOf(await house.apply({ ticket: { number: ticket.number }, proof: { orderToken } }));
      await house.becomes(seen, 'deciding');
      expect(house.rights.get(ticket.rightId)).to.include({ frozenBy: seen.id });
    });

    it('of another order proves nothing, nor does any where sales has told none', async () => {
      const orderToken = freshToken();
      const mine = await house.sold(undefined, 12_000, { accessHash: sha256(freshToken()) });
      const untold = await house.sold();
      for (const { number, rightId } of [mine, untold]) {
        const reply = await house.apply({ ticket: { number }, proof: { orderToken } });
        expect([reply.status, codeOf(reply)]).to.deep.equal([422, 'reissue.proof-wrong']);
        expect(house.rights.get(rightId)).not.to.have.property('frozenBy');
      }
      const odd = await house.call(PATH, {
        json: {
          ...{ kind: 'replacement', reason: 'lost', ticket: { number: mine.number } },
          proof: { orderToken: 'tpr_of_something_else_00' },
        },
      });
      expect(odd.status).to.equal(400);
    });

    it('comes later, too, and wrong ones are counted', async () => {
      const orderToken = freshToken();
      const ticket = await house.sold(undefined, 12_000, { accessHash: sha256(orderToken) });
      const seen = seenOf(await house.apply({ ticket: { number: ticket.number } }));
      for (let miss = 0; miss < 3; miss += 1) {
        const wrong = await house.step(seen, 'verification', { orderToken: freshToken() });
        expect(codeOf(wrong)).to.equal('reissue.proof-wrong');
      }
      expect((await house.step(seen, 'verification', { orderToken })).status).to.equal(200);
      // REI-11: who was wrong that often is looked at by a reviewer.
      await house.becomes(seen, 'reviewing');
    });
  });

  describe('REI-02 a ticket with a name', () => {
    const document = { idType: 'passport', idNumber: 'E77777701' } as const;

    it('is frozen by another proof, waits for the document of its purchase, and goes on with that one only', async () => {
      const ticket = await house.sold({ name: '赵六', ...document }, 12_000, { userId: 'usr_buyer00000002' });
      const buyer = house.tokenOf('usr_buyer00000002');
      const seen = seenOf(await house.apply({ ticket: { number: ticket.number } }, { token: buyer }));
      expect(seen).to.include({ status: 'verifying', frozen: true }).and.to.have.property('documentBy');
      await eventually('frozen', () => house.rights.get(ticket.rightId)?.frozenBy === seen.id);
      const decided = await house.review(seen.id, house.keys.manager, {
        ...{ action: 'decide', verdict: 'approve', reason: '核对无误' },
      });
      expect([decided.status, codeOf(decided)]).to.deep.equal([409, 'reissue.document-needed']);
      const show = (idNumber: string) =>
        house.call(`${PATH}/${seen.id}/verification`, {
          ...{ token: buyer, json: { document: { ...document, idNumber } } },
        });
      expect(codeOf(await show('E77777702'))).to.equal('reissue.proof-wrong');
      expect((await show(document.idNumber)).status).to.equal(200);
      await house.becomes(seen, 'deciding');
    });

    it('PLA-11 a ticket without one is: what staff have seen is kept sealed, noted for staff, and in plain for a purpose only', async () => {
      const ticket = await house.sold();
      const asked = seenOf(await house.apply({ ticket: { number: ticket.number } }, { apiKey: house.keys.clerk }));
      const told = '微信账单 4200001234567890 与取票码 8812';
      const at = `${PATH}/${asked.id}`;
      const vouched = await house.call(`${at}/verification`, {
        ...{ apiKey: house.keys.clerk, json: { purchaseProof: told } },
      });
      expect(vouched.status, vouched.text).to.equal(200);
      await house.becomes(asked, 'deciding');
      const detail = await house.call(at, { apiKey: house.keys.reviewer });
      expect(detail.body).to.have.nested.property('staff.proof.words', '***');
      expect(detail.text).not.to.include('8812');
      expect(detail.body).to.have.nested.property('staff.proof.by', 'usr_clerk');
      expect((await house.call(at, { token: asked.accessToken })).text).not.to.include('微信账单');
      expect(await house.stored('applications', {})).not.to.include('微信账单');
      const plain = await house.call(`${at}/reveal`, {
        ...{ apiKey: house.keys.reviewer, json: { purpose: '核对购票凭证' } },
      });
      expect(plain.body).to.include({ purchaseProof: told });
    });

    it('is not proven by what staff have seen of its purchase', async () => {
      const ticket = await house.sold({ name: '赵六', ...document });
      const asked = await house.apply({ ticket: { number: ticket.number } }, { apiKey: house.keys.clerk });
      const vouched = await house.call(`${PATH}/${seenOf(asked).id}/verification`, {
        ...{ apiKey: house.keys.clerk, json: { purchaseProof: '微信支付记录' } },
      });
      expect([vouched.status, codeOf(vouched)]).to.deep.equal([409, 'reissue.document-needed']);
      expect(house.rights.get(ticket.rightId)).not.to.have.property('frozenBy');
    });
  });

  describe('the signed-in buyer', () => {
    it('needs no proof; somebody else who is signed in does', async () => {
      const ticket = await house.sold(undefined, 12_000, { userId: 'usr_buyer00000000' });
      const stranger = house.tokenOf('usr_other00000000');
      const theirs = seenOf(await house.apply({ ticket: { number: ticket.number } }, { token: stranger }));
      expect(theirs.status).to.equal('submitted');
      const tried = await house.call(`${PATH}/${theirs.id}/verification`, { token: stranger, json: { login: true } });
      expect([tried.status, codeOf(tried)]).to.deep.equal([422, 'reissue.proof-wrong']);
      const guest = await house.step(theirs, 'verification', { login: true });
      expect(guest.status).to.equal(401);
      const buyer = house.tokenOf('usr_buyer00000000');
      const seen = seenOf(await house.apply({ ticket: { number: ticket.number } }, { token: buyer }));
      await house.becomes(seen, 'deciding');
    });
  });

  describe('REI-31 a ticket whose document was put right', () => {
    it('is found, and proven, by the right document, and not by the wrong one any more', async () => {
      const idType = 'passport';
      const [wrong, right] = ['E77777711', 'E77777712'];
      const ticket = await house.sold({ name: '赵六', idType, idNumber: wrong });
      const seen = seenOf(
        await house.apply({
          ...{ kind: 'correction', reason: 'wrong-data', ticket: { number: ticket.number } },
          ...{ correction: { idNumber: right }, proof: { document: { idType, idNumber: wrong } } },
        }),
      );
      await house.becomes(seen, 'reviewing');
      await house.review(seen.id, house.keys.reviewer, { action: 'decide', verdict: 'approve', reason: '核对无误' });
      const { newNumber } = await house.becomes(seen, 'reissued');
      const date = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
      const apply = (idNumber: string): Promise<Reply> => {
        const document = { idType, idNumber };
        const named = { tenantId: TENANT, ticket: { document, date }, proof: { document } };
        return house.call(PATH, { json: { kind: 'replacement', reason: 'damaged', ...named } });
      };
      expect(codeOf(await apply(wrong))).to.equal('reissue.ticket-not-found');
      const found = await apply(right);
      expect(found.status, found.text).to.equal(201);
      expect(seenOf(found)).to.have.nested.property('ticket.number', newNumber);
    });
  });

  describe('REI-02 by telephone and day', () => {
    const date = (): string => new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const ask = (json: Readonly<Record<string, unknown>>): Promise<Reply> =>
      house.call(`${PATH}/phone-codes`, { json: { tenantId: TENANT, ...json } });
    const apply = (phone: string, phoneCode?: string, more: Readonly<Record<string, unknown>> = {}): Promise<Reply> =>
      house.call(PATH, {
        json: {
          ...{ kind: 'replacement', reason: 'lost', tenantId: TENANT, ticket: { phone, date: date(), ...more } },
          ...(phoneCode === undefined ? {} : { proof: { phoneCode } }),
        },
      });
    const codeTo = async (phone: string): Promise<string> => {
      // The copy of the ticket may come a moment later than the question.
      const { code } = await eventually('the code', async () => {
        await ask({ phone, date: date() });
        return house.codes.find(({ to }) => to === phone);
      });
      return code;
    };

    it('whoever holds the telephone finds the ticket, and has proven it with that', async () => {
      const ticket = await house.sold();
      const code = await codeTo(ticket.phone);
      const seen = seenOf(await apply(ticket.phone, code));
      expect(seen).to.have.nested.property('ticket.number', ticket.number);
      await house.becomes(seen, 'deciding');
    });

    it('the day of the purchase does as well as that of the travel', async () => {
      const ticket = await house.sold();
      const code = await codeTo(ticket.phone);
      const named = { date: undefined, purchasedOn: '2026-11-28' };
      const other = await apply(ticket.phone, code, { date: undefined, purchasedOn: '2026-11-27' });
      expect(codeOf(other)).to.equal('reissue.ticket-not-found');
      expect(seenOf(await apply(ticket.phone, code, named))).to.have.nested.property('ticket.number', ticket.number);
    });

    it('PLA-11 a stranger learns nothing: the answers are the same whether the telephone has bought something or not', async () => {
      const ticket = await house.sold();
      await codeTo(ticket.phone);
      const nobody = '13900000001';
      const bought = await ask({ phone: ticket.phone, date: date() });
      const not = await ask({ phone: nobody, date: date() });
      expect([bought.status, bought.text]).to.deep.equal([202, not.text]);
      for (const phone of [ticket.phone, nobody]) {
        const bare = await apply(phone);
        expect([bare.status, codeOf(bare)]).to.deep.equal([422, 'reissue.phone-unproven']);
        const guess = await apply(phone, '000000');
        expect([guess.status, codeOf(guess)], phone).to.deep.equal([422, 'reissue.proof-wrong']);
      }
      await settled('codes', () => house.codes.length);
      expect(house.codes.some(({ to }) => to === nobody)).to.equal(false);
    });

    it('guesses are counted, by whichever request; then the right code is not good any more, either', async () => {
      const ticket = await house.sold();
      const code = await codeTo(ticket.phone);
      const wrong = code === '111111' ? '111112' : '111111';
      // More than two spans allow: one may end in between.
      const guesses = await Promise.all(Array.from({ length: 18 }, () => apply(ticket.phone, wrong)));
      const codes = guesses.map(codeOf);
      expect(codes.filter((each) => each === 'reissue.proof-wrong').length).to.be.within(1, 10);
      expect(codes).to.include('reissue.code-over');
      expect(codeOf(await apply(ticket.phone, code))).to.equal('reissue.code-over');
    });

    it('a code for a telephone proves nothing of a ticket that is named otherwise', async () => {
      const [mine, theirs] = [await house.sold(), await house.sold()];
      const code = await codeTo(mine.phone);
      const reply = await house.apply({ ticket: { number: theirs.number }, proof: { phoneCode: code } });
      expect(seenOf(reply)).to.include({ status: 'submitted', frozen: false });
    });

    it('bad input is refused by name', async () => {
      expect((await ask({ phone: '13800000000' })).status).to.equal(400);
      expect((await ask({ phone: '13800000000', date: 'tomorrow' })).status).to.equal(400);
      expect((await apply('13800000000', '12')).status).to.equal(400);
      const { phone } = await house.sold();
      const json = { kind: 'replacement', reason: 'lost', ticket: { phone, date: date() } };
      expect(codeOf(await house.call(PATH, { json }))).to.equal('reissue.tenant-required');
    });
  });
});
