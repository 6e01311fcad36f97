// PLA-12, PLA-20: what leads to a person can be taken out of an entry without breaking the chain, and cannot be changed without it.
import { expect } from 'chai';
import { chain, erasedEntry, GENESIS, verifyChain, type JournalEntry } from './journal.ts';

const AT = '2026-12-01T09:00:00.000Z';
const origin = {
  by: 'usr_zhang',
  ofCustomer: true as const,
  channel: 'web',
  address: '10.1.2.3',
  cause: 'req_1',
  correlationId: 'req_1',
};
const phone = { sealed: 'p1.c2VhbGVk', masked: '138****5678', index: 'blind-phone' };
const submitted = {
  type: 'Submitted',
  data: { facts: { amount: 120, contact: { phone }, people: [{ name: phone }], personIndex: 'blind-person' } },
};
const told = {
  type: 'Told',
  data: { proof: { by: 'usr_zhang' }, page: { traveller: { name: 'b1.c2VhbGVk' } }, number: 'N1' },
};
const counted = { type: 'Counted', data: { count: 2 } };
const FIELDS = ['personIndex'];
const LEADS_TO_SOMEBODY = /p1\.|b1\.|138\*|blind|10\.1\.2\.3|salt|usr_zhang/;

function written(): JournalEntry[] {
  const first = chain({ seq: 0, head: GENESIS }, [submitted, told], AT, origin, FIELDS);
  const inside = { by: 'usr_clerk', channel: 'counter', cause: 'req_2', correlationId: 'req_2' };
  return [...first, ...chain({ seq: 2, head: first[1]?.hash ?? '' }, [counted], AT, inside, FIELDS)];
}
/** As a database gives it back. */
const stored = (entries: readonly JournalEntry[]): unknown[] => JSON.parse(JSON.stringify(entries)) as unknown[];
const headOf = (entries: readonly JournalEntry[]): string => entries.at(-1)?.hash ?? '';

describe('journal', () => {
  it('PLA-12 without the person an entry has the same hash, and the figures', () => {
    const entries = written();
    const erased = entries.map(erasedEntry);
    expect(JSON.stringify(entries)).to.match(LEADS_TO_SOMEBODY);
    expect(JSON.stringify(erased)).not.to.match(LEADS_TO_SOMEBODY);
    expect(erased.map(({ hash }) => hash)).to.deep.equal(entries.map(({ hash }) => hash));
    expect(erased[0]?.data).to.have.nested.property('facts.amount', 120);
    expect(erased[1]?.data).to.include({ number: 'N1' });
    expect(erased[2]?.by).to.equal('usr_clerk');
    for (const whole of [entries, erased, [entries[0], erased[1], entries[2]] as JournalEntry[]])
      expect(verifyChain(stored(whole), headOf(entries))).to.deep.equal({ intact: true, entries: 3 });
    expect(erased.map(erasedEntry)).to.deep.equal(erased);
  });

  it('PLA-12 what stays of one person differs from entry to entry: it finds nobody', () => {
    const hashesOf = (): string[] => JSON.stringify(written().map(erasedEntry)).match(/"erased":"[\w-]{43}"/g) ?? [];
    const [one, other] = [hashesOf(), hashesOf()];
    expect(one).to.have.length(5);
    expect(other.filter((hash) => one.includes(hash))).to.deep.equal([]);
  });

  it('PLA-20 names the entry of which a shown value, an index, an address or what is left of them was changed', () => {
    const entries = written();
    const changes: [number, string, string][] = [
      [1, '138****5678', '138****5679'],
      [1, 'blind-person', 'blind-other'],
      [1, '10.1.2.3', '10.1.2.4'],
      [1, 'usr_zhang', 'usr_zhao'],
      [2, 'b1.c2VhbGVk', 'b1.c2VhbGVl'],
    ];
    for (const [seq, from, to] of changes) {
      const touched = entries.map((entry) =>
        entry.seq === seq ? (JSON.parse(JSON.stringify(entry).replace(from, to)) as JournalEntry) : entry,
      );
      expect(verifyChain(touched, headOf(entries)), from).to.deep.equal({ intact: false, seq, reason: 'changed' });
    }
    const erased = entries.map(erasedEntry);
    const forged = JSON.parse(JSON.stringify(erased).replace(/"erased":"./, '"erased":"~')) as unknown[];
    expect(verifyChain(forged, headOf(entries))).to.deep.equal({ intact: false, seq: 1, reason: 'changed' });
  });

  it('an entry in which nobody is found has no salt; one that was written without is covered whole, and stays', () => {
    const [, , last] = written();
    expect(last).not.to.have.property('blinding');
    const { address: _none, ofCustomer: _neither, ...inside } = origin;
    const [entry] = chain({ seq: 0, head: GENESIS }, [{ type: 'Submitted', data: { count: 1 } }], AT, inside);
    if (entry === undefined) throw new Error('nothing was written');
    expect(erasedEntry(entry)).to.deep.equal(entry);
  });
});
