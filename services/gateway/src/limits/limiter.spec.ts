import { expect } from 'chai';
import { createClaims } from './claims.ts';
import { createLimiter, type Claim } from './limiter.ts';
import { defaultPolicies, withQuota, type Counts } from './limits.policy.ts';
import type { Booking, SharedCounters } from './shared-counters.ts';

const three = withQuota(defaultPolicies['user-writes'], '3/60');
const strict = withQuota(defaultPolicies['sign-in'], '3/60');
const mine: Claim = { policy: three, key: 'usr_1' };

/** Redis as several limiters see it. */
function fakeCounters(): SharedCounters & {
  connected: boolean;
  failing: boolean;
  readonly total: Map<string, number>;
} {
  const total = new Map<string, number>();
  const name = (policy: { name: string }, key: string, index: number): string => `${policy.name}:${key}:${index}`;
  const read = ({ policy, key, index }: Omit<Booking, 'count'>): Counts => ({
    current: total.get(name(policy, key, index)) ?? 0,
    previous: total.get(name(policy, key, index - 1)) ?? 0,
  });
  const counters = {
    connected: true,
    failing: false,
    total,
    isConnected: () => counters.connected,
    async add(bookings: readonly Booking[]) {
      return bookings.map((booking) => {
        if (counters.failing) return undefined;
        const at = name(booking.policy, booking.key, booking.index);
        total.set(at, (total.get(at) ?? 0) + booking.count);
        return read(booking);
      });
    },
    async take(policy: typeof strict, key: string) {
      if (!counters.connected) return undefined;
      const booking = { policy, key, index: 0, count: 1 };
      const counts = read(booking);
      if (counts.current + 1 > policy.quota) return { ...counts, admitted: false };
      total.set(name(policy, key, 0), counts.current + 1);
      return { ...counts, current: counts.current + 1, admitted: true };
    },
    stop: () => undefined,
  };
  return counters;
}

describe('limiter', () => {
  it('PLA-35 is exact for one gateway, without waiting for Redis', async () => {
    const limiter = createLimiter(fakeCounters());
    expect([1, 2, 3, 4].map(() => limiter.take([mine], 0).admitted)).to.deep.equal([true, true, true, false]);
    expect(limiter.take([mine], 0)).to.include({ header: '"user-writes";r=0;t=80', retryAfterSeconds: 80 });
    expect(limiter.take([mine], 120_000).admitted).to.equal(true);
    await limiter.stop();
  });

  it('PLA-35 counts nothing for a request that another limit refuses', async () => {
    const limiter = createLimiter(fakeCounters());
    const other: Claim = { policy: withQuota(defaultPolicies.address, '1/60'), key: 'a' };
    expect(limiter.take([mine, other], 0).admitted).to.equal(true);
    expect(limiter.take([mine, other], 0).header).to.match(/^"address"/);
    expect(limiter.take([mine], 0).header).to.equal('"user-writes";r=1;t=60');
    await limiter.stop();
  });

  it('PLA-35 learns from Redis what other gateways counted, and tells its own once', async () => {
    const redis = fakeCounters();
    const [one, two] = [createLimiter(redis), createLimiter(redis)];
    one.take([mine], 0);
    one.take([mine], 0);
    await one.settle();
    await one.settle();
    two.take([mine], 0);
    await two.settle();
    expect(two.take([mine], 0).admitted).to.equal(false);
    expect(redis.total.get('user-writes:usr_1:0')).to.equal(3);
    await Promise.all([one.stop(), two.stop()]);
  });

  it('PLA-35 tells Redis later what it could not tell, for the window that it belongs to', async () => {
    const redis = fakeCounters();
    const limiter = createLimiter(redis);
    limiter.take([mine], 59_999);
    redis.failing = true;
    await limiter.settle();
    redis.failing = false;
    limiter.take([mine], 60_000);
    await limiter.settle();
    expect([...redis.total]).to.deep.equal([
      ['user-writes:usr_1:1', 1],
      ['user-writes:usr_1:0', 1],
    ]);
    await limiter.stop();
  });

  it('PLA-35 asks Redis first where it has to be exact, and goes by its own memory without it', async () => {
    const redis = fakeCounters();
    const [one, two] = [createLimiter(redis), createLimiter(redis)];
    const claim: Claim = { policy: strict, key: 'a' };
    const admitted: boolean[] = [];
    for (const limiter of [one, two, one, two, one]) admitted.push((await limiter.takeExactly([claim], 0)).admitted);
    expect(admitted).to.deep.equal([true, true, true, false, false]);
    redis.connected = false;
    const alone = createLimiter(redis);
    const without: boolean[] = [];
    for (let count = 0; count < 4; count += 1) without.push((await alone.takeExactly([claim], 0)).admitted);
    expect(without).to.deep.equal([true, true, true, false]);
    await Promise.all([one.stop(), two.stop(), alone.stop()]);
  });
});

describe('which limits a request falls under', () => {
  const claimsOf = createClaims(defaultPolicies);
  const request = {
    caller: { kind: 'guest', id: '' },
    counted: 'by-caller',
    method: 'GET',
    url: '/api/v1/products',
    address: '::1',
  } as const;
  const names = (changes: Partial<Parameters<typeof claimsOf>[0]>): readonly string[] =>
    claimsOf({ ...request, ...changes }).claims.map(({ policy, key }) => `${policy.name} ${key}`);

  it('PLA-35 counts guests by address, users by name and address, API keys by key alone', () => {
    expect(names({})).to.deep.equal(['guest-reads 0:0:0:0::/64', 'address 0:0:0:0::/64']);
    expect(names({ method: 'POST', address: '1.2.3.4' })).to.deep.equal(['guest-writes 1.2.3.4', 'address 1.2.3.4']);
    const user = { kind: 'user', id: 'usr_1' } as const;
    expect(names({ caller: user, address: '1.2.3.4' })).to.deep.equal(['user-reads usr_1', 'address 1.2.3.4']);
    expect(names({ caller: user, method: 'DELETE', address: '1.2.3.4' })).to.deep.equal([
      'user-writes usr_1',
      'address 1.2.3.4',
    ]);
    expect(names({ caller: { kind: 'client', id: 'key_1' } })).to.deep.equal(['client key_1']);
  });

  it('PLA-35 rations sign-in and codes by address, whoever asks', () => {
    const auth = { counted: 'sign-in', method: 'POST', address: '1.2.3.4' } as const;
    expect(names({ ...auth, url: '/api/v1/auth/sessions?x' })[0]).to.equal('sign-in 1.2.3.4');
    expect(names({ ...auth, url: '/api/v1/auth/refresh' })[0]).to.equal('sign-in 1.2.3.4');
    expect(names({ ...auth, url: '/api/v1/auth/codes' })[0]).to.equal('codes 1.2.3.4');
    expect(names({ ...auth, url: '/api/v1/auth/other' })[0]).to.equal('guest-writes 1.2.3.4');
    expect(claimsOf({ ...request, ...auth, url: '/api/v1/auth/codes' }).exact).to.equal(true);
  });

  it('PLA-35 does not let a rush of sales stop the payment providers’ call-backs', () => {
    expect(names({ counted: 'as-provider', method: 'POST', address: '1.2.3.4' })).to.deep.equal(['providers 1.2.3.4']);
  });
});
