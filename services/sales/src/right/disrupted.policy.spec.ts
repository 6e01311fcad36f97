// What is owed for a session that was cancelled or reduced, by what has become of the ticket and when its holder was let in.
import { fen } from '@tongpiao/kernel';
import { ticketStatusSchema } from '@tongpiao/contracts';
import { expect } from 'chai';
import { awaitsChoice, endedInVain, owed, unusedShare, withCancellation } from './disrupted.policy.ts';
import { soldRight } from './right.fixture.ts';
import type { Offer, SoldRight, Use } from './right.ts';

/** The session begins at 01:00 and the ticket is good until 03:00. */
const usedAt = (at: string, people = 1): Use => ({ at, gateId: 'gat_1', people });
const early = usedAt('2026-12-02T00:59:59.999Z');
const onTime = usedAt('2026-12-02T01:00:00.000Z');
const offer = (change: Partial<Offer> = {}): Offer => ({
  ...{ disruptionId: 'dis_1', kind: 'cancelled', decideBy: '2026-12-01T00:00:00.000Z' },
  ...{ cancelledAt: '2026-12-02T02:59:59.999Z', ...change },
});
const shareOf = (change: Partial<SoldRight>): readonly number[] => {
  const { fee, returned } = unusedShare(soldRight(change));
  return [fee, returned];
};

describe('SAL-52 what a disrupted session owes', () => {
  it('who awaits a choice, in every status', () => {
    const states = ticketStatusSchema.options.map((status) => soldRight({ status, uses: [onTime] }));
    const awaiting = (kind: Offer['kind']): string[] =>
      states
        .map((state) => ({ ...state, offer: offer({ kind }) }))
        .filter(awaitsChoice)
        .map(({ status }) => status);
    expect(awaiting('cancelled')).to.have.members(['issued', 'checked_in', 'frozen', 'expired']);
    expect(awaiting('reduced')).to.have.members(['issued', 'frozen']);
    expect(states.filter(awaitsChoice), 'nothing was offered').to.deep.equal([]);
    const inVain = soldRight({ status: 'used', uses: [early] });
    expect(awaitsChoice({ ...inVain, offer: offer() })).to.equal(true);
    expect(awaitsChoice({ ...inVain, offer: offer({ kind: 'reduced' }) }), 'it takes place').to.equal(false);
  });

  it('used up in vain: by an entry before the start, whatever offset the gate writes', () => {
    const inVain = (...uses: Use[]): boolean => endedInVain(soldRight({ status: 'used', uses }), offer());
    expect([inVain(early), inVain(onTime), inVain(early, onTime)]).to.deep.equal([true, false, true]);
    expect([inVain(usedAt('2026-12-02T08:59:00+08:00')), inVain(usedAt('2026-12-02T09:00:00+08:00'))]).to.deep.equal([
      true,
      false,
    ]);
  });

  it('expired in vain: good when it was decided', () => {
    const inVain = (cancelledAt: string | undefined): boolean =>
      endedInVain(soldRight({ status: 'expired' }), offer({ cancelledAt }));
    expect([inVain('2026-12-02T02:59:59.999Z'), inVain('2026-12-02T03:00:00.000Z'), inVain(undefined)]).to.deep.equal([
      ...[true, false, false],
    ]);
  });

  it('entries before the start do not count, those afterwards do', () => {
    expect(shareOf({ status: 'used', uses: [early] })).to.deep.equal([0, 12_000]);
    expect(shareOf({ status: 'checked_in', entries: 3, uses: [early] })).to.deep.equal([0, 12_000]);
    expect(shareOf({ status: 'checked_in', entries: 3, uses: [early, onTime] })).to.deep.equal([4_000, 8_000]);
    expect(shareOf({ status: 'used', entries: 2, uses: [early, onTime] })).to.deep.equal([6_000, 6_000]);
    expect(shareOf({ status: 'used', uses: [onTime] })).to.deep.equal([12_000, 0]);
    const group = [usedAt(early.at, 7), usedAt(onTime.at, 3)];
    expect(shareOf({ status: 'used', admits: 10, uses: group }), 'three of ten came late').to.deep.equal([
      ...[3_600, 8_400],
    ]);
    expect(shareOf({ status: 'expired', amount: fen(0) })).to.deep.equal([0, 0]);
  });

  it('says why, and nothing where nothing is owed', () => {
    expect(owed(soldRight({ offer: offer() }))).to.deep.equal({
      ...{ reason: 'session-cancelled', fee: 0, returned: 12_000 },
    });
    expect(owed(soldRight({ offer: offer({ kind: 'reduced' }) }))).to.include({ reason: 'session-reduced' });
    expect(owed(soldRight())).to.equal(undefined);
    expect(owed(soldRight({ status: 'used', uses: [onTime], offer: offer() }))).to.equal(undefined);
  });

  it('a cancellation that is known counts as told, and takes the place of a reduction', () => {
    const [reduced, told] = [offer({ kind: 'reduced' }), offer({ disruptionId: 'dis_2' })];
    expect(withCancellation(soldRight(), offer()).offer).to.deep.equal(offer());
    expect(withCancellation(soldRight({ offer: reduced }), offer()).offer).to.deep.equal(offer());
    expect(withCancellation(soldRight({ offer: told }), offer()).offer).to.deep.equal(told);
    expect(withCancellation(soldRight({ offer: reduced }), undefined).offer).to.deep.equal(reduced);
  });
});
