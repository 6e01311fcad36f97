// SAL-51 on real servers: a refund beyond the rules is asked for, decided by somebody else and carried out once; two who ask or decide at
// the same moment, tickets that change meanwhile, strangers, bad input, and deaths on the way.
import { carryOutRefundException, freezeTicket, thawTicket } from '@tongpiao/contracts';
import { decodeTicketPayload } from '@tongpiao/kernel';
import { newId } from '@tongpiao/persistence';
import { freshKey } from '@tongpiao/service-shell/trial';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import {
  codeOf,
  GATES,
  inDays,
  openSalesHouse,
  TENANT,
  type Offer,
  type Placed,
  type Reply,
  type SalesHouse,
} from './sales-house.fixture.ts';

const shape = z.looseObject({
  id: z.string(),
  status: z.string(),
  failure: z.string().optional(),
  requestedBy: z.string().optional(),
  decision: z.looseObject({ approved: z.boolean(), by: z.string().optional() }).optional(),
});
type Seen = z.output<typeof shape>;
const listShape = z.looseObject({ items: z.array(shape) });
const exceptionOf = (reply: Reply): Seen => shape.parse(reply.body);

describe('SAL-51 sales: refunds beyond the rules', function () {
  this.timeout(60_000);
  let house: SalesHouse;
  let offer: Offer;
  let sessionId: string;

  before(async () => {
    house = await openSalesHouse();
    await house.start();
    offer = await house.offer();
    sessionId = await house.session(offer.productId, 1_000, { date: inDays(3) });
  });
  after(async () => house.stop());

  type Bought = Placed & { readonly number: string };
  async function bought(wish: { from?: Offer; session?: string } = {}): Promise<Bought> {
    const { from = offer, session = sessionId } = wish;
    const order = await house.placed([{ sessionId: session, ticketTypeId: from.types['adult'] ?? '', quantity: 1 }]);
    await house.pay(order);
    const { tickets } = await house.becomes(order, 'fulfilled');
    return { ...order, number: tickets[0]?.number ?? '' };
  }
  type By = { readonly apiKey?: string; readonly token?: string; readonly key?: string; readonly wait?: number };
  const request = (
    ticket: Bought,
    by: By = { apiKey: house.keys.clerk },
    json: Record<string, unknown> = {},
  ): Promise<Reply> =>
    house.call(`/api/v1/tickets/${ticket.number}/refund-exceptions`, {
      ...by,
      json: { reason: '游客突发疾病', amount: 9_000, ...json },
    });
  const decide = (id: string, approve: boolean, by: By = { apiKey: house.keys.manager }): Promise<Reply> =>
    house.call(`/api/v1/refund-exceptions/${id}/decision`, { wait: 10, ...by, json: { approve, remark: '情况属实' } });
  const read = (id: string, by: By = { apiKey: house.keys.manager }): Promise<Reply> =>
    house.call(`/api/v1/refund-exceptions/${id}`, by);
  const withdraw = (id: string, by: By): Promise<Reply> =>
    house.call(`/api/v1/refund-exceptions/${id}/withdrawal`, { ...by, method: 'POST' });
  const requested = async (ticket: Bought, by?: By): Promise<string> => exceptionOf(await request(ticket, by)).id;
  const statusOf = async (ticket: Bought): Promise<string | undefined> =>
    (await house.look(ticket)).tickets.at(-1)?.status;
  const sentBack = async (ticket: Bought): Promise<number> =>
    (await house.look(ticket)).refunds.reduce((sum, { amount }) => sum + amount.amount, 0);

  it('asked for by a clerk, approved by a manager: the ticket is given back for just that amount', async () => {
    const ticket = await bought();
    const asked = await request(ticket);
    expect([asked.status, asked.body]).to.deep.include(201);
    expect(asked.body).to.deep.include({ status: 'requested', amount: { amount: 9_000, currency: 'CNY' } });
    expect(await statusOf(ticket), 'nothing has happened to it').to.equal('issued');
    const { id } = exceptionOf(asked);
    const answer = await decide(id, true);
    expect([answer.status, exceptionOf(answer).status]).to.deep.equal([200, 'done']);
    await house.becomes(ticket, 'refunded');
    await eventually('the money', async () => (await sentBack(ticket)) === 9_000);
    const told = await eventually('the holder is told', () =>
      house.heard(ticket.id).find(({ type }) => type === 'sales.order.tickets-refunded.v1'),
    );
    expect(told.data).to.deep.include({ reason: 'exception', fee: 3_000, returned: 9_000 });
  });

  it('asked for by the holder, who can see how it stands but not who of the staff decides', async () => {
    const ticket = await bought();
    const id = await requested(ticket, { token: ticket.token });
    const seen = await read(id, { token: ticket.token });
    expect(exceptionOf(seen)).to.include({ status: 'requested', requester: 'customer' });
    expect(seen.body).to.not.have.property('requestedBy');
    await decide(id, false);
    const refused = await read(id, { token: ticket.token });
    expect(exceptionOf(refused)).to.deep.include({ status: 'refused' });
    expect(exceptionOf(refused).decision).to.not.have.property('by');
    expect(exceptionOf(await read(id)).decision?.by).to.be.a('string');
    expect([await statusOf(ticket), await sentBack(ticket)]).to.deep.equal(['issued', 0]);
  });

  it('one open request for one ticket: the second is refused, at the same moment too; after its end there may be another', async () => {
    const ticket = await bought();
    const key = freshKey();
    const replies = await Promise.all([
      request(ticket, { apiKey: house.keys.clerk, key }),
      request(ticket, { apiKey: house.keys.clerk, key }),
      request(ticket, { apiKey: house.keys.manager }),
      request(ticket, { token: ticket.token }),
    ]);
    const made = new Set(replies.filter(({ status }) => status === 201).map((reply) => exceptionOf(reply).id));
    expect(made.size).to.equal(1);
    const codes = replies.filter(({ status }) => status !== 201).map(codeOf);
    expect(new Set(codes)).to.deep.equal(new Set(['sales.refund-exception-open']));
    const late = await request(ticket, { apiKey: house.keys.secondManager });
    expect([late.status, codeOf(late)]).to.deep.equal([409, 'sales.refund-exception-open']);
    const [id = ''] = made;
    await decide(id, false, { apiKey: house.keys.director });
    expect((await request(ticket, { apiKey: house.keys.clerk })).status).to.equal(201);
  });

  it('PLA-32 the same request again is the same, another one under its key is refused', async () => {
    const ticket = await bought();
    const key = freshKey();
    const first = await request(ticket, { apiKey: house.keys.clerk, key });
    expect(exceptionOf(await request(ticket, { apiKey: house.keys.clerk, key })).id).to.equal(exceptionOf(first).id);
    const other = await request(ticket, { apiKey: house.keys.clerk, key }, { amount: 1 });
    expect([other.status, codeOf(other)]).to.deep.equal([422, 'platform.idempotency-key-reused']);
    await decide(exceptionOf(first).id, true);
    const again = await request(ticket, { apiKey: house.keys.clerk, key });
    expect([again.status, exceptionOf(again).status]).to.deep.equal([201, 'done']);
  });

  it('nobody decides what they have asked for, in Chinese and in English', async () => {
    const id = await requested(await bought(), { apiKey: house.keys.manager });
    const own = await decide(id, true);
    expect([own.status, codeOf(own)]).to.deep.equal([403, 'sales.refund-exception-own']);
    const english = await house.call(`/api/v1/refund-exceptions/${id}/decision`, {
      apiKey: house.keys.manager,
      headers: { 'accept-language': 'en' },
      json: { approve: true, remark: 'fine' },
    });
    expect([own.text.includes('不能审批本人的申请'), english.text.includes('Not your own')]).to.deep.equal([
      true,
      true,
    ]);
    expect(exceptionOf(await decide(id, true, { apiKey: house.keys.secondManager })).status).to.equal('done');
  });

  it('the amount decides who may approve: the product’s bound, or 500 yuan', async () => {
    const strict = await house.offer({}, 1, { exceptions: { smallUpTo: 5_000 } });
    const session = await house.session(strict.productId, 10, { date: inDays(3) });
    const ticket = await bought({ from: strict, session });
    const id = await requested(ticket);
    const small = await decide(id, true);
    expect([small.status, codeOf(small)]).to.deep.equal([403, 'sales.refund-exception-too-large']);
    expect(codeOf(await decide(id, false))).to.equal('sales.refund-exception-too-large');
    expect((await decide(id, true, { apiKey: house.keys.clerk })).status).to.equal(403);
    expect(exceptionOf(await decide(id, true, { apiKey: house.keys.director })).status).to.equal('done');
    expect(exceptionOf(await decide(await requested(await bought()), true)).status).to.equal('done');
  });

  it('two who decide at the same moment: one decision, and the other is told that it is made', async () => {
    for (let round = 0; round < 5; round += 1) {
      const ticket = await bought();
      const id = await requested(ticket);
      const replies = await Promise.all([
        decide(id, true, { apiKey: house.keys.manager }),
        decide(id, false, { apiKey: house.keys.secondManager }),
        decide(id, true, { apiKey: house.keys.director }),
      ]);
      const refused = replies.filter(({ status }) => status !== 200);
      expect(refused.map((reply) => [reply.status, codeOf(reply)])).to.deep.equal([
        [409, 'sales.refund-exception-decided'],
        [409, 'sales.refund-exception-decided'],
      ]);
      const { status } = exceptionOf(await read(id));
      expect(await statusOf(ticket)).to.equal(status === 'done' ? 'refunded' : 'issued');
    }
  });

  it('a ticket that was used or exchanged meanwhile: the approval fails with the reason, and nobody is paid', async () => {
    const today = await house.session(offer.productId, 10, { date: inDays(0) });
    const used = await bought({ session: today });
    const usedId = await requested(used);
    const qr = (await house.look(used)).tickets[0]?.qr;
    await house.call('/api/v1/check-ins', {
      apiKey: house.keys.gates[0] ?? '',
      json: { gateId: GATES[0], credential: { qr } },
    });
    expect(exceptionOf(await decide(usedId, true))).to.include({ status: 'failed', failure: 'sales.ticket-used' });

    const other = await house.session(offer.productId, 10, { date: inDays(4) });
    const exchanged = await bought();
    const exchangedId = await requested(exchanged);
    const path = `/api/v1/tickets/${exchanged.number}/exchanges`;
    await house.call(path, { token: exchanged.token, wait: 10, json: { sessionId: other } });
    expect(exceptionOf(await decide(exchangedId, true))).to.include({ failure: 'sales.ticket-changed' });

    expect([await statusOf(used), await sentBack(used)]).to.deep.equal(['used', 0]);
    expect([await statusOf(exchanged), await sentBack(exchanged)]).to.deep.equal(['issued', 0]);
  });

  it('who has asked can take it back, nobody else, and not once it is decided', async () => {
    const ticket = await bought();
    const id = await requested(ticket);
    const others = await withdraw(id, { apiKey: house.keys.manager });
    expect([others.status, codeOf(others)]).to.deep.equal([403, 'sales.refund-exception-not-yours']);
    expect(exceptionOf(await withdraw(id, { apiKey: house.keys.clerk })).status).to.equal('withdrawn');
    expect(exceptionOf(await withdraw(id, { apiKey: house.keys.clerk })).status).to.equal('withdrawn');
    expect(codeOf(await decide(id, true))).to.equal('sales.refund-exception-decided');
    const again = await requested(ticket, { token: ticket.token });
    await decide(again, false);
    expect(codeOf(await withdraw(again, { token: ticket.token }))).to.equal('sales.refund-exception-decided');
  });

  it('PLA-02 strangers: another tenant’s staff, another order’s token, guests, staff without the permission', async () => {
    const [ticket, stranger] = [await bought(), await bought()];
    const id = await requested(ticket);
    const foreign = { apiKey: house.keys.foreign };
    expect((await request(ticket, foreign)).status).to.equal(404);
    expect((await read(id, foreign)).status).to.equal(404);
    expect((await decide(id, true, foreign)).status).to.equal(404);
    expect((await withdraw(id, foreign)).status).to.equal(404);
    expect(listShape.parse((await house.call('/api/v1/refund-exceptions', foreign)).body).items).to.deep.equal([]);
    expect((await request(ticket, { token: stranger.token })).status).to.equal(404);
    expect((await read(id, { token: stranger.token })).status).to.equal(404);
    expect((await withdraw(id, { token: stranger.token })).status).to.equal(404);
    expect((await decide(id, true, { token: ticket.token })).status).to.equal(403);
    expect((await request(ticket, {})).status).to.equal(401);
    expect((await request(ticket, { apiKey: house.keys.gates[0] ?? '' })).status).to.equal(404);
    expect((await house.call('/api/v1/refund-exceptions', { apiKey: house.keys.gates[0] ?? '' })).status).to.equal(403);
    expect(exceptionOf(await read(id)).status).to.equal('requested');
  });

  it('a clerk sees what they have asked for, a manager all; by status and by ticket', async () => {
    const [mine, theirs] = [await bought(), await bought()];
    const own = await requested(mine);
    const other = await requested(theirs, { apiKey: house.keys.manager });
    const ids = async (query: string, apiKey: string): Promise<string[]> =>
      listShape
        .parse((await house.call(`/api/v1/refund-exceptions${query}`, { apiKey })).body)
        .items.map(({ id }) => id);
    expect(await ids('', house.keys.clerk))
      .to.include(own)
      .and.not.include(other);
    expect(await ids('?status=requested', house.keys.secondManager)).to.include.members([own, other]);
    expect(await ids(`?ticketNumber=${theirs.number}`, house.keys.director)).to.deep.equal([other]);
    expect(await ids('?status=done', house.keys.director)).to.not.include(own);
    expect((await read(other, { apiKey: house.keys.clerk })).status).to.equal(404);
  });

  it('bad input is refused, and a ticket of which nothing can come back', async () => {
    const ticket = await bought();
    const clerk = { apiKey: house.keys.clerk };
    for (const json of [
      { amount: 0 },
      { amount: -1 },
      { amount: 1.5 },
      { amount: '9000' },
      { reason: ' a ' },
      { more: 1 },
    ])
      expect((await request(ticket, clerk, json)).status, JSON.stringify(json)).to.equal(400);
    const dear = await request(ticket, clerk, { amount: 12_001 });
    expect([dear.status, codeOf(dear)]).to.deep.equal([422, 'sales.refund-exception-amount']);
    expect((await request({ ...ticket, number: 'nonsense' }, clerk)).status).to.equal(400);
    const id = await requested(ticket);
    const manager = { apiKey: house.keys.manager };
    const decision = (json: unknown): Promise<Reply> =>
      house.call(`/api/v1/refund-exceptions/${id}/decision`, { ...manager, json });
    for (const json of [{}, { approve: 'yes', remark: '情况属实' }, { approve: true }, { approve: true, remark: '' }])
      expect((await decision(json)).status, JSON.stringify(json)).to.equal(400);
    expect((await house.call('/api/v1/refund-exceptions?status=nonsense', manager)).status).to.equal(400);
    expect((await house.call('/api/v1/refund-exceptions?cursor=nonsense', manager)).status).to.equal(400);
    await decide(id, true);
    const back = await request(ticket, clerk);
    expect([back.status, codeOf(back)]).to.deep.equal([409, 'sales.ticket-not-living']);
  });

  it('a slow one and another: what one has found in the way fails it for both, although the way is free by then', async () => {
    const ticket = await bought();
    const qr = (await house.look(ticket)).tickets[0]?.qr ?? '';
    const rightId = decodeTicketPayload(qr.split('.')[2] ?? '')?.rightId ?? '';
    const about = { rightId, applicationId: newId('rei', TENANT) };
    const ticketIs = (status: string): Promise<unknown> =>
      eventually(`the ticket is ${status}`, async () => (await statusOf(ticket)) === status);
    const id = await requested(ticket);
    await house.send(freezeTicket, about);
    await ticketIs('frozen');
    const pause = Promise.withResolvers<undefined>();
    let isStuck = false;
    const slow = await house.start({
      faults: {
        async at(point, { id }) {
          if (isStuck || point !== 'afterCommit' || id !== rightId) return;
          isStuck = true;
          await pause.promise;
        },
      },
    });
    for (const other of house.instances.filter((instance) => instance !== slow)) {
      house.instances.splice(house.instances.indexOf(other), 1);
      await other.stop();
    }
    try {
      const decision = decide(id, true);
      await eventually('one has found it frozen', () => isStuck);
      // What of these comes to the slow one waits there.
      await house.start();
      for (let time = 0; time < 4; time += 1) await house.send(thawTicket, about);
      await ticketIs('issued');
      for (let time = 0; time < 4; time += 1) await house.send(carryOutRefundException, { exceptionId: id });
      const failed = await eventually('the other has tried', async () => {
        const seen = exceptionOf(await read(id));
        return seen.status === 'approved' ? undefined : seen;
      });
      expect(failed).to.include({ status: 'failed', failure: 'sales.ticket-not-living' });
      pause.resolve(undefined);
      await decision;
      await settled('the money', () => sentBack(ticket));
      expect([await statusOf(ticket), await sentBack(ticket)]).to.deep.equal(['issued', 0]);
      expect(exceptionOf(await read(id)).status).to.equal('failed');
    } finally {
      pause.resolve(undefined);
    }
  });

  describe('dies on the way', () => {
    for (const [point, collection] of [
      ['afterCommit', 'refund_exceptions'],
      ['afterPublish', 'refund_exceptions'],
      ['afterCommit', 'rights'],
    ] as const) {
      it(`${point} in ${collection}: an approval is carried out, and once`, async () => {
        const ticket = await bought();
        let deaths = 0;
        let armed = false;
        const fragile = await house.start({
          faults: {
            at(at, context) {
              if (!armed || at !== point || context.collection !== collection || deaths >= 2) return;
              deaths += 1;
              throw new Error(`killed ${point}`);
            },
          },
        });
        for (const other of house.instances.filter((instance) => instance !== fragile)) {
          house.instances.splice(house.instances.indexOf(other), 1);
          await other.stop();
        }
        const id = await requested(ticket);
        armed = true;
        try {
          const key = freshKey();
          await eventually(
            'the decision',
            async () => (await decide(id, true, { apiKey: house.keys.manager, key })).status === 200,
          );
          await eventually('it is carried out', async () => exceptionOf(await read(id)).status === 'done', {
            withinMs: 30_000,
          });
          await house.send(carryOutRefundException, { exceptionId: id });
          await house.becomes(ticket, 'refunded');
          await settled('the money', () => sentBack(ticket));
          expect(await sentBack(ticket)).to.equal(9_000);
          expect(deaths).to.be.at.least(1);
        } finally {
          armed = false;
        }
      });
    }
  });
});
