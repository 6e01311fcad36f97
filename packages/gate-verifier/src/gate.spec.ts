// A gate without network: the test vectors, and what a list of single scans cannot say: power that goes, scans at the same moment, lists
// that come in pages, and uses that must count once however they become known.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ID_TYPES, localDate, parseIdDocument } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import { makeVectors } from '../scripts/test-vectors.ts';
import {
  createMemoryStore,
  openGate,
  sync,
  type Gate,
  type GateStore,
  type ManifestPage,
  type ScanAnswer,
  type TicketRow,
  type UploadScan,
} from './index.ts';
import { spelledDocument } from './documents.ts';
import { runVectors } from './run-vectors.ts';

const stored = readFileSync(path.join(import.meta.dirname, '../vectors/vectors.json'), 'utf8');
const NOON_MS = Date.parse('2026-12-02T04:00:00Z');
const GATE = 'gat_1';
// Three numbers with good check characters, of the vectors.
const numbers = [...new Set(stored.match(/(?<=\[\s*")[0-9A-Z]{15}(?=")/g))];
const [ONE = '', TWO = '', THREE = ''] = numbers;

const kind: ManifestPage['kinds'][number] = {
  date: '2026-12-02',
  validFrom: '2026-12-02T00:00:00Z',
  validUntil: '2026-12-02T10:00:00Z',
  entries: 1,
  admits: 1,
  realName: false,
  showAtGate: [],
  product: { zh: '门票', en: 'Admission' },
  ticketType: { zh: '成人票', en: 'Adult' },
};

function page(change: Partial<ManifestPage> = {}): ManifestPage {
  return {
    tenantId: 'ten_1',
    siteId: 'sit_1',
    gateId: GATE,
    date: '2026-12-02',
    timeZone: 'Asia/Shanghai',
    serverTime: new Date(NOON_MS).toISOString(),
    begins: true,
    more: false,
    cursor: 'c1',
    light: 'green',
    policy: { scansPerUploadMax: 2, lightValidMinutes: 15, listStaleMinutes: 60 },
    keys: [],
    kinds: [kind],
    tickets: [[ONE, 1, 0]],
    revocations: [],
    ...change,
  };
}

const said = async (gate: Gate, ticketNumber: string): Promise<string> => {
  const verdict = await gate.scan({ ticketNumber });
  return verdict.admitted ? 'admitted' : verdict.reason;
};
const recorded = ({ scanId }: UploadScan) => ({ scanId, outcome: 'recorded' as const });
const open = (store?: GateStore, now = (): number => NOON_MS): Promise<Gate> =>
  openGate({ gateId: GATE, now, ...(store === undefined ? {} : { store }) });

const happenings = fc.record({
  what: fc.constantFrom('scan', 'scan', 'scan', 'sync', 'sync', 'a day begins', 'power'),
  pick: fc.nat({ max: 2 }),
});

/** Takes scans in and tells its list a ticket a page; the cursor says the day, and how many pages were read. */
class PlayedPlatform {
  day = 0;
  readonly #kind: ManifestPage['kinds'][number];
  readonly #tickets: readonly string[];
  readonly #uses = new Map<string, Map<string, number>>();

  constructor(tickets: readonly string[], of: ManifestPage['kinds'][number]) {
    this.#tickets = tickets;
    this.#kind = of;
  }

  /** @param pages after which the network breaks; with none of them only the hand-in comes through */
  async sync(gate: Gate, pages = Number.POSITIVE_INFINITY): Promise<void> {
    let calls = 0;
    await sync(gate, GATE, ({ method, path: at, body }) => {
      if (method === 'POST') return Promise.resolve(this.#take(body as { scans: readonly UploadScan[] }));
      if (calls >= pages) return Promise.reject(new Error('no network'));
      calls += 1;
      return Promise.resolve(this.#page(new URL(at, 'http://platform').searchParams.get('since')));
    }).catch(() => undefined);
  }

  #take({ scans }: { scans: readonly UploadScan[] }): { scans: readonly ScanAnswer[] } {
    for (const { scanId, at, credential, decided } of scans) {
      if (decided === 'refused' || !('ticketNumber' in credential)) continue;
      const { ticketNumber } = credential;
      this.#uses.set(
        ticketNumber,
        (this.#uses.get(ticketNumber) ?? new Map<string, number>()).set(scanId, Date.parse(at)),
      );
    }
    return { scans: scans.map(recorded) };
  }

  #page(since: string | null): ManifestPage {
    const [day = '', read = '0'] = since?.split('/') ?? [];
    const isNews = day === String(this.day);
    const from = isNews ? Number(read) : 0;
    // A whole list is followed by what has changed: here by whatever was used.
    const wanted = from < this.#tickets.length ? this.#tickets.slice(from, from + 1) : [...this.#uses.keys()];
    return page({
      kinds: [this.#kind],
      begins: !isNews,
      more: from < this.#tickets.length - 1,
      cursor: `${this.day}/${from + 1}`,
      tickets: wanted.map((number): TicketRow => {
        const uses = [...(this.#uses.get(number)?.values() ?? [])];
        const [lastMs] = uses;
        return lastMs === undefined ? [number, 1, 0] : [number, 1, 0, uses.length, Math.floor(lastMs / 1_000), GATE];
      }),
    });
  }
}

describe('SAL-41 a gate without network', () => {
  it('judges every vector as expected', async () => {
    const { cases, faults } = await runVectors(makeVectors());
    expect(faults).to.deep.equal([]);
    expect(cases).to.be.at.least(30);
  });

  it('the vectors on disk are those that the script makes', () => {
    expect(JSON.parse(stored)).to.deep.equal(JSON.parse(JSON.stringify(makeVectors())));
  });

  it('knows nothing before its first manifest, and takes no other gate’s', async () => {
    const gate = await open();
    const refusal = await gate.scan({ ticketNumber: ONE }).catch((error: unknown) => error);
    expect(refusal).to.be.an('error');
    for (const wrong of [page({ gateId: 'gat_2' }), { title: '出错了' }, undefined, { ...page(), tickets: 'none' }]) {
      expect(await gate.learn(wrong).catch((error: unknown) => error)).to.be.instanceOf(TypeError);
    }
    expect(gate.status()).to.deep.include({ tickets: 0, stale: true, listAgeMs: undefined });
  });

  it('lets in once when one ticket is shown many times at the same moment', async () => {
    const gate = await open();
    await gate.learn(page());
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => said(gate, ONE)));
    expect(verdicts.filter((verdict) => verdict === 'admitted')).to.have.length(1);
  });

  it('remembers list and uses after a loss of power', async () => {
    const store = createMemoryStore();
    const before = await open(store);
    await before.learn(page({ tickets: [[ONE, 1, 0]], more: true }));
    await before.learn(page({ begins: false, tickets: [[TWO, 1, 0]] }));
    await before.learn(page({ begins: false, tickets: [], kinds: [], revocations: [[TWO, 1, 'refunded']] }));
    expect(await said(before, ONE)).to.equal('admitted');
    const after = await open(store);
    expect([await said(after, ONE), await said(after, TWO)]).to.deep.equal(['already-used', 'refunded']);
    expect(after.cursor()).to.equal('c1');
    expect(after.pending(10)).to.have.length(3);
  });

  it('stays shut when the scan cannot be kept, and the ticket is not lost by it', async () => {
    const store = createMemoryStore();
    let full = true;
    const gate = await open({
      ...store,
      keepScan: (scan) => (full ? Promise.reject(new Error('the disk is full')) : store.keepScan(scan)),
    });
    await gate.learn(page());
    expect(await gate.scan({ ticketNumber: ONE }).catch(String)).to.equal('Error: the disk is full');
    full = false;
    expect(await said(gate, ONE)).to.equal('admitted');
    expect(gate.pending()).to.have.length(1);
  });

  it('uses the old list until a new one is whole', async () => {
    const gate = await open();
    await gate.learn(page({ revocations: [[TWO, 1, 'refunded']] }));
    await gate.learn(page({ tickets: [[THREE, 1, 0]], more: true, cursor: 'c2' }));
    expect([await said(gate, TWO), await said(gate, ONE)]).to.deep.equal(['refunded', 'admitted']);
    expect(await said(gate, THREE)).to.equal('unknown');
    await gate.learn(page({ begins: false, tickets: [], kinds: [], cursor: 'c3' }));
    expect([await said(gate, TWO), await said(gate, THREE)]).to.deep.equal(['unknown', 'admitted']);
  });

  it('a page may come twice, and pages may overlap', async () => {
    const gate = await open();
    const rows: readonly TicketRow[] = [[ONE, 1, 0, 1, NOON_MS / 1_000 - 60, 'gat_2']];
    for (const tickets of [[[ONE, 1, 0] as TicketRow], rows, rows]) await gate.learn(page({ begins: false, tickets }));
    const verdict = await gate.scan({ ticketNumber: ONE });
    expect(verdict).to.deep.include({ reason: 'already-used', lastUse: { atMs: NOON_MS - 60_000, gateId: 'gat_2' } });
  });

  it('an own use counts here until the list has it, and then not twice', async () => {
    const gate = await open();
    const twice = { ...kind, entries: 2 };
    await gate.learn(page({ kinds: [twice] }));
    expect(await gate.scan({ ticketNumber: ONE })).to.deep.include({ admitted: true, peopleLeft: 1 });
    await gate.told(gate.pending().map(recorded));
    expect(gate.pending()).to.have.length(0);
    // The list is still the old one.
    const second = await gate.scan({ ticketNumber: ONE });
    expect(second).to.deep.include({ admitted: true, peopleLeft: 0 });
    await gate.learn(page({ begins: false, kinds: [twice], tickets: [[ONE, 1, 0, 1, 1, GATE]] }));
    expect(await said(gate, ONE)).to.equal('already-used');
    await gate.told(gate.pending().map(recorded));
    await gate.learn(page({ begins: false, kinds: [twice], tickets: [[ONE, 1, 0, 2, 2, GATE]] }));
    expect(await said(gate, ONE)).to.equal('already-used');
    expect(gate.status().pending).to.equal(1);
  });

  describe('an own use is forgotten only for a list that has it', () => {
    const USED: TicketRow = [ONE, 1, 0, 1, NOON_MS / 1_000, GATE];
    const twice = { ...kind, entries: 2 };
    const handIn = (gate: Gate, outcome: ScanAnswer['outcome'] = 'recorded'): Promise<void> =>
      gate.told(gate.pending(10).map(({ scanId }) => ({ scanId, outcome })));
    const keptBy = async (store: GateStore): Promise<number> => (await store.load()).scans.length;

    it('handed in between two pages of the day’s first list, whose row was read before', async () => {
      const sold = makeVectors().cases.find(({ title }) => title.startsWith('sold after the last sync'));
      const [first] = sold?.pages ?? [];
      const [shown] = sold?.steps ?? [];
      if (sold === undefined || first === undefined || shown === undefined || !('qr' in shown.shown))
        throw new Error('no such vector');
      const { qr } = shown.shown;
      const store = createMemoryStore();
      const gate = await openGate({ gateId: sold.gateId, now: () => Date.parse(shown.at), store });
      const dayPage = { ...first, serverTime: shown.at, more: true };
      await gate.learn(dayPage);
      const verdict = await gate.scan({ qr });
      if (!verdict.admitted) throw new Error(verdict.reason);
      const { number } = verdict;
      await gate.learn({ ...dayPage, tickets: [[number, 1, 0]] });
      await handIn(gate);
      await gate.learn({ ...dayPage, begins: false, more: false });
      expect(await gate.scan({ qr })).to.include({ reason: 'already-used' });
      expect(await said(gate, number)).to.equal('already-used');
      const lastAt = Date.parse(shown.at) / 1_000;
      const told: TicketRow = [number, 1, 0, 1, lastAt, sold.gateId];
      await handIn(gate);
      await gate.learn({ ...dayPage, begins: false, more: false, tickets: [told] });
      expect(await keptBy(store), 'the list has it').to.equal(0);
      expect(await said(gate, number)).to.equal('already-used');
    });

    it('not for a row of a list that is still coming: the old one judges', async () => {
      const store = createMemoryStore();
      const gate = await open(store);
      await gate.learn(page());
      expect(await said(gate, ONE)).to.equal('admitted');
      await handIn(gate);
      await gate.learn(page({ tickets: [USED], more: true, cursor: 'c2' }));
      expect(await said(gate, ONE)).to.equal('already-used');
      await gate.learn(page({ begins: false, tickets: [[TWO, 1, 0]], cursor: 'c3' }));
      expect(await said(gate, ONE)).to.equal('already-used');
      await handIn(gate);
      expect(await keptBy(store)).to.equal(0);
    });

    it('a list that has it counts it once', async () => {
      const store = createMemoryStore();
      const gate = await open(store);
      await gate.learn(page({ kinds: [twice] }));
      expect(await said(gate, ONE)).to.equal('admitted');
      await handIn(gate);
      await gate.learn(page({ kinds: [twice], tickets: [USED] }));
      expect(await keptBy(store)).to.equal(0);
      expect(await gate.scan({ ticketNumber: ONE })).to.deep.include({ admitted: true, peopleLeft: 0 });
    });

    for (const outcome of ['incident', 'rejected'] as const)
      it(`one that the platform does not count (${outcome}) counts here for as long as a list knows its ticket`, async () => {
        const store = createMemoryStore();
        const gate = await open(store);
        await gate.learn(page());
        expect(await said(gate, ONE)).to.equal('admitted');
        await handIn(gate, outcome);
        await gate.learn(page({ begins: false }));
        expect(await said(gate, ONE), 'a change').to.equal('already-used');
        await gate.learn(page());
        expect(await said(gate, ONE), 'a list').to.equal('already-used');
        await gate.learn(page({ tickets: [], revocations: [[ONE, 1, 'frozen']] }));
        await gate.learn(page({ begins: false }));
        expect(await said(gate, ONE), 'frozen, then thawed').to.equal('already-used');
        await handIn(gate);
        await gate.learn(page({ tickets: [[TWO, 1, 0]] }));
        expect(await keptBy(store), 'over').to.equal(0);
      });

    it('whenever the network breaks, the power goes or a day begins: no entry twice, none lost, and nothing is kept for ever', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(happenings, { minLength: 5, maxLength: 40 }), async (history) => {
          const platform = new PlayedPlatform([ONE, TWO, THREE], twice);
          const store = createMemoryStore();
          let gate = await open(store);
          const admitted = new Map<string, number>();
          const scan = async (number: string): Promise<void> => {
            const verdict = await gate.scan({ ticketNumber: number }).catch(() => undefined);
            if (verdict?.admitted === true) admitted.set(number, (admitted.get(number) ?? 0) + 1);
            expect(admitted.get(number) ?? 0, 'people let in').to.be.at.most(twice.entries);
          };
          for (const { what, pick } of history)
            if (what === 'scan') await scan(numbers[pick] ?? ONE);
            else if (what === 'sync') await platform.sync(gate, pick);
            else if (what === 'a day begins') platform.day += 1;
            else gate = await open(store);
          await platform.sync(gate);
          platform.day += 1;
          await platform.sync(gate);
          expect(await keptBy(store)).to.equal(0);
          for (const number of numbers.slice(0, 3)) for (let entry = 0; entry < 3; entry += 1) await scan(number);
          expect(numbers.slice(0, 3).map((number) => admitted.get(number))).to.deep.equal([2, 2, 2]);
        }),
        { numRuns: 1_000 },
      );
    });
  });

  it('goes by the server’s clock', async () => {
    let deviceMs = NOON_MS - 5 * 3_600_000;
    const gate = await open(undefined, () => deviceMs);
    await gate.learn(page());
    deviceMs += 1_000;
    expect(gate.now().getTime()).to.equal(NOON_MS + 1_000);
    expect(await said(gate, ONE)).to.equal('admitted');
    expect(gate.pending()[0]?.at).to.equal(new Date(NOON_MS + 1_000).toISOString());
  });

  it('says when its list is old', async () => {
    let deviceMs = NOON_MS;
    const gate = await open(undefined, () => deviceMs);
    await gate.learn(page());
    expect(gate.status()).to.deep.equal({ tickets: 1, pending: 0, listAgeMs: 0, stale: false });
    deviceMs += 61 * 60_000;
    expect(gate.status()).to.deep.include({ stale: true });
  });

  it('does not fill the device with what it refused', async () => {
    const gate = await open();
    await gate.learn(page());
    for (let index = 0; index < 10_050; index += 1) await gate.scan({ ticketNumber: 'nonsense' });
    expect(gate.status().pending).to.equal(10_000);
    expect(await said(gate, ONE)).to.equal('admitted');
    expect(gate.status().pending).to.equal(10_001);
  });

  it('SAL-33 a document is handed in as its tag, with the ticket that it found, and nothing keeps its number', async () => {
    const store = createMemoryStore();
    const gate = await open(store);
    const document = { idType: 'id_card', idNumber: '11010519491231002X' };
    const key = Buffer.alloc(32, 7);
    const tag = createHmac('sha256', key)
      .update('id_card:11010519491231002X')
      .digest()
      .subarray(0, 3)
      .toString('base64url');
    await gate.learn(page({ documentKeys: { [kind.date]: key.toString('base64url') }, documentTags: [tag] }));
    expect(await gate.scan(document)).to.include({ admitted: true, number: ONE });
    expect(await gate.scan({ idType: 'passport', idNumber: 'E12345678' })).to.include({ reason: 'unknown' });
    const [found, unknown] = gate.pending(10).map(({ credential }) => credential);
    expect(found).to.deep.equal({ ticketNumber: ONE, documentTag: `${kind.date}:${tag}` });
    expect(unknown)
      .to.have.property('documentTag')
      .that.matches(/^2026-12-02:[\w-]{4}$/);
    expect(JSON.stringify(await store.load())).to.not.match(/11010519491231002X|E12345678/);
    const after = await open(store);
    expect(await after.scan(document)).to.include({ reason: 'already-used' });
  });

  it('a page whose tags are not one per ticket is no page', async () => {
    const gate = await open();
    const refusal = await gate.learn(page({ documentTags: [] })).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(TypeError);
  });

  it('spells documents as the platform does', () => {
    const today = localDate('2026-12-02');
    fc.assert(
      fc.property(fc.constantFrom(...ID_TYPES), fc.string({ maxLength: 40, unit: 'grapheme' }), (type, text) => {
        const parsed = parseIdDocument(type, text, today);
        if (parsed.ok) expect(spelledDocument(type, text)).to.equal(`${type}:${parsed.number}`);
      }),
    );
    for (const [type, text] of [
      ['id_card', ' 110105 19491231002x '],
      ['taiwan_permit', '0012345601（b）'],
      ['passport', 'ｅ12345678'],
    ] as const) {
      const parsed = parseIdDocument(type, text, today);
      expect(parsed.ok && `${type}:${parsed.number}`).to.equal(spelledDocument(type, text));
    }
  });

  it('hands in first, in portions, then fetches until there is no more', async () => {
    const gate = await open();
    await gate.learn(page({ tickets: [ONE, TWO, THREE].map((number): TicketRow => [number, 1, 0]) }));
    for (const number of [ONE, TWO, THREE, ONE]) await gate.scan({ ticketNumber: number });
    const calls: string[] = [];
    const synced = await sync(gate, GATE, ({ method, path: at, body }) => {
      calls.push(`${method} ${at}`);
      if (method === 'GET') return Promise.resolve(page({ begins: false, more: calls.length < 4, cursor: 'n/x' }));
      const { scans } = body as { scans: readonly UploadScan[] };
      const outcomes = { [ONE]: 'recorded', [TWO]: 'incident', [THREE]: 'rejected' } as const;
      return Promise.resolve({
        scans: scans.map(({ scanId, credential, decided }) => ({
          scanId,
          outcome:
            decided === 'refused' || !('ticketNumber' in credential) ? 'recorded' : outcomes[credential.ticketNumber],
          ...('ticketNumber' in credential && credential.ticketNumber === THREE
            ? { code: 'sales.scan-in-future' }
            : {}),
        })),
      });
    });
    expect(calls).to.deep.equal([
      `POST /api/v1/gates/${GATE}/uploads`,
      `POST /api/v1/gates/${GATE}/uploads`,
      `GET /api/v1/gates/${GATE}/manifest?since=c1`,
      `GET /api/v1/gates/${GATE}/manifest?since=n%2Fx`,
    ]);
    expect(synced).to.deep.include({ handedIn: 4, pages: 2 });
    expect([synced.incidents.length, synced.rejected.length]).to.deep.equal([1, 1]);
    // A time that is ahead of the server's comes again later.
    expect(gate.pending(10).map(({ credential }) => credential)).to.deep.equal([{ ticketNumber: THREE }]);
  });
});
