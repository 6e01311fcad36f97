// Whether the gate opens: each refusal with its reason, the borders of the window, and which reason is told first.
import { expect } from 'chai';
import fc from 'fast-check';
import { admission } from './admission.policy.ts';
import { rightFacts, scanAt, traveller } from './right.fixture.ts';
import type { RightFacts, RightState, Scan, Use } from './right.ts';

type Living = Exclude<RightState, { status: 'none' }>;

function right(
  change: Partial<RightFacts> & { status?: Living['status']; revision?: number; uses?: Use[] } = {},
): Living {
  const { status = 'issued', revision = 1, uses = [], ...facts } = change;
  return { ...rightFacts(facts), status, revision, uses };
}
const used: Use = { at: '2026-12-02T01:00:00.000Z', gateId: 'gat_2' };
const reasonOf = (state: RightState, scan: Scan): string => {
  const answer = admission(state, scan);
  return answer.admitted ? 'admitted' : answer.reason;
};

describe('SAL-40 admission', () => {
  it('opens at the right site, on the right day, within the window', () => {
    expect(admission(right(), scanAt())).to.deep.equal({ admitted: true, entriesLeft: 0 });
  });

  describe('each reason', () => {
    it('unknown: there is no such right', () => {
      expect(reasonOf({ status: 'none' }, scanAt())).to.equal('unknown');
    });
    it('already used: with where and when', () => {
      expect(admission(right({ status: 'used', uses: [used] }), scanAt())).to.deep.equal({
        admitted: false,
        reason: 'already-used',
        lastUse: used,
      });
    });
    for (const status of ['refunded', 'exchanged', 'voided', 'superseded', 'frozen', 'expired'] as const) {
      it(`${status}: the state is the reason`, () => {
        expect(reasonOf(right({ status }), scanAt())).to.equal(status);
      });
    }
    it('superseded: the QR is of an older revision than the ticket', () => {
      expect(reasonOf(right({ revision: 2 }), scanAt({ revision: 1 }))).to.equal('superseded');
      expect(reasonOf(right({ revision: 2 }), scanAt({ revision: 2 }))).to.equal('admitted');
    });
    it('a number or a document has no revision: the newest ticket is meant', () => {
      expect(reasonOf(right({ revision: 2 }), scanAt({ revision: undefined }))).to.equal('admitted');
    });
    it('wrong site', () => {
      expect(reasonOf(right(), scanAt({ siteId: 'sit_2' }))).to.equal('wrong-site');
    });
    it('wrong day, before and after', () => {
      expect(reasonOf(right(), scanAt({ at: '2026-12-01T01:30:00.000Z', date: '2026-12-01' }))).to.equal('wrong-day');
      expect(reasonOf(right(), scanAt({ at: '2026-12-03T01:30:00.000Z', date: '2026-12-03' }))).to.equal('wrong-day');
    });
    it('too early and too late: with the window', () => {
      const window = { validFrom: '2026-12-02T00:30:00.000Z', validUntil: '2026-12-02T03:00:00.000Z' };
      expect(admission(right(), scanAt({ at: '2026-12-02T00:29:59.999Z' }))).to.deep.equal({
        admitted: false,
        reason: 'too-early',
        ...window,
      });
      expect(admission(right(), scanAt({ at: '2026-12-02T03:00:00.001Z' }))).to.deep.equal({
        admitted: false,
        reason: 'too-late',
        ...window,
      });
    });
    it('SAL-42 wrong person: the document shown is not the traveller’s', () => {
      expect(reasonOf(right({ traveller }), scanAt({ documentIndex: 'document-2' }))).to.equal('wrong-person');
      expect(reasonOf(right({ traveller }), scanAt({ documentIndex: 'document-1' }))).to.equal('admitted');
      expect(reasonOf(right({ traveller }), scanAt())).to.equal('admitted');
      expect(reasonOf(right(), scanAt({ documentIndex: 'document-2' }))).to.equal('admitted');
    });
  });

  describe('SAL-03 the borders of the window belong to it', () => {
    for (const [name, at] of [
      ['the moment it opens', '2026-12-02T00:30:00.000Z'],
      ['the moment it closes', '2026-12-02T03:00:00.000Z'],
    ] as const) {
      it(name, () => {
        expect(reasonOf(right(), scanAt({ at }))).to.equal('admitted');
      });
    }
    it('an evening’s gate that closes after midnight admits after midnight', () => {
      const evening = right({ validFrom: '2026-12-02T10:00:00.000Z', validUntil: '2026-12-02T16:30:00.000Z' });
      const next = '2026-12-03';
      expect(reasonOf(evening, scanAt({ at: '2026-12-02T16:10:00.000Z', date: next }))).to.equal('admitted');
      expect(reasonOf(evening, scanAt({ at: '2026-12-02T16:30:00.001Z', date: next }))).to.equal('wrong-day');
    });
    it('a gate that opens before midnight for the first slot of a day admits before midnight', () => {
      const night = right({ validFrom: '2026-12-01T15:30:00.000Z', validUntil: '2026-12-01T18:00:00.000Z' });
      const eve = '2026-12-01';
      expect(reasonOf(night, scanAt({ at: '2026-12-01T15:45:00.000Z', date: eve }))).to.equal('admitted');
      expect(reasonOf(night, scanAt({ at: '2026-12-01T15:29:59.000Z', date: eve }))).to.equal('wrong-day');
    });
  });

  it('SAL-42 several entries count down to none', () => {
    const left = [0, 1, 2].map((count) => {
      const uses = Array.from({ length: count }, () => used);
      const answer = admission(right({ entries: 3, uses, status: count === 0 ? 'issued' : 'checked_in' }), scanAt());
      return answer.admitted ? answer.entriesLeft : answer.reason;
    });
    expect(left).to.deep.equal([2, 1, 0]);
  });

  it('what the ticket is comes before where and when it is shown', () => {
    const nothingFits = scanAt({ siteId: 'sit_2', date: '2026-12-09', at: '2026-12-09T00:00:00.000Z', revision: 9 });
    expect(reasonOf(right({ status: 'refunded', traveller }), nothingFits)).to.equal('refunded');
    expect(reasonOf(right({ traveller }), nothingFits)).to.equal('superseded');
    expect(reasonOf(right({ traveller }), { ...nothingFits, revision: 1 })).to.equal('wrong-site');
    expect(reasonOf(right({ traveller }), { ...nothingFits, revision: 1, siteId: 'sit_1' })).to.equal('wrong-day');
  });

  it('never opens outside its window or at another site, whatever else is shown', () => {
    const minute = fc.integer({ min: -3_000, max: 3_000 });
    fc.assert(
      fc.property(minute, fc.boolean(), fc.integer({ min: 1, max: 3 }), (offset, ownSite, revision) => {
        const at = new Date(Date.parse('2026-12-02T01:30:00.000Z') + offset * 60_000);
        const date = new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 10);
        const scan = scanAt({ at: at.toISOString(), date, siteId: ownSite ? 'sit_1' : 'sit_2', revision });
        const inside = at.toISOString() >= '2026-12-02T00:30' && at.getTime() <= Date.parse('2026-12-02T03:00:00Z');
        expect(admission(right(), scan).admitted).to.equal(inside && ownSite && revision === 1);
      }),
    );
  });
});
