// INV-13: copies count only while somebody has listened to inventory lately, and a copy that Redis did not take is said.
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { createCopies } from './copies.ts';

type Written = { readonly key: string; readonly seconds: number };

function playedRedis(failing = false): { redis: Redis; values: Map<string, string>; written: Written[]; away(): void } {
  const values = new Map<string, string>();
  const written: Written[] = [];
  let status = 'ready';
  const pipeline = {
    set(key: string, text: string, _unit: 'EX', seconds: number) {
      values.set(key, text);
      written.push({ key, seconds });
      return pipeline;
    },
    exec: async () => [[failing ? new Error('OOM') : null, 'OK']],
  };
  const played = {
    get status() {
      return status;
    },
    pipeline: () => pipeline,
    mget: async (...keys: string[]) => keys.map((key) => values.get(key) ?? null),
  };
  return { redis: played as unknown as Redis, values, written, away: () => void (status = 'end') };
}

const failureOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof Error ? error.message : 'unknown'),
  );

describe('INV-13 copies of availability', () => {
  it('are read while somebody listens, and not when nobody has for a while', async () => {
    const { redis, values } = playedRedis();
    const copies = createCopies(redis);
    await copies.write([['ses_1', '{}']]);
    expect(await copies.read(['ses_1', 'ses_2'])).to.deep.equal(['{}', null]);
    values.delete('availability-heard');
    expect(await copies.read(['ses_1', 'ses_2'])).to.deep.equal([null, null]);
  });

  it('the sign of life goes out by itself, long before the copies', async () => {
    const { redis, written } = playedRedis();
    await createCopies(redis).write([['ses_1', '{}']]);
    const [heard, copy] = written;
    expect(heard?.key).to.equal('availability-heard');
    expect(heard?.seconds).to.be.lessThan((copy?.seconds ?? 0) / 10);
  });

  it('Redis away, or full: said, so that it is tried again', async () => {
    expect(await failureOf(createCopies(playedRedis(true).redis).write([['ses_1', '{}']]))).to.equal('OOM');
    const played = playedRedis();
    played.away();
    const copies = createCopies(played.redis);
    expect(await failureOf(copies.read(['ses_1']))).to.equal('Redis is away');
    expect(await failureOf(copies.write([]))).to.equal('Redis is away');
  });
});
