import { expect } from 'chai';
import fc from 'fast-check';
import {
  addressKey,
  admits,
  defaultPolicies,
  freeInMs,
  remaining,
  resetSeconds,
  used,
  withQuota,
  windowIndex,
} from './limits.policy.ts';

const ten = withQuota(defaultPolicies.address, '10/60');
const MINUTE = 60_000;

describe('sliding window', () => {
  it('PLA-35 weighs the window before by what of it is still inside', () => {
    const counts = { current: 2, previous: 8 };
    expect(used(ten, counts, 0)).to.equal(10);
    expect(used(ten, counts, MINUTE / 2)).to.equal(6);
    expect(admits(ten, counts, 0)).to.equal(false);
    expect(admits(ten, counts, MINUTE / 2)).to.equal(true);
    expect(remaining(ten, counts, MINUTE / 2)).to.equal(4);
    expect(resetSeconds(ten, MINUTE / 2)).to.equal(30);
    expect(windowIndex(ten, 3 * MINUTE + 1)).to.equal(3);
  });

  it('PLA-35 never admits more than the quota within any one window, however requests are spread', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 200 }), (gaps) => {
        let now = 0;
        let index = 0;
        const counts = { current: 0, previous: 0 };
        const admittedIn = new Map<number, number>();
        for (const gap of gaps) {
          now += gap;
          const next = windowIndex(ten, now);
          if (next !== index) {
            counts.previous = next === index + 1 ? counts.current : 0;
            counts.current = 0;
            index = next;
          }
          if (!admits(ten, counts, now)) continue;
          counts.current += 1;
          admittedIn.set(index, (admittedIn.get(index) ?? 0) + 1);
        }
        expect(Math.max(0, ...admittedIn.values())).to.be.at.most(10);
      }),
    );
  });

  it('PLA-35 says truly when one more is admitted', () => {
    const counters = fc.record({ current: fc.integer({ min: 0, max: 10 }), previous: fc.integer({ min: 0, max: 10 }) });
    fc.assert(
      fc.property(counters, fc.integer({ min: 0, max: MINUTE - 1 }), (counts, now) => {
        const free = freeInMs(ten, counts, now);
        const at = now + free;
        const over = windowIndex(ten, at) - windowIndex(ten, now);
        const then =
          over === 0 ? counts : over === 1 ? { current: 0, previous: counts.current } : { current: 0, previous: 0 };
        expect(admits(ten, then, at)).to.equal(true);
        if (free > 2) {
          const early = now + free - 2;
          const still =
            windowIndex(ten, early) === windowIndex(ten, now) ? counts : { current: 0, previous: counts.current };
          expect(admits(ten, still, early)).to.equal(false);
        }
      }),
    );
  });

  it('PLA-35 rations guessing and texting more strictly than reading', () => {
    const { address, codes, 'sign-in': signIn, 'guest-reads': reads, 'guest-writes': writes } = defaultPolicies;
    expect(codes.quota).to.be.lessThan(signIn.quota);
    expect(codes.exact && signIn.exact).to.equal(true);
    expect(writes.quota).to.be.lessThan(reads.quota);
    expect(reads.quota).to.be.lessThan(address.quota);
  });

  const addresses: readonly (readonly [string, string])[] = [
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['unknown', 'unknown'],
  ];
  for (const [address, key] of addresses) {
    it(`PLA-35 counts ${address} as ${key}`, () => {
      expect(addressKey(address)).to.equal(key);
    });
  }
});
