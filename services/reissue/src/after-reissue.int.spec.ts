// What is told of a case while it lives and after its new ticket does, on real servers: the stream that an applicant follows (REI-40), the
// post (REI-30), and when the last gate's list knows (REI-35).
import { applicationShipped, gateSynced } from '@tongpiao/contracts';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import {
  codeOf,
  openReissueHouse,
  seenOf,
  TENANT,
  ZHANG,
  type ReissueHouse,
  type Seen,
} from './reissue-house.fixture.ts';

const PATH = '/api/v1/reissue-applications';
const SITE = 'sit_0a7f3k9q2m5x8c4v6b1n';
const proofOf = ({ idType, idNumber }: { idType: string; idNumber: string }) => ({ document: { idType, idNumber } });
const approve = { action: 'decide', verdict: 'approve', reason: '核对无误' };
const staffShape = z.looseObject({
  staff: z.looseObject({
    carriedOutMs: z.number(),
    serial: z.string().optional(),
    gates: z.object({ count: z.number(), lastAt: z.string(), knowMs: z.number() }).optional(),
  }),
  shipment: z.object({ carrier: z.string(), trackingNumber: z.string(), shippedAt: z.string() }).optional(),
  reissuedAt: z.string(),
});

describe('after a reissue', function () {
  this.timeout(120_000);
  let house: ReissueHouse;
  let people = 0;
  before(async () => {
    house = await openReissueHouse();
  });
  after(() => house.stop());

  /** Nobody else's history: a document of its own. */
  const somebody = (): { name: string; idType: 'passport'; idNumber: string } => {
    people += 1;
    return { name: '赵六', idType: 'passport', idNumber: `E77${String(people).padStart(4, '0')}11` };
  };
  async function applied(ask = {}): Promise<Seen> {
    const person = somebody();
    const ticket = await house.sold(person);
    const json = { ticket: { number: ticket.number }, proof: proofOf(person) };
    const seen = seenOf(await house.apply(json, ask));
    return { ...(await house.becomes(seen, 'deciding')), accessToken: seen.accessToken };
  }
  async function reissued(ask = {}): Promise<Seen> {
    const seen = await applied(ask);
    expect((await house.review(seen.id, house.keys.operator, approve)).status).to.equal(200);
    return { ...(await house.becomes(seen, 'reissued')), accessToken: seen.accessToken };
  }
  const asStaff = async ({ id }: Seen): Promise<z.output<typeof staffShape>> =>
    staffShape.parse((await house.call(`${PATH}/${id}`, { apiKey: house.keys.operator })).body);

  describe('REI-40 the stream', () => {
    type Heard = { readonly id: number; readonly status: string; readonly text: string };
    /** Reads until a case of that status was told. */
    async function follow(
      { id, accessToken }: Seen,
      until: string,
      { lastEventId, heard = [] }: { lastEventId?: number; heard?: Heard[] } = {},
    ): Promise<readonly Heard[]> {
      const gone = new AbortController();
      const answer = await fetch(house.url(`/api/v1/events?subject=reissue:${id}`), {
        signal: gone.signal,
        headers: {
          authorization: `Bearer ${accessToken}`,
          ...(lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }),
        },
      });
      expect(answer.headers.get('content-type')).to.contain('text/event-stream');
      let text = '';
      for await (const chunk of answer.body ?? []) {
        text += new TextDecoder().decode(z.instanceof(Uint8Array).parse(chunk), { stream: true });
        const whole = text.split('\n\n');
        text = whole.pop() ?? '';
        for (const event of whole) {
          const data = /^data: (.*)$/m.exec(event)?.[1];
          if (data === undefined) continue;
          const { status } = z.looseObject({ status: z.string() }).parse(JSON.parse(data));
          heard.push({ id: Number(/^id: (\d+)$/m.exec(event)?.[1]), status, text: data });
        }
        if (heard.some(({ status }) => status === until)) break;
      }
      gone.abort();
      return heard;
    }

    it('tells a case through its life, in order, and ends with it', async () => {
      const ticket = await house.sold(ZHANG);
      const seen = seenOf(await house.apply({ ticket: { number: ticket.number } }));
      const heard: Heard[] = [];
      const following = follow(seen, 'reissued', { heard });
      const told = (status: string): Promise<boolean> =>
        eventually(`told ${status}`, () => heard.some((event) => event.status === status));
      await told('submitted');
      expect((await house.step(seen, 'verification', proofOf(ZHANG))).status).to.equal(200);
      await told('deciding');
      const ask = { action: 'ask-material', what: '购票记录' };
      expect((await house.review(seen.id, house.keys.operator, ask)).status).to.equal(200);
      await told('material_wanted');
      expect((await house.step(seen, 'material', { words: '见附言' })).status).to.equal(200);
      await eventually('on the desk again', () => heard.at(-1)?.status === 'deciding');
      expect((await house.review(seen.id, house.keys.operator, approve)).status).to.equal(200);
      const all = await following;
      const ids = all.map(({ id }) => id);
      expect(ids).to.deep.equal([...new Set(ids)].sort((a, b) => a - b));
      const order = ['submitted', 'verifying', 'deciding', 'material_wanted', 'deciding', 'executing', 'reissued'];
      let at = 0;
      for (const { status } of all) {
        // A step that was over before the next look is left out; none comes out of its turn.
        while (at < order.length && order[at] !== status) at += 1;
        expect(order[at], `${status} after ${order.slice(0, at).join(', ')}`).to.equal(status);
      }
      expect(all.at(-1)?.status).to.equal('reissued');
      expect(all.map(({ text }) => text).join(''), 'PLA-11')
        .not.to.contain(ZHANG.idNumber)
        .and.not.to.contain('staff');
    });

    it('PLA-33 whoever comes back hears only what is new', async () => {
      const seen = await applied();
      const [first] = await follow(seen, 'deciding');
      expect((await house.review(seen.id, house.keys.operator, approve)).status).to.equal(200);
      const later = await follow(seen, 'reissued', { lastEventId: first?.id ?? 0 });
      expect(Math.min(...later.map(({ id }) => id))).to.be.greaterThan(first?.id ?? 0);
    });

    it('nobody else’s case can be followed', async () => {
      const [mine, theirs] = [await applied(), await applied()];
      const path = `/api/v1/events?subject=reissue:${theirs.id}`;
      expect((await house.call(path, { token: mine.accessToken })).status).to.equal(404);
      expect((await house.call(path)).status).to.equal(401);
      expect(
        (await house.call('/api/v1/events?subject=reissue:nonsense', { token: mine.accessToken })).status,
      ).to.equal(400);
    });
  });

  describe('REI-30 by post', () => {
    const shipment = { carrier: '中国邮政', trackingNumber: 'ea123456789cn', serial: 'a00000001' };
    const ship = (seen: Seen, json: unknown = shipment, ask = {}) =>
      house.call(`${PATH}/${seen.id}/shipment`, { apiKey: house.keys.clerk, json, ...ask });
    const toldOf = ({ id }: Seen): number =>
      house.said.filter(({ type, data }) => type === applicationShipped.type && JSON.stringify(data).includes(id))
        .length;

    it('staff note the tracking number, the applicant sees it and is told', async () => {
      const seen = await reissued({ apiKey: house.keys.clerk });
      const sent = await ship(seen);
      expect(sent.status, sent.text).to.equal(200);
      const mine = await house.call(`${PATH}/${seen.id}`, { token: seen.accessToken });
      expect(mine.body).to.have.nested.property('shipment.trackingNumber', 'EA123456789CN');
      expect(mine.text).not.to.contain('A00000001');
      expect((await asStaff(seen)).staff.serial).to.equal('A00000001');
      await eventually('told', () => toldOf(seen) === 1);
      expect((await ship(seen)).status).to.equal(200);
      expect((await ship(seen, { ...shipment, trackingNumber: 'EA987654321CN' })).status).to.equal(200);
      await eventually('told of what was put right', () => toldOf(seen) === 2);
    });

    it('not before there is a new ticket, not by the applicant, and only what can be a tracking number', async () => {
      const open = await applied({ apiKey: house.keys.clerk });
      const early = await ship(open);
      expect([early.status, codeOf(early)]).to.deep.equal([409, 'reissue.not-reissued']);
      expect((await ship(open, shipment, { apiKey: undefined, token: open.accessToken })).status).to.equal(403);
      expect((await ship(open, shipment, { apiKey: undefined })).status).to.equal(401);
      for (const bad of [
        { trackingNumber: '单号' },
        { trackingNumber: '1' },
        { carrier: '' },
        { serial: '!' },
        { more: 1 },
      ])
        expect((await ship(open, { ...shipment, ...bad })).status, JSON.stringify(bad)).to.equal(400);
    });
  });

  describe('REI-35 gates that go by lists', () => {
    const gates = ['gat_one00000000', 'gat_two00000000'] as const;
    const synced = (gateId: string, heldOf: string): Promise<void> =>
      house.tellSales(gateSynced, { gateId, siteId: SITE, heldOf });
    const after = (moment: string, seconds: number): string =>
      new Date(Date.parse(moment) + seconds * 1_000).toISOString();

    it('a case knows when the last of them knew, once; an older list and a double one change nothing', async () => {
      const seen = await reissued();
      const { reissuedAt, staff } = await asStaff(seen);
      for (const gate of gates) await synced(gate, after(reissuedAt, -20));
      await synced(gates[0], after(reissuedAt, 10));
      await synced(gates[0], after(reissuedAt, 10));
      // Told late: it was before.
      await synced(gates[0], after(reissuedAt, -10));
      const other = await reissued();
      expect((await asStaff(seen)).staff.gates, 'the other gate has an old list').to.equal(undefined);
      await synced(gates[1], after(reissuedAt, 25));
      const known = await eventually('the last gate knows', async () => (await asStaff(seen)).staff.gates);
      expect(known).to.include({ count: 2, lastAt: after(reissuedAt, 25) });
      // From the decision: before sales' stamp, which is before we have heard of it.
      expect(known.knowMs).to.be.within(25_000, 25_000 + staff.carriedOutMs);
      for (const gate of gates) await synced(gate, after(reissuedAt, 600));
      await eventually('the other case, too', async () => (await asStaff(other)).staff.gates);
      expect((await asStaff(seen)).staff.gates).to.deep.equal(known);
    });

    it('a gate that has not asked for a day is not waited for; the applicant does not see any of it', async () => {
      const seen = await reissued();
      const { reissuedAt } = await asStaff(seen);
      await synced('gat_off00000000', after(reissuedAt, -30 * 3_600));
      for (const gate of gates) await synced(gate, after(reissuedAt, 1_200));
      const known = await eventually('the gates know', async () => (await asStaff(seen)).staff.gates);
      expect(known.count).to.equal(2);
      const { text } = await house.call(`${PATH}/${seen.id}`, { token: seen.accessToken });
      expect(text).not.to.contain('knowMs').and.not.to.contain('carriedOutMs');
    });

    it('after a list of many tickets, one list of a gate tells all that it knows; what has waited for a week is not told', async () => {
      const seen = await reissued();
      const { reissuedAt } = await asStaff(seen);
      const at = (index: number): string => after(reissuedAt, index < 3 ? -8 * 86_400 - index : -index);
      // As its cases lie there, but for how they came to be.
      await house.inDatabase(async (connection) => {
        const cases = connection.collection<{ _id: string; state: Record<string, unknown> }>('applications');
        const one = await cases.findOne({ _id: seen.id });
        if (one === null) throw new Error('it is gone');
        const copies = Array.from({ length: 450 }, (_, index) => {
          const state = { ...one.state, reissuedAt: at(index), approval: { code: `RC-COPY${index}` } };
          const approval = { ...(one.state['approval'] as object), ...state.approval };
          return { ...one, _id: `rei_copy${index}`, outbox: [], timers: [], state: { ...state, approval } };
        });
        await cases.insertMany(copies);
      });
      const lastAt = after(reissuedAt, 3_600);
      for (const gate of gates) await synced(gate, lastAt);
      const known = (): Promise<number> =>
        house.storedCount('applications', { _id: /^rei_copy/, 'state.gates.lastAt': lastAt });
      await eventually('all know', async () => {
        const count = await known();
        return count === 447 || Promise.reject(new Error(`${count} know`));
      });
      expect(await house.storedCount('applications', { _id: /^rei_copy/, 'state.awaitsGates': true })).to.equal(3);
      const looked = await house.inDatabase((connection) =>
        connection
          .collection('applications')
          .find({
            ...{ tenantId: TENANT, 'state.awaitsGates': true, 'state.ticket.siteId': SITE },
            'state.reissuedAt': { $gte: after(reissuedAt, -7 * 86_400), $lte: lastAt },
          })
          .sort({ 'state.reissuedAt': 1 })
          .explain('executionStats'),
      );
      expect(JSON.stringify(looked)).to.match(/"totalDocsExamined":0\b/);
    });
  });
});
