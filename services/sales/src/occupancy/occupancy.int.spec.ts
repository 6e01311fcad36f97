// How full a site is, on real servers: people are counted with their tickets, a limit holds however many come at once, red stops entry and
// sales, and what a crash leaves wrong is mended (SAL-43).
import { availabilityChanged } from '@tongpiao/contracts';
import { eventually, settled } from '@tongpiao/testing';
import { freshKey } from '@tongpiao/service-shell/trial';
import type { Running } from '@tongpiao/service-shell';
import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { codeOf, GATES, inDays, OTHER_GATE, OTHER_SITE, SITE, type Offer, type Reply } from '../sales-house.fixture.ts';
import { expectNotThere, openGateHouse, type GateHouse, type Seeded } from '../gate/gate-house.fixture.ts';

const viewShape = z.object({
  light: z.string(),
  insidePercent: z.number().optional(),
  dayPercent: z.number().optional(),
  figures: z
    .looseObject({
      inside: z.number(),
      entered: z.number(),
      exited: z.number(),
      corrected: z.number(),
      uncounted: z.number(),
      corrections: z.array(z.looseObject({ from: z.number(), to: z.number(), by: z.string(), reason: z.string() })),
    })
    .optional(),
});
type View = z.output<typeof viewShape>;
type Figures = NonNullable<View['figures']>;
const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
const today = (): { siteId: string; date: string } => ({ siteId: SITE, date: inDays(0) });
const outcomeShape = z.looseObject({ outcome: z.string(), reason: z.string().optional() });

