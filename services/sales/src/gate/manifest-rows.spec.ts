// A gate that has learned a manifest says what the server would have said: for any right, any scan, any moment of the day.
import { openGate, type ManifestPage, type Verdict } from '@tongpiao/gate-verifier';
import { formatId, ticketNumberOf, type TenantId } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import { admission, placesLeft } from '../right/admission.policy.ts';
import { scanAt, soldRight } from '../right/right.fixture.ts';
import type { PastTicket, Scan, SoldRight, Use } from '../right/right.ts';
import { GATE_POLICY } from './gate-policy.ts';
import { manifestDay } from './manifest-day.ts';
import { manifestRows } from './manifest-rows.ts';

const ZONE = 'Asia/Shanghai';
const NOW = new Date('2026-12-02T01:00:00.000Z');
const day = manifestDay('sit_1', NOW, ZONE);
const tenantId = formatId<'Tenant'>('ten', 'platform' as TenantId, new Uint8Array(12).fill(3));
const numberOf = (seed: number): string => ticketNumberOf(tenantId, new Uint8Array(12).fill(seed));
const [NEW, OLD] = [numberOf(7), numberOf(8)];

const old: PastTicket = {
  number: OLD,
  revision: 1,
  status: 'exchanged',
  sessionId: 'ses_0',
  siteId: 'sit_1',
  date: '2026-12-02',
  amount: soldRight().amount,
  cause: 'exc_1',
  at: '2026-11-30T00:00:00.000Z',
};
const right = (change: Partial<SoldRight> = {}): SoldRight => soldRight({ number: NEW, ...change });

function page(rights: readonly SoldRight[]): ManifestPage {
  return {
    tenantId,
    siteId: day.siteId,
    gateId: 'gat_1',
    date: day.date,
    timeZone: ZONE,
    serverTime: NOW.toISOString(),
    begins: true,
    more: false,
    cursor: 'c',
    light: 'green',
    policy: GATE_POLICY,
    keys: [],
    ...manifestRows(rights, day),
  };
}

