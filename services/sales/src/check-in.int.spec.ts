// At the gate, on real servers: every way to show a ticket, every reason that a gate gives, and two gates at the same moment.
import { randomBytes } from 'node:crypto';
import { eventually } from '@tongpiao/testing';
import { freshKey } from '@tongpiao/service-shell/trial';
import { formerTicketShown, reissueTicket, ticketScanned } from '@tongpiao/contracts';
import { decodeTicketPayload, idCheckCharacter, ticketNumberOf } from '@tongpiao/kernel';
import { newId } from '@tongpiao/persistence';
import { expect } from 'chai';
import { z } from 'zod';
import {
  codeOf,
  GATES,
  inDays,
  openSalesHouse,
  OTHER_GATE,
  TENANT,
  type Offer,
  type Placed,
  type Reply,
  type SalesHouse,
} from './sales-house.fixture.ts';

const documentOf = (sequence: number): string => {
  const number = `11010519700101${String(sequence).padStart(3, '0')}`;
  return number + idCheckCharacter(number);
};
const answerShape = z.looseObject({
  outcome: z.string(),
  reason: z.string().optional(),
  lastUse: z.looseObject({ at: z.string(), gateId: z.string(), gate: z.looseObject({ en: z.string() }) }).optional(),
  ticket: z.looseObject({ entriesLeft: z.number(), traveller: z.string().optional() }).optional(),
});
type Answer = z.output<typeof answerShape>;

