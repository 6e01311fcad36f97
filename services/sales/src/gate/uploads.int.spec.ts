// Hand-ins on real servers: what gates without network decided is on record once, whatever is sent twice, late or by two at once, and
// what was not true is an incident that nobody can miss (SAL-41).
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { fen } from '@tongpiao/kernel';
import { randomBytes } from 'node:crypto';
import type { Running } from '@tongpiao/service-shell';
import { z } from 'zod';
import { codeOf, GATES, inDays, OTHER_GATE, SITE, type Reply } from '../sales-house.fixture.ts';
import type { SoldRight } from '../right/right.ts';
import { expectNotThere, openGateHouse, type GateHouse, type Seeded } from './gate-house.fixture.ts';

const [GATE, SECOND_GATE] = GATES;
const answerShape = z.object({
  receivedAt: z.string(),
  clock: z.object({ skewSeconds: z.number(), wrong: z.boolean() }),
  scans: z.array(
    z.object({
      scanId: z.string(),
      outcome: z.string(),
      truth: z.string().optional(),
      incidentId: z.string().optional(),
      code: z.string().optional(),
    }),
  ),
});
type Answer = z.output<typeof answerShape>;
const incidentShape = z.looseObject({
  id: z.string(),
  kind: z.string(),
  status: z.string(),
  gateId: z.string(),
  firstUse: z.object({ at: z.string(), gateId: z.string(), gate: z.unknown() }).optional(),
  scan: z.looseObject({ at: z.string(), gateId: z.string(), truth: z.string() }).optional(),
  shown: z.string().optional(),
  skewSeconds: z.number().optional(),
  closure: z.looseObject({ finding: z.string() }).optional(),
});
const listShape = z.object({ items: z.array(incidentShape), next: z.string().optional() });

type Told = {
  readonly scanId: string;
  readonly at: string;
  readonly credential: Readonly<Record<string, string>>;
  readonly people?: number;
  readonly decided: string;
};
const newScanId = (): string => `scn_${randomBytes(9).toString('hex')}`;
const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

