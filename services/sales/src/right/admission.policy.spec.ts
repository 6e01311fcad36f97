// Whether the gate opens: each refusal with its reason, the borders of the window, and which reason is told first.
import { expect } from 'chai';
import fc from 'fast-check';
import { fen } from '@tongpiao/kernel';
import { admission, peopleOf } from './admission.policy.ts';
import { scanAt, soldRight, traveller } from './right.fixture.ts';
import type { PastTicket, RightState, Scan, Use } from './right.ts';

const right = soldRight;
const used: Use = { at: '2026-12-02T01:00:00.000Z', gateId: 'gat_2', people: 1 };
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
    it('SAL-52 session-cancelled: from the moment at which its holder was offered money or another session', () => {
      const offered = { disruptionId: 'dis_1', decideBy: '2026-12-02T02:00:00.000Z', offeredAt: scanAt().at } as const;
      const cancelled = right({ offer: { ...offered, kind: 'cancelled' } });
      expect(reasonOf(cancelled, scanAt())).to.equal('session-cancelled');
      const earlier = new Date(Date.parse(scanAt().at) - 1).toISOString();
      expect(reasonOf(cancelled, scanAt({ at: earlier }))).to.equal('admitted');
      const { offeredAt: _at, ...old } = offered;
      expect(reasonOf(right({ offer: { ...old, kind: 'cancelled' } }), scanAt({ at: earlier }))).to.equal(
        'session-cancelled',
      );
      expect(reasonOf(right({ offer: { ...offered, kind: 'reduced' } }), scanAt())).to.equal('admitted');
      expect(reasonOf(right({ offer: cancelled.offer, status: 'refunded' }), scanAt())).to.equal('refunded');
    });
    it('superseded: the QR is of an older revision than the ticket', () => {
      expect(reasonOf(right({ revision: 2 }), scanAt({ revision: 1 }))).to.equal('superseded');
      expect(reasonOf(right({ revision: 2 }), scanAt({ revision: 2 }))).to.equal('admitted');
    });
    it('exchanged or superseded: the number or the revision of an old ticket tells what became of it, whatever the new one is', () => {
      const old: PastTicket = {
        number: 'N0',
        revision: 1,
        status: 'exchanged',
        sessionId: 'ses_0',
        siteId: 'sit_1',
        date: '2026-12-02',
        amount: fen(12_000),
        cause: 'exc_1',
        at: '2026-11-30T00:00:00.000Z',
      };
      for (const status of ['issued', 'used', 'refunded'] as const) {
        const now = right({ status, revision: 2, past: [old] });
        expect(reasonOf(now, scanAt({ revision: 1 }))).to.equal('exchanged');
        expect(reasonOf(now, scanAt({ revision: undefined, number: 'N0' }))).to.equal('exchanged');
      }
      const replaced = right({ revision: 2, past: [{ ...old, status: 'superseded' }] });
      expect(reasonOf(replaced, scanAt({ revision: undefined, number: 'N0' }))).to.equal('superseded');
      expect(reasonOf(replaced, scanAt({ revision: 2 }))).to.equal('admitted');
    });
    it('wrong gate: where the ticket type names its gates', () => {
      expect(reasonOf(right({ gateIds: ['gat_9'] }), scanAt())).to.equal('wrong-gate');
      expect(reasonOf(right({ gateIds: ['gat_9', 'gat_1'] }), scanAt())).to.equal('admitted');
    });
    it('too soon again: with when', () => {
      const twice = right({ status: 'checked_in', entries: 2, minutesBetweenEntries: 30, uses: [used] });
      expect(admission(twice, scanAt({ at: '2026-12-02T01:29:59.000Z' }))).to.deep.include({
        reason: 'too-soon-again',
        againAt: '2026-12-02T01:30:00.000Z',
      });
      expect(reasonOf(twice, scanAt({ at: '2026-12-02T01:30:00.000Z' }))).to.equal('admitted');
    });
    it('too soon again: a scan that is told late may be older than a use that is known, but not by less than the pause', () => {
      const later = right({ status: 'checked_in', entries: 3, minutesBetweenEntries: 30, uses: [used] });
      expect(reasonOf(later, scanAt({ at: '2026-12-02T00:30:00.001Z' }))).to.equal('too-soon-again');
      expect(reasonOf(later, scanAt({ at: '2026-12-02T00:30:00.000Z' }))).to.equal('admitted');
    });
    it('SAL-42 too many people: a group is admitted as counted, until its number is reached', () => {
      const group = right({ admits: 30, uses: [{ ...used, people: 20 }], status: 'checked_in' });
      expect(admission(group, scanAt({ people: 11 }))).to.deep.include({ reason: 'too-many-people', peopleLeft: 10 });
      expect(reasonOf(group, scanAt({ people: 10 }))).to.equal('admitted');
      expect(peopleOf(group, scanAt())).to.equal(10);
      expect(reasonOf(right(), scanAt({ people: 2 }))).to.equal('too-many-people');
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