describe('SAL-40 sales: check-in', function () {
  this.timeout(60_000);
  let house: SalesHouse;
  let offer: Offer;
  let sessionId: string;

  before(async () => {
    house = await openSalesHouse();
    await house.start();
    offer = await house.offer();
    sessionId = await house.session(offer.productId, 1_000);
  });
  after(async () => house.stop());

  type Shown = { readonly qr: string; readonly number: string; readonly order: Placed };
  async function ticket(wish: { session?: string; from?: Offer; document?: string } = {}): Promise<Shown> {
    const { session = sessionId, from = offer, document } = wish;
    const named = { travellers: [{ name: '张三丰', idType: 'id_card', idNumber: document ?? '' }] };
    const order = await house.placed([
      document === undefined
        ? { sessionId: session, ticketTypeId: from.types['adult'] ?? '', quantity: 1 }
        : { sessionId: session, ticketTypeId: from.types['named'] ?? '', ...named },
    ]);
    await house.pay(order);
    const [issued] = (await house.becomes(order, 'fulfilled')).tickets;
    if (issued === undefined) throw new Error('no ticket');
    return { ...issued, order };
  }
  const scan = (
    credential: unknown,
    gate = 0,
    ask: { key?: string; apiKey?: string; gateId?: string } = {},
  ): Promise<Reply> =>
    house.call('/api/v1/check-ins', {
      apiKey: ask.apiKey ?? house.keys.gates[gate] ?? '',
      ...(ask.key === undefined ? {} : { key: ask.key }),
      json: { gateId: ask.gateId ?? GATES[gate], credential },
    });
  const answer = async (...given: Parameters<typeof scan>): Promise<Answer> =>
    answerShape.parse((await scan(...given)).body);
  const said = ({ outcome, reason }: Answer): string => reason ?? outcome;

  it('admits once; the second time it says where and when', async () => {
    const { qr, order } = await ticket();
    expect(await answer({ qr })).to.include({ outcome: 'admitted' });
    const second = await answer({ qr }, 1);
    expect(second).to.include({ outcome: 'refused', reason: 'already-used' });
    expect(second.lastUse).to.deep.include({ gateId: GATES[0], gate: { zh: '1号闸机', en: 'Gate 1' } });
    await eventually('the price is earned', () =>
      house.heard(order.id).some(({ type }) => type === 'sales.ticket.used.v1'),
    );
    const seen = await house.call(`/api/v1/orders/${order.id}`, { token: order.token });
    expect(JSON.stringify(seen.body)).to.contain('"used"');
  });

  it('the order’s page shows the use to a reader that has it already', async () => {
    const { qr, order } = await ticket();
    const before = await house.call(`/api/v1/orders/${order.id}`, { token: order.token });
    await answer({ qr });
    const headers = { 'if-none-match': before.headers.get('etag') ?? '"1"' };
    expect((await house.call(`/api/v1/orders/${order.id}`, { token: order.token, headers })).status).to.equal(200);
  });

  it('PLA-32 a gate that lost the answer and asks again with its key is told the same', async () => {
    const { qr } = await ticket();
    const key = freshKey();
    expect([
      said(await answer({ qr }, 0, { key })),
      said(await answer({ qr }, 0, { key })),
      said(await answer({ qr }, 0)),
    ]).to.deep.equal(['admitted', 'admitted', 'already-used']);
  });

  it('PLA-32 the same key with another credential or other people is another request, and is refused', async () => {
    const [first, second] = [await ticket(), await ticket()];
    const key = freshKey();
    expect(said(await answer({ qr: first.qr }, 0, { key }))).to.equal('admitted');
    const nobodys = { ticketNumber: ticketNumberOf(TENANT, randomBytes(12)) };
    for (const other of [{ qr: second.qr }, { ticketNumber: first.number }, nobodys, { qr: 'TP1.no.qr.code' }]) {
      const reply = await scan(other, 0, { key });
      expect([reply.status, codeOf(reply)]).to.deep.equal([422, 'platform.idempotency-key-reused']);
    }
    const json = { gateId: GATES[0], credential: { qr: first.qr }, people: 1 };
    const counted = await house.call('/api/v1/check-ins', { json, key, apiKey: house.keys.gates[0] ?? '' });
    expect([counted.status, codeOf(counted)]).to.deep.equal([422, 'platform.idempotency-key-reused']);
    expect(said(await answer({ qr: second.qr }, 0))).to.equal('admitted');
  });

  it('PLA-32 one key with many credentials at the same moment: one is admitted, and room is taken for one', async () => {
    const tickets = await Promise.all(Array.from({ length: 6 }, () => ticket()));
    const key = freshKey();
    const replies = await Promise.all(tickets.map(({ qr }) => scan({ qr }, 0, { key })));
    expect(replies.map(({ status }) => status).sort()).to.deep.equal([200, 422, 422, 422, 422, 422]);
    const again = await Promise.all(tickets.map(({ qr }) => answer({ qr }, 0)));
    expect(again.map(said).sort()).to.deep.equal([
      'admitted',
      'admitted',
      'admitted',
      'admitted',
      'admitted',
      'already-used',
    ]);
  });

  it('ten scans at two gates at the same moment: one is admitted', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { qr } = await ticket();
      const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => answer({ qr }, index % 2)));
      expect(answers.map(said).sort()).to.deep.equal(
        ['admitted', ...Array.from({ length: 9 }, () => 'already-used')].sort(),
      );
    }
  });

  it('REI-34 who holds up a ticket that was reissued is refused, and it is told, once a minute and gate', async () => {
    const { qr, number, order } = await ticket();
    const [, , payload = ''] = qr.split('.');
    const rightId = decodeTicketPayload(payload)?.rightId ?? '';
    const applicationId = newId('rei', TENANT);
    await house.send(reissueTicket, { rightId, applicationId, reissueCode: 'RC-OF-THIS-SPEC', kind: 'replacement' });
    await eventually('it is replaced', async () => (await house.look(order)).tickets.length === 2);
    for (const gate of [0, 0, 1]) expect(said(await answer({ qr }, gate))).to.equal('superseded');
    expect(said(await answer({ ticketNumber: number }))).to.equal('superseded');
    const shown = await eventually('both gates are told of', () => {
      const told = house.heard(order.id).filter(({ type }) => type === formerTicketShown.type);
      return told.length < 2 ? undefined : told;
    });
    expect(shown.map(({ data }) => formerTicketShown.data.parse(data).gateId).sort()).to.deep.equal([...GATES].sort());
    expect(shown[0]?.data).to.include({ rightId, shownNumber: number, became: 'superseded', decided: 'refused' });
  });

  it('REI-11 who is refused with a ticket that is good otherwise is told of, once a minute and gate', async () => {
    const { qr, order } = await ticket({ session: await house.session(offer.productId, 10, { date: inDays(2) }) });
    for (const gate of [0, 0, 1]) expect(said(await answer({ qr }, gate))).to.equal('wrong-day');
    const told = await eventually('both gates are told of', () => {
      const scans = house.heard(order.id).filter(({ type }) => type === ticketScanned.type);
      return scans.length < 2 ? undefined : scans;
    });
    const scans = told.map(({ data }) => ticketScanned.data.parse(data));
    expect(scans.map(({ gateId }) => gateId).sort()).to.deep.equal([...GATES].sort());
    for (const { decided, reason } of scans) expect([decided, reason]).to.deep.equal(['refused', 'wrong-day']);
  });

  it('SAL-30 a code in which any one bit is another is forged', async () => {
    const { qr } = await ticket();
    const bytes = Buffer.from(qr, 'ascii');
    for (let index = 0; index < bytes.length; index += 7) {
      for (const bit of [0, 1, 3]) {
        const changed = Buffer.from(bytes);
        changed[index] = (changed[index] ?? 0) ^ (1 << bit);
        expect(said(await answer({ qr: changed.toString('latin1') })), `byte ${index}, bit ${bit}`).to.equal('forged');
      }
    }
    expect(said(await answer({ qr }))).to.equal('admitted');
  });

  it('by number, also when it is typed with what looks alike', async () => {
    const { number } = await ticket();
    expect(said(await answer({ ticketNumber: number.toLowerCase().replaceAll('0', 'o') }))).to.equal('admitted');
    const wrong = number.slice(0, -1) + (number.endsWith('2') ? '3' : '2');
    expect(said(await answer({ ticketNumber: wrong }))).to.equal('unknown');
  });

  it('SAL-33 by document alone', async () => {
    const document = documentOf(1);
    await ticket({ document });
    const shown = { idType: 'id_card', idNumber: document };
    const first = await answer(shown);
    expect([said(first), first.ticket?.traveller]).to.deep.equal(['admitted', '张*']);
    expect(said(await answer(shown))).to.equal('already-used');
    expect(said(await answer({ idType: 'id_card', idNumber: documentOf(2) }))).to.equal('unknown');
    expect(said(await answer({ idType: 'passport', idNumber: document }))).to.equal('unknown');
  });

  it('a document with tickets for several days opens today’s', async () => {
    const document = documentOf(3);
    const later = await house.session(offer.productId, 10, { date: inDays(2) });
    await ticket({ document, session: later });
    expect(said(await answer({ idType: 'id_card', idNumber: document }))).to.equal('wrong-day');
    await ticket({ document });
    expect(said(await answer({ idType: 'id_card', idNumber: document }))).to.equal('admitted');
  });

  it('SAL-42 a document that is not the traveller’s does not open their ticket', async () => {
    const { qr } = await ticket({ document: documentOf(4) });
    expect(said(await answer({ qr, idType: 'id_card', idNumber: documentOf(5) }))).to.equal('wrong-person');
    expect(said(await answer({ qr, idType: 'id_card', idNumber: 'nonsense' }))).to.equal('wrong-person');
    expect(said(await answer({ qr, idType: 'id_card', idNumber: documentOf(4) }))).to.equal('admitted');
  });

  it('SAL-42 several entries count down', async () => {
    const family = await house.offer({}, 3);
    const session = await house.session(family.productId);
    const { qr } = await ticket({ session, from: family });
    const answers = [];
    for (let index = 0; index < 4; index += 1) answers.push(await answer({ qr }, index % 2));
    expect(answers.map((entry) => [said(entry), entry.ticket?.entriesLeft])).to.deep.equal([
      ['admitted', 2],
      ['admitted', 1],
      ['admitted', 0],
      ['already-used', 0],
    ]);
  });

  it('another site, another day', async () => {
    const { qr } = await ticket();
    expect(said(await answer({ qr }, 0, { apiKey: house.keys.otherGate, gateId: OTHER_GATE }))).to.equal('wrong-site');
    const tomorrow = await house.session(offer.productId, 10, { date: inDays(1) });
    expect(said(await answer({ qr: (await ticket({ session: tomorrow })).qr }))).to.equal('wrong-day');
  });

  it('PLA-02 a gate of another tenant, or another gate’s key', async () => {
    const { qr } = await ticket();
    expect((await scan({ qr }, 0, { apiKey: house.keys.foreign })).status).to.be.oneOf([403, 422]);
    expect((await scan({ qr }, 0, { gateId: GATES[1] })).status).to.equal(422);
    expect((await scan({ qr }, 0, { apiKey: house.keys.clerk })).status).to.equal(403);
  });

  it('PLA-11 a plain name is shown with a permission and a purpose only', async () => {
    const { number, order } = await ticket({ document: documentOf(6) });
    const path = `/api/v1/tickets/${number}/reveal`;
    const json = { purpose: 'lost property office' };
    expect((await house.call(path, { apiKey: house.keys.clerk, json })).status).to.equal(403);
    expect((await house.call(path, { token: order.token, json })).status).to.equal(403);
    expect((await house.call(path, { apiKey: house.keys.manager, json })).body).to.deep.equal({
      name: '张三丰',
      idType: 'id_card',
      idNumber: documentOf(6),
    });
    expect((await house.call(`/api/v1/tickets/${number}`, { token: order.token })).text).to.not.contain(documentOf(6));
    const { number: nameless } = await ticket();
    const nobody = await house.call(`/api/v1/tickets/${nameless}/reveal`, { apiKey: house.keys.manager, json });
    expect([nobody.status, codeOf(nobody)]).to.deep.equal([404, 'sales.no-traveller']);
  });
});
