// Manifests on real servers: what a gate is told, in pages, anew and of changes only; who may ask; and that a gate which follows them
// judges as the platform would.
import { openGate } from '@tongpiao/gate-verifier';
import { gateSynced } from '@tongpiao/contracts';
import { fen } from '@tongpiao/kernel';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { placeOf } from '../right/place.ts';
import { codeOf, GATES, inDays, OTHER_GATE, OTHER_SITE, SITE, type Reply } from '../sales-house.fixture.ts';
import { expectNotThere, openGateHouse, type GateHouse } from './gate-house.fixture.ts';

const pageShape = z.looseObject({
  begins: z.boolean(),
  more: z.boolean(),
  cursor: z.string(),
  tickets: z.array(z.tuple([z.string(), z.number()], z.unknown())),
  revocations: z.array(z.tuple([z.string(), z.number(), z.string()])),
});
type Page = z.output<typeof pageShape>;

describe('SAL-41 manifest of a gate', function () {
  this.timeout(60_000);
  let world: GateHouse;
  const [gate, sameSite] = GATES;

  before(async () => {
    world = await openGateHouse();
  });
  after(async () => world.stop());

  const ask = (gateId: string, apiKey: string, since?: string): Promise<Reply> =>
    world.house.call(
      `/api/v1/gates/${gateId}/manifest${since === undefined ? '' : `?since=${encodeURIComponent(since)}`}`,
      { apiKey },
    );
  const key = (): string => world.house.keys.gates[0] ?? '';
  async function page(since?: string): Promise<Page> {
    const reply = await ask(gate, key(), since);
    expect(reply.status, reply.text).to.equal(200);
    return pageShape.parse(reply.body);
  }
  async function all(since?: string): Promise<Page[]> {
    const pages = [await page(since)];
    for (let last = pages[0]; last?.more === true; last = pages[pages.length - 1]) pages.push(await page(last.cursor));
    return pages;
  }
  const numbersOf = (pages: readonly Page[]): string[] =>
    pages.flatMap(({ tickets }) => tickets.map(([number]) => number));
  const deadOf = (pages: readonly Page[]): Record<string, string> =>
    Object.fromEntries(pages.flatMap(({ revocations }) => revocations.map(([number, , reason]) => [number, reason])));

  it('PLA-02 is for the gate itself and for staff of its tenant', async () => {
    const { keys } = world.house;
    expect((await ask(gate, keys.gates[0] ?? '')).status).to.equal(200);
    expectNotThere(await ask(sameSite, keys.gates[0] ?? ''));
    expectNotThere(await ask(gate, keys.foreign));
    expectNotThere(await ask('gat_none', keys.gates[0] ?? ''));
    expect((await ask(gate, keys.clerk)).status).to.equal(403);
    expect((await world.house.call(`/api/v1/gates/${gate}/manifest`)).status).to.equal(401);
    const wrong = await ask(gate, keys.gates[0] ?? '', 'nonsense');
    expect([wrong.status, codeOf(wrong)]).to.deep.equal([400, 'sales.cursor-invalid']);
  });

  it('names the day’s tickets of its site, and revokes what is dead or has gone elsewhere', async () => {
    const seeded = await world.seed([
      {},
      { siteId: OTHER_SITE },
      { date: inDays(1), validFrom: `${inDays(3)}T00:00:00.000Z`, validUntil: `${inDays(4)}T00:00:00.000Z` },
      { date: inDays(-1) },
      {},
      {},
    ]);
    const [plain, elsewhere, later, lastNight, refunded, exchanged] = seeded.map(({ number }) => number);
    await world.change(seeded[4]?.id ?? '', {
      type: 'RefundTicket',
      refund: {
        refundId: 'rfd_1',
        fee: fen(0),
        returned: fen(12_000),
        reason: 'session-cancelled',
        at: new Date().toISOString(),
      },
    });
    const moved = await world.rights.load(world.scope, seeded[5]?.id ?? '');
    if (moved === undefined || moved.state.status === 'none') throw new Error('not seeded');
    const place = placeOf(
      { ...moved.state, unitAmount: moved.state.amount, siteId: OTHER_SITE, date: inDays(9) },
      { number: world.house.keys.clerk.slice(4, 19), qr: 'qr', holdId: 'hld_2' },
    );
    await world.change(seeded[5]?.id ?? '', {
      type: 'ExchangeTicket',
      exchangeId: 'exc_1',
      revision: 1,
      place,
      fee: fen(0),
      paid: fen(0),
      returned: fen(0),
      at: new Date().toISOString(),
    });
    const pages = await all();
    expect(numbersOf(pages)).to.include.members([plain, lastNight]);
    expect(numbersOf(pages)).to.not.include.members([elsewhere, later, refunded, exchanged]);
    expect(deadOf(pages)).to.deep.equal({ [refunded ?? '']: 'refunded', [exchanged ?? '']: 'exchanged' });
    const other = await ask(OTHER_GATE, world.house.keys.otherGate);
    expect(numbersOf([pageShape.parse(other.body)])).to.deep.equal([elsewhere]);
  });

  it('comes in pages without gaps, and then tells changes only', async () => {
    const seeded = await world.seed(Array.from({ length: 4_500 }, () => ({})));
    const pages = await all();
    expect(pages.map(({ begins, more }) => [begins, more])).to.deep.equal([
      [true, true],
      [false, true],
      [false, false],
    ]);
    const told = numbersOf(pages);
    expect(new Set(told).size).to.equal(told.length);
    expect(told).to.include.members(seeded.map(({ number }) => number));
    const cursor = pages[2]?.cursor ?? '';
    const [first] = seeded;
    await world.change(first?.id ?? '', {
      type: 'CheckIn',
      scan: { at: new Date().toISOString(), gateId: sameSite, siteId: SITE, date: inDays(0) },
    });
    const news = await all(cursor);
    expect(news[0]?.begins).to.equal(false);
    // What was written in the last minute is told once more: it may have been on its way.
    const used = news.flatMap(({ tickets }) => tickets).filter(([number]) => number === first?.number);
    expect(used[used.length - 1]).to.include.members([1, sameSite]);
  });

  it('REI-35 a gate that asks with the end of its list has it said that it holds it; a first reading says nothing', async () => {
    const heldBy = (): string[] =>
      world.house.said.flatMap(({ type, data }) => {
        const { gateId, heldOf } = z
          .looseObject({ gateId: z.string().optional(), heldOf: z.string().optional() })
          .parse(data);
        return type === gateSynced.type && gateId === gate && heldOf !== undefined ? [heldOf] : [];
      });
    const before = heldBy().length;
    const begun = Date.now();
    const pages = await all();
    expect(heldBy().length).to.equal(before);
    await page(pages.at(-1)?.cursor);
    const held = await eventually('it is said', () => heldBy()[before]);
    expect(Date.parse(held)).to.be.within(begun - 1_000, Date.now());
  });

  it('is compressed for whoever can read that', async () => {
    const path = `/api/v1/gates/${gate}/manifest`;
    const port = world.house.instances[0]?.httpPort ?? 0;
    const sizeOf = async (encoding: string): Promise<[string | null, number]> => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        headers: { 'x-api-key': key(), 'accept-encoding': encoding },
      });
      await answer.text();
      return [answer.headers.get('content-encoding'), Number(answer.headers.get('content-length'))];
    };
    const [[plainly, large], [packed, small]] = [await sizeOf('identity'), await sizeOf('gzip')];
    expect([plainly, packed]).to.deep.equal([null, 'gzip']);
    expect(small).to.be.below(large * 0.7);
  });

  /** In the middle of the signature: of the last character not every bit counts. */
  const flipped = (qr: string): string =>
    qr.replace(/(.)(.{20})$/, (_, one, rest) => `${one === 'A' ? 'B' : 'A'}${rest}`);

  it('is learned by a gate, which then judges real codes', async () => {
    const { house } = world;
    const offer = await house.offer();
    const session = await house.session(offer.productId, 10);
    const order = await house.placed([{ sessionId: session, ticketTypeId: offer.types['adult'] ?? '', quantity: 2 }]);
    await house.pay(order);
    const [listed, late] = (await house.becomes(order, 'fulfilled')).tickets;
    const verifier = await openGate({ gateId: gate });
    await eventually('the whole list', async () => {
      const cursor = verifier.cursor();
      const { more } = await verifier.learn((await ask(gate, key(), cursor)).body);
      return !more;
    });
    expect(await verifier.scan({ qr: listed?.qr ?? '' })).to.include({ admitted: true, listed: true });
    expect(await verifier.scan({ qr: listed?.qr ?? '' })).to.include({ reason: 'already-used' });
    expect(await verifier.scan({ qr: flipped(late?.qr ?? '') })).to.include({ reason: 'forged' });
    expect(await verifier.scan({ ticketNumber: late?.number ?? '' })).to.include({ admitted: true });
  });

  it('SAL-33 a gate without network finds a ticket by the document that is shown, and hands it in without its number', async () => {
    const { house } = world;
    const offer = await house.offer();
    const session = await house.session(offer.productId, 10);
    const [mine, yours] = ['11010519491231002X', '440524188001010014'];
    const travellers = [mine, yours].map((idNumber) => ({ name: '张三', idType: 'id_card', idNumber }));
    const order = await house.placed([{ sessionId: session, ticketTypeId: offer.types['named'] ?? '', travellers }]);
    await house.pay(order);
    const [first, second] = (await house.becomes(order, 'fulfilled')).tickets;
    const verifier = await openGate({ gateId: gate });
    await eventually('the whole list', async () => {
      const reply = await ask(gate, key(), verifier.cursor());
      for (const number of [mine, yours]) expect(reply.text).to.not.contain(number);
      return !(await verifier.learn(reply.body)).more;
    });
    const found = await verifier.scan({ idType: 'id_card', idNumber: mine.toLowerCase() });
    expect(found).to.include({ admitted: true, number: first?.number });
    expect(await verifier.scan({ idType: 'passport', idNumber: 'E12345678' })).to.include({ reason: 'unknown' });
    const scans = verifier.pending();
    expect(await verifier.scan({ qr: second?.qr ?? '', idType: 'id_card', idNumber: mine })).to.include({
      reason: 'wrong-person',
    });
    const stolen = { ...scans[0], scanId: 'scn_stolen_01', credential: { ...scans[0]?.credential } };
    const uploaded = await house.call(`/api/v1/gates/${gate}/uploads`, {
      apiKey: key(),
      json: {
        sentAt: new Date().toISOString(),
        // The tag of one person, told with the ticket of another.
        scans: [
          ...verifier.pending(),
          { ...stolen, credential: { ...stolen.credential, ticketNumber: second?.number } },
        ],
      },
    });
    const { scans: answers } = z
      .object({ scans: z.array(z.looseObject({ outcome: z.string(), truth: z.string() })) })
      .parse(uploaded.body);
    expect(answers.map(({ outcome, truth }) => [outcome, truth])).to.deep.equal([
      ['recorded', 'admissible'],
      ['recorded', 'unknown'],
      ['recorded', 'wrong-person'],
      ['incident', 'wrong-person'],
    ]);
    const ticket = await house.call(`/api/v1/tickets/${first?.number ?? ''}`, { token: order.token });
    expect(ticket.body).to.include({ status: 'used' });
  });
});
