import { expect } from 'chai';
import fc from 'fast-check';
import {
  evolveTrust,
  isFresh,
  mustAsk,
  NO_TRUST,
  type TrustInput,
  type TrustPublication,
  type TrustState,
} from './trust-state.ts';

function publication(revision: number, changes: Partial<TrustPublication> = {}): TrustPublication {
  return { revision, keys: [], apiKeys: [], revokedFamilies: [], revokedUsers: [], ...changes };
}
function published(revision: number, nowMs: number, changes: Partial<TrustPublication> = {}): TrustInput {
  return { type: 'published', data: publication(revision, changes), nowMs };
}
function beat(revision: number, nowMs: number): TrustInput {
  return { type: 'beat', data: { revision }, nowMs };
}
function after(...inputs: readonly TrustInput[]): TrustState {
  return inputs.reduce(evolveTrust, NO_TRUST);
}

describe('trust', () => {
  it('PLA-06 is not fresh before it is loaded, whatever beats', () => {
    expect(isFresh(after(beat(3, 0)), 0)).to.equal(false);
    expect(mustAsk(NO_TRUST, { revision: 3 })).to.equal(true);
  });

  it('PLA-06 is fresh for 5 s after the last confirmation, and no longer', () => {
    const state = after(published(3, 1_000), beat(3, 4_000));
    expect(isFresh(state, 9_000)).to.equal(true);
    expect(isFresh(state, 9_001)).to.equal(false);
  });

  it('PLA-06 a beat that names a newer revision confirms nothing and asks', () => {
    const state = after(published(3, 0), beat(4, 4_000));
    expect(mustAsk(state, { revision: 4 })).to.equal(true);
    expect(isFresh(state, 6_000)).to.equal(false);
  });

  it('a beat of an instance that lags behind changes nothing', () => {
    const before = after(published(3, 0));
    expect(evolveTrust(before, beat(2, 4_000))).to.equal(before);
    expect(mustAsk(before, { revision: 2 })).to.equal(false);
  });

  it('an older publication, delivered late or twice, brings nothing back', () => {
    const revoked = published(4, 10, { revokedFamilies: [{ id: 'fam_1', until: '2030-01-01T00:00:00Z' }] });
    const state = after(published(3, 0), revoked, published(3, 20));
    expect(state).to.deep.equal(after(revoked));
  });

  it('ends at the newest publication, in whatever order they come', () => {
    const inputs = fc.array(fc.tuple(fc.boolean(), fc.nat(20)), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(inputs, (list) => {
        const state = after(
          ...list.map(([isBeat, revision], at) => (isBeat ? beat(revision, at) : published(revision, at))),
        );
        const revisions = list.filter(([isBeat]) => !isBeat).map(([, revision]) => revision);
        if (revisions.length === 0) expect(state.status).to.equal('empty');
        else expect(state).to.include({ status: 'loaded', revision: Math.max(...revisions) });
      }),
    );
  });
});
