// Letting in, on real servers, where what an instance recalls of a ticket is old: a gate that asks again is told what it was told, room is
// taken for as many as come in, and a document finds today's ticket among many.
import { freshKey } from '@tongpiao/service-shell/trial';
import type { Running } from '@tongpiao/service-shell';
import { idCheckCharacter } from '@tongpiao/kernel';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import type { RightState, SoldRight } from '../right/right.ts';
import { codeOf, GATES, inDays, SITE, type Offer, type Reply } from '../sales-house.fixture.ts';
import { openGateHouse, type GateHouse } from './gate-house.fixture.ts';

const answerShape = z.looseObject({
  outcome: z.string(),
  reason: z.string().optional(),
  ticket: z.looseObject({ number: z.string(), entriesLeft: z.number() }).optional(),
});
const documentOf = (sequence: number): string => {
  const number = `11010519800101${String(sequence).padStart(3, '0')}`;
  return number + idCheckCharacter(number);
};

describe('SAL-40 letting in', function () {
  this.timeout(60_000);
  let world: GateHouse;
  let second: Running;
  let offer: Offer;
  let session: string;

  before(async () => {
    world = await openGateHouse();
    second = await world.house.start();
    const type = { realName: false, eligibility: [], limits: {}, accompanied: false };
    const named = (code: string, more: object): object => ({ ...type, code, name: { zh: code, en: code }, ...more });
    offer = await world.house.offer({}, 1, {
      ticketTypes: [
        named('single', { entries: 1 }),
        named('thrice', { entries: 3 }),
        named('group', { entries: 1, admits: 10 }),
        named('person', { entries: 1, realName: true }),
      ],
      prices: ['single', 'thrice', 'group', 'person'].map((ticketType) => ({ ticketType, amount: 12_000 })),
    });
    session = await world.house.session(offer.productId, 1_000);
  });
  after(async () => world.stop());

  async function bought(code: string, document?: string): Promise<{ qr: string; number: string; orderId: string }> {
    const line = { sessionId: session, ticketTypeId: offer.types[code] ?? '' };
    const travellers = [{ name: '张三丰', idType: 'id_card', idNumber: document ?? '' }];
    const order = await world.house.placed([
      document === undefined ? { ...line, quantity: 1 } : { ...line, travellers },
    ]);
    await world.house.pay(order);
    const [issued] = (await world.house.becomes(order, 'fulfilled')).tickets;
    if (issued === undefined) throw new Error('no ticket');
    return { ...issued, orderId: order.id };
  }
  const scan = (credential: unknown, ask: { key?: string; people?: number; instance?: Running } = {}): Promise<Reply> =>
    world.house.call('/api/v1/check-ins', {
      apiKey: world.house.keys.gates[0] ?? '',
      ...(ask.key === undefined ? {} : { key: ask.key }),
      ...(ask.instance === undefined ? {} : { instance: ask.instance }),
      json: { gateId: GATES[0], credential, ...(ask.people === undefined ? {} : { people: ask.people }) },
    });
  async function said(...given: Parameters<typeof scan>): Promise<string> {
    const reply = await scan(...given);
    if (reply.status !== 200) return codeOf(reply);
    const { outcome, reason } = answerShape.parse(reply.body);
    return reason ?? outcome;
  }
  const today = { siteId: SITE, date: inDays(0) };
  const inside = async (): Promise<number> => (await world.counters.read(world.scope, today))?.inside ?? 0;
  async function correct(people: number): Promise<void> {
    const json = { inside: people, reason: '闭园清点人数' };
    const path = `/api/v1/sites/${SITE}/occupancy-corrections`;
    const reply = await world.house.call(path, { apiKey: world.house.keys.manager, json });
    expect(reply.status, reply.text).to.equal(200);
  }
  /** Both instances know. */
  async function carries(insideMax: number): Promise<void> {
    await world.house.carry(SITE, { insideMax, lightPercents: [97, 98, 100] });
    for (const instance of world.house.instances)
      await eventually('the limits', async () => {
        const path = `/api/v1/sites/${SITE}/occupancy`;
        const { text } = await world.house.call(path, { apiKey: world.house.keys.manager, instance });
        return text.includes(`"insideMax":${insideMax}`);
      });
  }
  async function rightOf(orderId: string): Promise<SoldRight> {
    const [found] = await world.rights.find(world.scope, { 'state.orderId': orderId });
    const state: RightState = found?.state ?? { status: 'none' };
    if (state.status === 'none') throw new Error('no right');
    return state;
  }
  const full = async (): Promise<void> => correct(20);

  it('PLA-32 a gate that lost the answer is told the same when the site is full by then, at either instance', async () => {
    const tickets = [await bought('thrice'), await bought('single')];
    await carries(20);
    for (const { qr, number } of tickets) {
      await full();
      const key = freshKey();
      // The first instance recalls the ticket as it is before it is used.
      expect(await said({ qr })).to.equal('capacity');
      await correct(0);
      expect(await said({ qr }, { key, instance: second })).to.equal('admitted');
      await full();
      for (const instance of [second, ...world.house.instances.slice(0, 1)])
        expect(await said({ qr }, { key, instance })).to.equal('admitted');
      expect(await said({ ticketNumber: number }, { key })).to.equal('platform.idempotency-key-reused');
      expect(await inside()).to.equal(20);
      const right = await world.rights.find(world.scope, { 'state.number': number });
      expect(right.map(({ state }) => state.status !== 'none' && state.uses.length)).to.deep.equal([1]);
      expect(right.map(({ state }) => state.status !== 'none' && state.refusedScans)).to.deep.equal([undefined]);
    }
    await correct(0);
  });

  it('PLA-32 a document that would open another ticket by then is told the same, and the other stays unused', async () => {
    const idNumber = documentOf(1);
    const { orderId, number } = await bought('person', idNumber);
    const { traveller } = await rightOf(orderId);
    const [other] = await world.seed([{ traveller, realName: true, date: inDays(-1) }]);
    if (other === undefined) throw new Error('not seeded');
    const shown = { idType: 'id_card', idNumber };
    const key = freshKey();
    const before = await inside();
    const first = answerShape.parse((await scan(shown, { key })).body);
    expect([first.outcome, first.ticket?.number]).to.deep.equal(['admitted', number]);
    for (const instance of world.house.instances) {
      const again = answerShape.parse((await scan(shown, { key, instance })).body);
      expect([again.outcome, again.ticket?.number]).to.deep.equal(['admitted', number]);
    }
    expect(await said({ idType: 'id_card', idNumber: documentOf(2) }, { key })).to.equal(
      'platform.idempotency-key-reused',
    );
    expect(await settled('people inside', inside)).to.equal(before + 1);
    const untouched = (await world.rights.load(world.scope, other.id))?.state;
    expect(untouched).to.include({ status: 'issued' });
    expect(await said(shown), 'another question').to.equal('admitted');
  });

  it('SAL-33 a document with many tickets for later days opens today’s', async () => {
    const idNumber = documentOf(3);
    const { orderId, number } = await bought('person', idNumber);
    const { traveller } = await rightOf(orderId);
    const later = Array.from({ length: 60 }, (_, index) => ({
      ...{ traveller, realName: true, date: inDays(2 + index) },
      validFrom: new Date(Date.now() + (2 + index) * 86_400_000).toISOString(),
      validUntil: new Date(Date.now() + (3 + index) * 86_400_000).toISOString(),
    }));
    await world.seed(later);
    const shown = { idType: 'id_card', idNumber };
    const answer = answerShape.parse((await scan(shown)).body);
    expect([answer.outcome, answer.ticket?.number]).to.deep.equal(['admitted', number]);
    expect(await said(shown)).to.equal('wrong-day');
  });

  it('SAL-43 room is taken for those of a group who come in, whatever an instance recalls of it', async () => {
    const groups = [await bought('group'), await bought('group')];
    for (const [index, [insideMax, before]] of (
      [
        [1_000, 0],
        [12, 9],
      ] as const
    ).entries()) {
      const qr = groups[index]?.qr;
      await carries(insideMax);
      await correct(0);
      expect(await said({ qr }, { people: 2 })).to.equal('admitted');
      expect(await said({ qr }, { people: 7, instance: second })).to.equal('admitted');
      await correct(before);
      // The first instance recalls eight; one is left.
      expect(await said({ qr }), String(insideMax)).to.equal('admitted');
      expect(await settled('people inside', inside), String(insideMax)).to.equal(before + 1);
      expect(await said({ qr })).to.equal('already-used');
    }
    await correct(0);
  });
});