describe('SAL-41 uploads of a gate', function () {
  this.timeout(60_000);
  let world: GateHouse;

  before(async () => {
    world = await openGateHouse();
  });
  after(async () => world.stop());

  const told = (ticket: Seeded | string, change: Partial<Told> = {}): Told => ({
    scanId: newScanId(),
    at: minutesAgo(10),
    credential: typeof ticket === 'string' ? { qr: ticket } : { ticketNumber: ticket.number },
    decided: 'admitted',
    ...change,
  });
  const post = (
    scans: readonly unknown[],
    ask: { gateId?: string; apiKey?: string; sentAt?: string; instance?: Running } = {},
  ): Promise<Reply> =>
    world.house.call(`/api/v1/gates/${ask.gateId ?? GATE}/uploads`, {
      apiKey: ask.apiKey ?? world.house.keys.gates[ask.gateId === SECOND_GATE ? 1 : 0] ?? '',
      json: { sentAt: ask.sentAt ?? new Date().toISOString(), scans },
      ...(ask.instance === undefined ? {} : { instance: ask.instance }),
    });
  async function upload(...given: Parameters<typeof post>): Promise<Answer> {
    const reply = await post(...given);
    expect(reply.status, reply.text).to.equal(200);
    return answerShape.parse(reply.body);
  }
  const outcomes = ({ scans }: Answer): string[] => scans.map(({ outcome, code }) => code ?? outcome);
  const read = async (path: string): Promise<Reply> => world.house.call(path, { apiKey: world.house.keys.manager });
  const incident = async (id: string | undefined): Promise<z.output<typeof incidentShape>> =>
    incidentShape.parse((await read(`/api/v1/gate-incidents/${id ?? ''}`)).body);
  async function rightOf({ id }: Seeded): Promise<SoldRight> {
    const found = await world.rights.load(world.scope, id);
    if (found === undefined || found.state.status === 'none') throw new Error('no right');
    return found.state;
  }
  async function one(change: Parameters<GateHouse['seed']>[0][number] = {}): Promise<Seeded> {
    const [seeded] = await world.seed([change]);
    if (seeded === undefined) throw new Error('not seeded');
    return seeded;
  }
  const heard = (incidentId: string | undefined): string[] =>
    world.house.said
      .filter(
        ({ type, data }) =>
          type === 'sales.gate.incident-found.v1' && (data as { incidentId: string }).incidentId === incidentId,
      )
      .map(({ data }) => (data as { kind: string }).kind);

  it('records a use with its time and gate, once, and the ticket is used', async () => {
    const ticket = await one();
    const scan = told(ticket);
    expect((await upload([scan])).scans).to.deep.equal([
      { scanId: scan.scanId, outcome: 'recorded', truth: 'admissible' },
    ]);
    const right = await rightOf(ticket);
    expect(right.status).to.equal('used');
    expect(right.uses).to.deep.equal([{ at: scan.at, gateId: GATE, people: 1, scanId: `${GATE}:${scan.scanId}` }]);
    expect(outcomes(await upload([scan]))).to.deep.equal(['duplicate']);
    expect(outcomes(await upload([scan, scan]))).to.deep.equal(['duplicate', 'duplicate']);
    expect((await rightOf(ticket)).uses).to.have.length(1);
  });

  it('the same upload twice at once, at two instances, counts once', async () => {
    const second = await world.house.start();
    const tickets = await world.seed(Array.from({ length: 40 }, () => ({ entries: 2 })));
    const scans = tickets.map((ticket) => told(ticket));
    const both = await Promise.all([upload(scans), upload(scans, { instance: second }), upload(scans)]);
    for (const index of scans.keys()) {
      const words = both.map((answer) => answer.scans[index]?.outcome).sort();
      expect(words).to.deep.equal(['duplicate', 'duplicate', 'recorded']);
    }
    for (const ticket of tickets) expect((await rightOf(ticket)).uses).to.have.length(1);
    world.house.instances.splice(world.house.instances.indexOf(second), 1);
    await second.stop();
  });

  it('a double use at two gates is an incident with both scans, and is told', async () => {
    const ticket = await one();
    const online = await world.house.call('/api/v1/check-ins', {
      apiKey: world.house.keys.gates[0] ?? '',
      json: { gateId: GATE, credential: { ticketNumber: ticket.number } },
    });
    expect(online.body).to.include({ outcome: 'admitted' });
    const scan = told(ticket);
    const answer = await upload([scan], { gateId: SECOND_GATE });
    expect(answer.scans[0]).to.include({ outcome: 'incident', truth: 'already-used' });
    const id = answer.scans[0]?.incidentId;
    const seen = await incident(id);
    expect(seen).to.deep.include({
      kind: 'double-use',
      status: 'open',
      gateId: SECOND_GATE,
      ticketNumber: ticket.number,
    });
    expect(seen.scan).to.deep.include({ at: scan.at, gateId: SECOND_GATE, truth: 'already-used' });
    expect(seen.firstUse).to.deep.include({ gateId: GATE, gate: { zh: '1号闸机', en: 'Gate 1' } });
    expect((await rightOf(ticket)).uses).to.have.length(1);
    await eventually('others hear of it', () => heard(id).length > 0);
    const again = await upload([scan], { gateId: SECOND_GATE });
    expect(again.scans[0]).to.include({ outcome: 'duplicate', incidentId: id });
    expect(heard(id)).to.deep.equal(['double-use']);
  });

  it('two gates may number their scans alike', async () => {
    const ticket = await one({ entries: 2 });
    const scan = told(ticket);
    const first = await upload([scan]);
    const second = await upload([{ ...scan, at: minutesAgo(5) }], { gateId: SECOND_GATE });
    expect([...outcomes(first), ...outcomes(second)]).to.deep.equal(['recorded', 'recorded']);
  });

  it('a dead ticket that was let in is an incident; turned away it is none', async () => {
    const [refunded, frozen] = await world.seed([{}, {}]);
    if (refunded === undefined || frozen === undefined) throw new Error('not seeded');
    await world.change(refunded.id, {
      type: 'RefundTicket',
      refund: {
        refundId: 'rfd_1',
        fee: fen(0),
        returned: fen(12_000),
        reason: 'customer',
        at: new Date().toISOString(),
      },
    });
    const answer = await upload([
      told(refunded),
      told(refunded, { decided: 'refused' }),
      told(frozen, { decided: 'refused' }),
    ]);
    expect(answer.scans.map(({ outcome, truth }) => [outcome, truth])).to.deep.equal([
      ['incident', 'refunded'],
      ['recorded', 'refunded'],
      ['recorded', 'admissible'],
    ]);
    expect((await incident(answer.scans[0]?.incidentId)).kind).to.equal('dead-ticket-admitted');
    const right = await rightOf(refunded);
    expect([right.status, right.uses.length, right.handedIn.length]).to.deep.equal(['refunded', 0, 2]);
  });

  it('a ticket for elsewhere or for another time is an incident', async () => {
    const late = await one({ validUntil: minutesAgo(20), date: inDays(0) });
    const [answer, elsewhere] = [
      await upload([told(late)]),
      await upload([told(await one())], { gateId: OTHER_GATE, apiKey: world.house.keys.otherGate }),
    ];
    expect([answer.scans[0]?.truth, elsewhere.scans[0]?.truth]).to.deep.equal(['too-late', 'wrong-site']);
    expect((await incident(answer.scans[0]?.incidentId)).kind).to.equal('wrong-ticket-admitted');
  });

  it('forged and unknown codes are on record, and codes of others are not kept', async () => {
    const forged = `TP1.NOKEY.${'A'.repeat(60)}.${'0'.repeat(103)}`;
    const scans = [
      told(forged),
      told('wxp://f2f0abcdefghijklmnop'),
      told(forged, { decided: 'refused' }),
      told({ id: '', number: '000000000000000' }),
      told({ id: '', number: 'nonsense' }, { decided: 'refused' }),
    ];
    const answer = await upload(scans);
    expect(answer.scans.map(({ outcome, truth }) => [outcome, truth])).to.deep.equal([
      ['incident', 'forged'],
      ['incident', 'forged'],
      ['recorded', 'forged'],
      ['incident', 'unknown'],
      ['recorded', 'unknown'],
    ]);
    const [first, wallet, refused] = await Promise.all(answer.scans.map(({ incidentId }) => incident(incidentId)));
    expect([first?.kind, refused?.kind, refused?.status]).to.deep.equal(['forged-admitted', 'forged-refused', 'noted']);
    expect(first?.shown).to.equal(forged.slice(0, 120));
    expect(wallet?.shown).to.match(/^sha256:[\w-]{43}$/);
    expect(outcomes(await upload(scans))).to.deep.equal(Array.from(scans, () => 'duplicate'));
    await eventually('the forgeries are told', () => heard(answer.scans[0]?.incidentId).length > 0);
    expect(heard(answer.scans[2]?.incidentId)).to.deep.equal([]);
  });

  it('comes late and in any order: every use that was good counts', async () => {
    const ticket = await one({ entries: 4, minutesBetweenEntries: 10 });
    const at = [40, 5, 20, 33].map((minutes) => told(ticket, { at: minutesAgo(minutes) }));
    expect(outcomes(await upload(at.slice(0, 2)))).to.deep.equal(['recorded', 'recorded']);
    // 20 minutes ago lies between; 33 is within ten minutes of 40.
    expect(outcomes(await upload(at.slice(2)))).to.deep.equal(['recorded', 'incident']);
    expect((await rightOf(ticket)).uses).to.have.length(3);
    const over = await one({ validUntil: minutesAgo(5) });
    await world.change(over.id, { type: 'ExpireTicket', at: new Date().toISOString() });
    expect(outcomes(await upload([told(over, { at: minutesAgo(10) })]))).to.deep.equal(['recorded']);
    expect((await rightOf(over)).status).to.equal('used');
  });

  it('a group is counted as the gate counted it', async () => {
    const group = await one({ admits: 30 });
    const answer = await upload([
      told(group, { people: 20, at: minutesAgo(9) }),
      told(group, { people: 11, at: minutesAgo(8) }),
      told(group, { people: 10, at: minutesAgo(7) }),
    ]);
    expect(answer.scans.map(({ outcome, truth }) => [outcome, truth])).to.deep.equal([
      ['recorded', 'admissible'],
      ['incident', 'too-many-people'],
      ['recorded', 'admissible'],
    ]);
    expect((await rightOf(group)).status).to.equal('used');
  });

  it('a crash between ticket and incident is mended when the gate tells again', async () => {
    const ticket = await one();
    await upload([told(ticket)]);
    let armed = true;
    const fragile = await world.house.start({
      faults: {
        at(point, { collection }) {
          if (!armed || point !== 'afterCommit' || collection !== 'rights') return;
          armed = false;
          throw new Error('killed after the ticket');
        },
      },
    });
    const scan = told(ticket);
    expect((await post([scan], { gateId: SECOND_GATE, instance: fragile })).status).to.equal(500);
    expect((await rightOf(ticket)).handedIn).to.have.length(2);
    const answer = await upload([scan], { gateId: SECOND_GATE });
    expect(answer.scans[0]).to.include({ outcome: 'duplicate', truth: 'already-used' });
    expect((await incident(answer.scans[0]?.incidentId)).kind).to.equal('double-use');
    world.house.instances.splice(world.house.instances.indexOf(fragile), 1);
    await fragile.stop();
  });

  it('times that cannot be are refused scan by scan, with a code that is explained', async () => {
    const ticket = await one();
    const [good, future] = [told(ticket), told(ticket, { at: minutesAgo(-11) })];
    const answer = await upload([future, good]);
    expect(outcomes(answer)).to.deep.equal(['sales.scan-in-future', 'recorded']);
    expect((await rightOf(ticket)).uses).to.have.length(1);
  });

  it('what comes after days is on record as late and counts; who let in is one incident for the gate and the day', async () => {
    const days = 97 * 60;
    const around = { validFrom: minutesAgo(days + 60), validUntil: minutesAgo(days - 60), date: inDays(-4) };
    const [one, two, over, refused] = await world.seed([around, around, around, around]);
    if (one === undefined || two === undefined || over === undefined || refused === undefined) throw new Error('seed');
    await world.change(over.id, { type: 'ExpireTicket', at: new Date().toISOString() });
    const at = minutesAgo(days);
    const scans = [told(one, { at }), told(two, { at }), told(over, { at }), told(refused, { at, decided: 'refused' })];
    const answer = await upload(scans);
    expect(answer.scans.map(({ outcome, truth }) => [outcome, truth])).to.deep.equal([
      ['incident', 'admissible'],
      ['incident', 'admissible'],
      ['incident', 'admissible'],
      ['recorded', 'admissible'],
    ]);
    const ids = new Set(answer.scans.flatMap(({ incidentId }) => incidentId ?? []));
    expect(ids.size).to.equal(1);
    const [id] = ids;
    expect(await incident(id)).to.deep.include({ kind: 'late-hand-in', status: 'open', gateId: GATE });
    for (const ticket of [one, two, over]) {
      const right = await rightOf(ticket);
      expect([right.status, right.uses.length, right.handedIn[0]?.late]).to.deep.equal(['used', 1, true]);
    }
    const again = await upload(scans);
    expect(again.scans.map(({ outcome }) => outcome)).to.deep.equal(Array.from(scans, () => 'duplicate'));
    expect(again.scans[0]?.incidentId).to.equal(id);
    // Told in time first, and told again when its answer was lost for days: not late.
    const [early] = await world.seed([around]);
    if (early === undefined) throw new Error('seed');
    const scan = told(early, { at });
    await world.change(early.id, {
      type: 'HandInScan',
      scanId: `${GATE}:${scan.scanId}`,
      scan: { at, gateId: GATE, siteId: SITE, date: inDays(-4), number: early.number },
      decided: 'admitted',
    });
    expect((await upload([scan])).scans[0]).to.deep.equal({
      scanId: scan.scanId,
      outcome: 'duplicate',
      truth: 'admissible',
    });
  });

  it('a device that tells more of one ticket than is kept leaves an incident', async () => {
    const ticket = await one();
    const scan = { at: minutesAgo(10), gateId: GATE, people: 1, decided: 'refused', truth: 'admissible' } as const;
    await world.put(ticket.id, { handedIn: Array.from({ length: 1_000 }, (_, at) => ({ ...scan, scanId: `s${at}` })) });
    const answer = await upload([told(ticket), told(ticket)]);
    expect(outcomes(answer)).to.deep.equal(['sales.too-many-scans', 'sales.too-many-scans']);
    const [first, second] = answer.scans;
    expect(first?.incidentId).to.equal(second?.incidentId);
    expect(await incident(first?.incidentId)).to.deep.include({ kind: 'too-many-scans', ticketNumber: ticket.number });
  });

  it('a wrong clock is an incident once per spell; times stay as they were told', async () => {
    const skewed = (): string => new Date(Date.now() + 5 * 60_000).toISOString();
    const clockIncidents = async (): Promise<unknown[]> =>
      listShape.parse((await read(`/api/v1/gate-incidents?kind=clock-skew&gateId=${OTHER_GATE}`)).body).items;
    const at = { gateId: OTHER_GATE, apiKey: world.house.keys.otherGate };
    expect((await upload([], at)).clock.wrong).to.equal(false);
    const scan = told(await one({ siteId: SITE }), { at: minutesAgo(-4) });
    const [first, second] = await Promise.all([
      upload([scan], { ...at, sentAt: skewed() }),
      upload([], { ...at, sentAt: skewed() }),
    ]);
    expect([first.clock.wrong, second.clock.wrong]).to.deep.equal([true, true]);
    expect(first.clock.skewSeconds).to.be.within(295, 301);
    await upload([], { ...at, sentAt: skewed() });
    expect(await clockIncidents()).to.have.length(1);
    const found = await incident(first.scans[0]?.incidentId);
    expect(found.scan?.at).to.equal(scan.at);
    expect(found.skewSeconds).to.be.within(295, 301);
    // Well, and wrong again: another spell.
    expect((await upload([], at)).clock.wrong).to.equal(false);
    await upload([], { ...at, sentAt: skewed() });
    expect(await clockIncidents()).to.have.length(2);
    await upload([], at);
  });

  it('PLA-02 is for the gate itself and for staff of its tenant', async () => {
    const { keys } = world.house;
    const scans = [told(await one())];
    expectNotThere(await post(scans, { gateId: SECOND_GATE, apiKey: keys.gates[0] ?? '' }));
    expectNotThere(await post(scans, { apiKey: keys.foreign }));
    expect((await post(scans, { apiKey: keys.clerk })).status).to.equal(403);
    expect((await world.house.call(`/api/v1/gates/${GATE}/uploads`, { json: { scans } })).status).to.equal(401);
  });

  it('PLA-31 bad input changes nothing', async () => {
    const ticket = await one();
    const good = told(ticket);
    const wrong: readonly (readonly [unknown, string])[] = [
      [{ ...good, scanId: 'short' }, '/scans/0/scanId'],
      [{ ...good, at: 'yesterday' }, '/scans/0/at'],
      [{ ...good, credential: {} }, '/scans/0/credential'],
      [{ ...good, credential: { documentTag: '11010519491231002X' } }, '/scans/0/credential'],
      [{ ...good, people: 0 }, '/scans/0/people'],
      [{ ...good, decided: 'perhaps' }, '/scans/0/decided'],
      [{ ...good, extra: 1 }, '/scans/0/extra'],
    ];
    for (const [scan, field] of wrong) {
      const reply = await post([scan]);
      expect([reply.status, codeOf(reply)], field).to.deep.equal([400, 'platform.invalid-request']);
      expect(reply.text).to.contain(field);
    }
    const many = Array.from({ length: 501 }, () => good);
    expect((await post(many)).status).to.equal(400);
    expect((await rightOf(ticket)).handedIn).to.have.length(0);
  });

  it('incidents are listed for staff, filtered, in pages, and closed with a finding', async () => {
    const tickets = await world.seed(Array.from({ length: 60 }, () => ({ date: inDays(0) })));
    await upload(tickets.map((ticket) => told(ticket)));
    const answer = await upload(
      tickets.map((ticket) => told(ticket)),
      { gateId: SECOND_GATE },
    );
    const mine = answer.scans.flatMap(({ incidentId }) => incidentId ?? []);
    expect(mine).to.have.length(60);
    const path = `/api/v1/gate-incidents?status=open&kind=double-use&gateId=${SECOND_GATE}`;
    const seen: string[] = [];
    for (let next: string | undefined = ''; next !== undefined;) {
      const page: z.output<typeof listShape> = listShape.parse(
        (await read(`${path}${next === '' ? '' : `&cursor=${encodeURIComponent(next)}`}`)).body,
      );
      seen.push(...page.items.map(({ id }) => id));
      next = page.next;
    }
    expect(new Set(seen).size).to.equal(seen.length);
    expect(seen).to.include.members(mine);

    const { keys } = world.house;
    const close = (finding: string, apiKey: string): Promise<Reply> =>
      world.house.call(`/api/v1/gate-incidents/${mine[0] ?? ''}/closure`, { apiKey, json: { finding } });
    expect((await close('持票人出示截图', keys.clerk)).status).to.equal(403);
    expectNotThere(await close('持票人出示截图', keys.foreign));
    const closed = await close('持票人出示截图', keys.manager);
    expect(incidentShape.parse(closed.body)).to.deep.include({ status: 'closed' });
    expect((await close('持票人出示截图', keys.manager)).status).to.equal(200);
    const other = await close('另有说法，待查', keys.manager);
    expect([other.status, codeOf(other)]).to.deep.equal([409, 'sales.incident-closed']);
    expectNotThere(await world.house.call(`/api/v1/gate-incidents/${mine[0] ?? ''}`, { apiKey: keys.foreign }));
    const wrong = await read('/api/v1/gate-incidents?cursor=nonsense');
    expect([wrong.status, codeOf(wrong)]).to.deep.equal([400, 'sales.cursor-invalid']);
  });
});