describe('SAL-41 rows of a manifest', () => {
  it('the day of a manifest is today at the site, with its neighbours', () => {
    expect(day).to.deep.equal({
      siteId: 'sit_1',
      date: '2026-12-02',
      dates: ['2026-12-01', '2026-12-02', '2026-12-03'],
      from: '2026-12-01T16:00:00.000Z',
      until: '2026-12-02T16:00:00.000Z',
    });
  });

  it('what tickets have in common is told once', () => {
    const other = right({
      number: OLD,
      entries: 2,
      uses: [{ at: '2026-12-02T00:40:00.500Z', gateId: 'gat_2', people: 1 }],
    });
    const rows = manifestRows([right(), right({ number: 'N3' }), other], day);
    expect(rows.kinds).to.have.length(2);
    expect(rows.tickets).to.deep.equal([
      [NEW, 1, 0],
      ['N3', 1, 0],
      [OLD, 1, 1, 1, Date.parse('2026-12-02T00:40:00Z') / 1_000, 'gat_2'],
    ]);
  });

  it('SAL-52 a ticket of a cancelled session is revoked; who has fewer places may come', () => {
    const about = { disruptionId: 'dis_1', decideBy: '2026-12-02T02:00:00.000Z' };
    const offered = (kind: 'cancelled' | 'reduced', status: SoldRight['status'] = 'issued'): unknown =>
      manifestRows([right({ status, offer: { ...about, kind } })], day).revocations;
    expect(offered('cancelled')).to.deep.equal([[NEW, 1, 'session-cancelled']]);
    expect(offered('cancelled', 'checked_in')).to.deep.equal([[NEW, 1, 'session-cancelled']]);
    expect(offered('cancelled', 'refunded')).to.deep.equal([[NEW, 1, 'refunded']]);
    expect(offered('reduced')).to.deep.equal([]);
  });

  it('a dead ticket is revoked, a ticket of another day or site is not there', () => {
    expect(manifestRows([right({ status: 'refunded' })], day)).to.deep.equal({
      kinds: [],
      tickets: [],
      revocations: [[NEW, 1, 'refunded']],
    });
    const elsewhere = [
      right({ siteId: 'sit_2' }),
      right({ validFrom: '2026-12-02T16:00:00.000Z', validUntil: '2026-12-02T18:00:00.000Z' }),
      right({ validFrom: '2026-12-01T10:00:00.000Z', validUntil: '2026-12-01T15:59:59.999Z' }),
    ];
    expect(manifestRows(elsewhere, day).tickets).to.deep.equal([]);
  });

  it('a ticket that was exchanged away from here is revoked here', () => {
    const moved = right({ siteId: 'sit_2', date: '2026-12-20', revision: 2, past: [old] });
    expect(manifestRows([moved], day)).to.deep.include({ tickets: [], revocations: [[OLD, 1, 'exchanged']] });
    const farAway = right({
      revision: 2,
      past: [
        { ...old, date: '2026-12-20' },
        { ...old, siteId: 'sit_9' },
      ],
    });
    expect(manifestRows([farAway], day).revocations).to.deep.equal([]);
  });

  it('PLA-11 says nothing about the person', () => {
    const traveller = {
      name: { sealed: 'sealed-name', masked: '张*' },
      idType: 'id_card',
      idNumber: { sealed: 'sealed-number', masked: '1***2', index: 'blind-index' },
    };
    const text = JSON.stringify(manifestRows([right({ traveller, realName: true })], day));
    for (const secret of ['sealed', '张', '1***2', 'blind-index', 'ord_1', 'id_card'])
      expect(text).to.not.contain(secret);
    expect(text).to.contain('"realName":true');
  });

  it('SAL-40 a gate says of every ticket and every moment what the server says', async () => {
    const someUse = fc
      .record({ minute: fc.integer({ min: -60, max: 90 }), people: fc.integer({ min: 1, max: 3 }) })
      .map(({ minute, people }): Use => ({
        at: new Date(NOW.getTime() + minute * 60_000).toISOString(),
        gateId: 'gat_2',
        people,
      }));
    const someRight = fc
      .record({
        status: fc.constantFrom('issued', 'checked_in', 'used', 'refunded', 'frozen', 'voided', 'expired'),
        revision: fc.integer({ min: 1, max: 3 }),
        entries: fc.integer({ min: 1, max: 3 }),
        admits: fc.constantFrom(1, 1, 4),
        gateIds: fc.constantFrom(undefined, ['gat_1'], ['gat_9']),
        minutesBetweenEntries: fc.constantFrom(undefined, 30),
        date: fc.constantFrom('2026-12-01', '2026-12-02', '2026-12-03'),
        uses: fc.array(someUse, { maxLength: 3 }),
        past: fc.constantFrom([], [old]),
        hours: fc.integer({ min: -3, max: 3 }),
      })
      .map(({ hours, uses, status, ...change }): SoldRight => {
        const shift = (text: string): string => new Date(Date.parse(text) + hours * 3_600_000).toISOString();
        const base = right(change);
        const sorted = [...uses].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
        const made = { ...base, validFrom: shift(base.validFrom), validUntil: shift(base.validUntil), uses: sorted };
        // As folding makes it: used up is used, and nothing else is.
        const living = status === 'issued' || status === 'checked_in' || status === 'used';
        const spent = placesLeft({ ...made, status: 'issued' }) === 0;
        return { ...made, status: living ? (spent ? 'used' : uses.length > 0 ? 'checked_in' : 'issued') : status };
      });
    const someScan = fc.record({
      minute: fc.integer({ min: -60, max: 600 }),
      number: fc.constantFrom(NEW, OLD),
      people: fc.constantFrom(undefined, 1, 2, 5),
    });
    await fc.assert(
      fc.asyncProperty(someRight, someScan, async (state, { minute, number, people }) => {
        const atMs = NOW.getTime() + minute * 60_000;
        const uses = state.uses.filter(({ at }) => Date.parse(at) <= atMs);
        fc.pre(uses.length === state.uses.length && (number === NEW || state.past.length > 0));
        let nowMs = NOW.getTime();
        const gate = await openGate({ gateId: 'gat_1', now: () => nowMs });
        await gate.learn(page([state]));
        nowMs = atMs;
        const scan: Scan = scanAt({
          at: new Date(atMs).toISOString(),
          date: new Date(atMs + 8 * 3_600_000).toISOString().slice(0, 10),
          revision: undefined,
          number,
          people,
        });
        const judged = admission(state, scan);
        const said = await gate.scan({ ticketNumber: number }, people === undefined ? {} : { people });
        expect(wordOf(said)).to.equal(judged.admitted ? 'admitted' : judged.reason);
      }),
      { numRuns: 1_000 },
    );
  });
});

function wordOf(verdict: Verdict): string {
  return verdict.admitted ? 'admitted' : verdict.reason;
}