describe('SAL-43 occupancy of a site', function () {
  this.timeout(90_000);
  let world: GateHouse;
  let second: Running;
  let aheadMs = 0;
  let dies = false;
  let offer: Offer;

  before(async () => {
    const alike = { clock: () => new Date(Date.now() + aheadMs), settings: { OCCUPANCY_SWEEP_SECONDS: '0.2' } };
    world = await openGateHouse({
      ...alike,
      faults: {
        at(point, { collection }) {
          if (!dies || point !== 'afterCommit' || collection !== 'rights') return;
          dies = false;
          throw new Error('killed after the ticket');
        },
      },
    });
    second = await world.house.start(alike);
    offer = await world.house.offer();
  });
  after(async () => world.stop());

  const call = (path: string, json: unknown, apiKey: string, key?: string): Promise<Reply> =>
    world.house.call(path, { apiKey, json, ...(key === undefined ? {} : { key }) });
  async function view(siteId = SITE): Promise<View> {
    const reply = await world.house.call(`/api/v1/sites/${siteId}/occupancy`, { apiKey: world.house.keys.manager });
    expect(reply.status, reply.text).to.equal(200);
    return viewShape.parse(reply.body);
  }
  async function figures(siteId = SITE): Promise<Figures> {
    const { figures: seen } = await view(siteId);
    if (seen === undefined) throw new Error('staff see figures');
    return seen;
  }
  async function correct(inside: number, siteId = SITE): Promise<View> {
    const path = `/api/v1/sites/${siteId}/occupancy-corrections`;
    const reply = await call(path, { inside, reason: '闭园清点人数' }, world.house.keys.manager);
    expect(reply.status, reply.text).to.equal(200);
    return viewShape.parse(reply.body);
  }
  const exit = (people: number, more: { scanId?: string; key?: string } = {}): Promise<Reply> =>
    call(
      `/api/v1/gates/${GATES[0]}/exits`,
      { people, ...(more.scanId === undefined ? {} : { scanId: more.scanId }) },
      world.house.keys.gates[0] ?? '',
      more.key,
    );
  async function enter(
    { number }: Seeded,
    ask: { gate?: 0 | 1; key?: string; people?: number; instance?: Running } = {},
  ): Promise<string> {
    const { gate = 0, people, instance, key } = ask;
    const reply = await world.house.call('/api/v1/check-ins', {
      apiKey: world.house.keys.gates[gate] ?? '',
      ...(key === undefined ? {} : { key }),
      ...(instance === undefined ? {} : { instance }),
      json: { gateId: GATES[gate], credential: { ticketNumber: number }, ...(people === undefined ? {} : { people }) },
    });
    const { outcome, reason } = outcomeShape.parse(reply.body);
    return reason ?? outcome;
  }
  const seed = (count: number, change: Parameters<GateHouse['seed']>[0][number] = {}): Promise<readonly Seeded[]> =>
    world.seed(Array.from({ length: count }, () => change));
  async function one(change: Parameters<GateHouse['seed']>[0][number] = {}): Promise<Seeded> {
    const [seeded] = await seed(1, change);
    if (seeded === undefined) throw new Error('not seeded');
    return seeded;
  }
  const light = (wanted: string): Promise<View> =>
    eventually(`the light is ${wanted}`, async () => {
      const seen = await view();
      return seen.light === wanted && seen;
    });
  const told = (): string[] =>
    world.house.said
      .filter(({ type }) => type === 'sales.site.light-changed.v1')
      .map(({ data }) => (data as { light: string }).light);
  async function carries(capacity: Parameters<GateHouse['house']['carry']>[1]): Promise<void> {
    await world.house.carry(SITE, capacity);
    const isKnown = async (): Promise<boolean> =>
      JSON.stringify((await figures())['lightPercents']) === JSON.stringify(capacity.lightPercents);
    await eventually('the limits', isKnown);
  }

  it('counts people in with their tickets and out at the gates; the public sees no figures', async () => {
    const group = await one({ admits: 10 });
    expect(await enter(await one())).to.equal('admitted');
    expect(await enter(group, { people: 6, gate: 1 })).to.equal('admitted');
    expect(await enter(group, { people: 6 })).to.equal('too-many-people');
    await eventually('seven are inside', async () => (await figures()).inside === 7);
    expect((await exit(2)).status).to.equal(200);
    expect(await figures()).to.deep.include({ inside: 5, entered: 7, exited: 2 });
    const guest = await world.house.call(`/api/v1/sites/${SITE}/occupancy`);
    expect(Object.keys(guest.body as object).sort()).to.deep.equal(['at', 'date', 'light', 'siteId']);
    const stranger = await world.house.call(`/api/v1/sites/${SITE}/occupancy`, { apiKey: world.house.keys.foreign });
    expect(stranger.text).to.not.contain('figures');
    expectNotThere(await world.house.call('/api/v1/sites/sit_none/occupancy'));
  });

  it('PLA-32 what is told twice counts once', async () => {
    const before = await figures();
    const [key, scanId] = [freshKey(), `exit_${randomBytes(8).toString('hex')}`];
    const ticket = await one();
    expect([await enter(ticket, { key }), await enter(ticket, { key })]).to.deep.equal(['admitted', 'admitted']);
    await exit(1, { key });
    await exit(1, { key });
    await exit(1, { scanId });
    await exit(1, { scanId });
    await settled('the figures', () => figures());
    expect(await figures()).to.deep.include({ entered: before.entered + 1, exited: before.exited + 2 });
  });

  it('who goes out and was never counted in does not make room for others', async () => {
    await correct(1);
    await exit(4);
    const seen = await figures();
    expect([seen.inside, seen.uncounted]).to.deep.equal([1, 4]);
    await exit(1);
    expect((await figures()).inside).to.equal(0);
  });

  it('a correction sets the count, with reason and name, whatever moves meanwhile', async () => {
    const [a, b] = [correct(40), correct(40)];
    await Promise.all([a, b]);
    const seen = await figures();
    expect(seen.inside).to.equal(40);
    expect(seen.corrections.at(-1)).to.include({ to: 40, reason: '闭园清点人数' });
    expect(seen.corrections.at(-1)?.by).to.match(/^key_/);
    const path = `/api/v1/sites/${SITE}/occupancy-corrections`;
    const json = { inside: 1, reason: '闭园清点人数' };
    expect((await call(path, json, world.house.keys.gates[0] ?? '')).status).to.equal(403);
    expectNotThere(await call(path, json, world.house.keys.foreign));
    const wrong = await call(path, { inside: -1, reason: 'x' }, world.house.keys.manager);
    expect([wrong.status, codeOf(wrong)]).to.deep.equal([400, 'platform.invalid-request']);
    await correct(0);
  });

  async function rush(people: number): Promise<readonly string[]> {
    const tickets = await seed(people);
    return Promise.all(
      tickets.map((ticket, index) =>
        enter(ticket, { gate: index % 2 === 0 ? 0 : 1, ...(index % 3 === 0 ? { instance: second } : {}) }),
      ),
    );
  }

  it('the limit holds when many come at once at two gates and two instances; without a limit the same rush gets in', async () => {
    expect(new Set(await rush(60))).to.deep.equal(new Set(['admitted']));
    await eventually('all are counted', async () => (await figures()).inside === 60);
    await correct(0);
    const { entered } = await figures();
    await carries({ insideMax: 20, lightPercents: [97, 98, 100] });
    const answers = await rush(60);
    expect(answers.filter((word) => word === 'admitted')).to.have.length(20);
    expect(answers.filter((word) => word === 'capacity')).to.have.length(40);
    expect(await figures()).to.deep.include({ inside: 20, entered: entered + 20 });
    expect(await enter(await one({ admits: 30 }))).to.equal('capacity');
    await exit(20);
    await light('green');
  });

  it('the light rises and falls, and is told once each time', async () => {
    await carries({ insideMax: 20, lightPercents: [80, 90, 95] });
    const before = told().length;
    const steps: readonly (readonly [number, string])[] = [
      [16, 'yellow'],
      [18, 'orange'],
      [19, 'red'],
      [18, 'orange'],
      [15, 'green'],
    ];
    for (const [inside, wanted] of steps) expect((await correct(inside)).light).to.equal(wanted);
    await eventually('all changes are told', () => told().length >= before + steps.length);
    expect(told().slice(before)).to.deep.equal(['yellow', 'orange', 'red', 'orange', 'green']);
    await correct(0);
  });

  it('red stops entry, and sales for today there, and nothing else', async () => {
    const { house } = world;
    const [today, tomorrow] = [
      await house.session(offer.productId, 10),
      await house.session(offer.productId, 10, { date: inDays(1) }),
    ];
    const quote = (sessionId: string): Promise<Reply> =>
      house.call('/api/v1/quotes', {
        json: { lines: [{ sessionId, ticketTypeId: offer.types['adult'], quantity: 1 }] },
      });
    const order = (sessionId: string): Promise<Reply> =>
      house.place([{ sessionId, ticketTypeId: offer.types['adult'] ?? '', quantity: 1 }]);
    await correct(19);
    await light('red');
    const waiting = await one();
    expect(await enter(waiting)).to.equal('capacity');
    await eventually('sales hear of it', async () => (await quote(today)).status === 409);
    const refused = await quote(today);
    expect([codeOf(refused), refused.headers.get('retry-after')]).to.deep.equal(['sales.site-full', '60']);
    expect(codeOf(await order(today))).to.equal('sales.site-full');
    expect((await quote(tomorrow)).status).to.equal(200);
    const manifest = await house.call(`/api/v1/gates/${GATES[0]}/manifest`, { apiKey: house.keys.gates[0] ?? '' });
    expect(manifest.body).to.include({ light: 'red' });
    const elsewhere = await house.call(`/api/v1/gates/${OTHER_GATE}/manifest`, { apiKey: house.keys.otherGate });
    expect(elsewhere.body).to.include({ light: 'green' });
    await exit(5);
    await light('green');
    expect(await enter(waiting)).to.equal('admitted');
    await eventually('sales go on', async () => (await quote(today)).status === 200);
    await correct(0);
  });

  it('INV-05 while it is red buyers are shown no places of today, and why; then they are there again', async () => {
    const { house } = world;
    const [today, tomorrow] = [
      await house.session(offer.productId, 10),
      await house.session(offer.productId, 10, { date: inDays(1) }),
    ];
    const elsewhere = await house.session(offer.productId, 10, { siteId: OTHER_SITE });
    await house.tell('inventory', availabilityChanged, {
      sessions: [today, tomorrow, elsewhere].map((sessionId) => ({
        ...{ sessionId, capacity: 10, available: 7, revision: 1 },
      })),
    });
    const shape = z.object({
      sessions: z.array(z.looseObject({ id: z.string(), available: z.number(), siteFull: z.boolean().default(false) })),
    });
    const shown = async (): Promise<unknown[]> => {
      const reply = await house.call(`/api/v1/products/${offer.productId}/availability`);
      const { sessions } = shape.parse(reply.body);
      return [today, tomorrow, elsewhere].map((id) => {
        const found = sessions.find((session) => session.id === id);
        return [found?.available, found?.siteFull];
      });
    };
    const becomes = (...wanted: unknown[]): Promise<unknown> =>
      eventually('availability', async () => {
        const now = await shown();
        if (JSON.stringify(now) === JSON.stringify(wanted)) return true;
        throw new Error(JSON.stringify(now));
      });
    await becomes([7, false], [7, false], [7, false]);
    await correct(19);
    await light('red');
    await becomes([0, true], [7, false], [7, false]);
    await correct(0);
    await light('green');
    await becomes([7, false], [7, false], [7, false]);
  });

  it('the day’s limit does not come back when people leave', async () => {
    const { entered } = await figures();
    await carries({ dayMax: entered + 2, lightPercents: [1, 2, 100] });
    expect(await enter(await one({ admits: 3 }))).to.equal('capacity');
    expect(await enter(await one({ admits: 2 }))).to.equal('admitted');
    await exit(2);
    expect(await enter(await one())).to.equal('capacity');
    await carries({ lightPercents: [80, 90, 95] });
    await light('green');
    expect(await enter(await one())).to.equal('admitted');
  });

  it('people whom gates let in without network are counted, once', async () => {
    const before = await settled('the figures', () => figures());
    const tickets = await seed(5, { admits: 2 });
    const scans = tickets.map(({ number }) => ({
      scanId: `scn_${randomBytes(8).toString('hex')}`,
      at: new Date(Date.now() - 60_000).toISOString(),
      credential: { ticketNumber: number },
      decided: 'admitted',
    }));
    const json = { sentAt: new Date().toISOString(), scans };
    for (let times = 0; times < 2; times += 1)
      expect((await call(`/api/v1/gates/${GATES[1]}/uploads`, json, world.house.keys.gates[1] ?? '')).status).to.equal(
        200,
      );
    const after = await settled('the figures', () => figures());
    expect(after.entered).to.equal(before.entered + 10);
  });

  it('what a crash leaves wrong is mended, in both directions', async () => {
    await carries({ insideMax: 1_000, lightPercents: [80, 90, 95] });
    await correct(0);
    const before = await settled('the figures', () => figures());
    // Used, but given back: the process died between the ticket and its answer.
    dies = true;
    const ticket = await one();
    const died = await world.house.call('/api/v1/check-ins', {
      apiKey: world.house.keys.gates[0] ?? '',
      json: { gateId: GATES[0], credential: { ticketNumber: ticket.number } },
    });
    expect(died.status).to.equal(500);
    expect(await enter(ticket)).to.equal('already-used');
    expect((await figures()).entered).to.equal(before.entered);
    // Counted, but never in; and out, but never counted.
    await world.miscount({ inside: 7, entered: 7 }, 'entries');
    await world.miscount({ inside: 2, exited: -2 }, 'exits');
    expect((await figures()).inside).to.equal(before.inside + 9);
    aheadMs = 25 * 60_000;
    const mended = await eventually(
      'the counters are mended',
      async () => {
        const counters = await world.counters.read(world.scope, today());
        return counters?.inside === before.inside + 1 && counters;
      },
      { withinMs: 20_000 },
    );
    expect(mended).to.deep.include({ entered: before.entered + 1, exited: before.exited });
    aheadMs = 0;
  });

  it('people whom a gate without network let in on a ticket that was not good are counted as well, once, and a sweep leaves them in', async () => {
    const before = await settled('the figures', () => figures());
    const [twice, elsewhere, lastWeek, refused] = await seed(4);
    if (twice === undefined || elsewhere === undefined || lastWeek === undefined || refused === undefined)
      throw new Error('seed');
    await world.put(elsewhere.id, { siteId: OTHER_SITE });
    await world.put(lastWeek.id, { date: inDays(-7), validFrom: minutesAgo(9_000), validUntil: minutesAgo(8_000) });
    expect(await enter(twice)).to.equal('admitted');
    const told = (credential: object, more: object = {}): object => ({
      ...{ scanId: `scn_${randomBytes(8).toString('hex')}`, at: minutesAgo(1), credential, decided: 'admitted' },
      ...more,
    });
    const scans = [
      told({ ticketNumber: twice.number }),
      told({ ticketNumber: elsewhere.number }),
      told({ ticketNumber: lastWeek.number }, { people: 3, at: minutesAgo(1).replace('Z', '+00:00') }),
      told({ qr: 'TP1.no.qr.code' }, { people: 2 }),
      told({ ticketNumber: '000000000000000' }),
      told({ qr: 'TP1.no.qr.code' }, { decided: 'refused' }),
      told({ ticketNumber: refused.number }, { decided: 'refused' }),
      told({ qr: 'TP1.no.qr.code' }, { at: minutesAgo(97 * 60) }),
    ];
    const json = { sentAt: new Date().toISOString(), scans };
    for (let times = 0; times < 2; times += 1)
      expect((await call(`/api/v1/gates/${GATES[1]}/uploads`, json, world.house.keys.gates[1] ?? '')).status).to.equal(
        200,
      );
    const people = 1 + 1 + 1 + 3 + 2 + 1;
    const after = await settled('the figures', () => figures());
    expect([after.entered, after.inside]).to.deep.equal([before.entered + people, before.inside + people]);
    // What a crash between a hand-in and its count leaves out is found by the sweep, and no more than that.
    await world.miscount({ inside: -people, entered: -people }, 'entries');
    aheadMs = 35 * 60_000;
    await eventually(
      'the counters are mended',
      async () => (await world.counters.read(world.scope, today()))?.entered === after.entered,
      {
        withinMs: 20_000,
      },
    );
    aheadMs = 0;
  });

  it('a site at rest is mended after a minute, and not before', async () => {
    aheadMs = 36 * 60_000;
    expect(await enter(await one())).to.equal('admitted');
    const { entered, exited } = await settled('the figures', () => figures());
    await world.miscount({ inside: 4, entered: 4 }, 'entries', new Date(Date.now() + aheadMs));
    aheadMs += 50_000;
    await settled('what nobody mends yet', async () => JSON.stringify(await world.counters.read(world.scope, today())));
    expect((await world.counters.read(world.scope, today()))?.entered).to.equal(entered + 4);
    aheadMs += 20_000;
    await eventually('the counters are mended', async () => {
      const counters = await world.counters.read(world.scope, today());
      return counters?.entered === entered && counters.exited === exited;
    });
    aheadMs = 0;
  });

  it('PLA-02 exits are the gate’s own', async () => {
    const json = { people: 1 };
    expectNotThere(await call(`/api/v1/gates/${GATES[1]}/exits`, json, world.house.keys.gates[0] ?? ''));
    expectNotThere(await call(`/api/v1/gates/${GATES[0]}/exits`, json, world.house.keys.foreign));
    expect((await call(`/api/v1/gates/${GATES[0]}/exits`, json, world.house.keys.clerk)).status).to.equal(403);
    const wrong = await call(`/api/v1/gates/${GATES[0]}/exits`, { people: 0 }, world.house.keys.gates[0] ?? '');
    expect([wrong.status, codeOf(wrong)]).to.deep.equal([400, 'platform.invalid-request']);
    expect((await figures(OTHER_SITE)).inside).to.equal(0);
  });
});
