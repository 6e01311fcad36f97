// People who come at the same moment share a write, and nobody is let in or turned away by that who would not be alone.
import { expect } from 'chai';
import fc from 'fast-check';
import { createRoomBatches } from './room-batches.ts';

describe('SAL-43 room for many at once', () => {
  /** A site with so much room; every write takes a turn of the loop. */
  function site(room: number) {
    const seen = { left: room, writes: 0, atOnce: 0, most: 0 };
    const takeAll = async (people: number) => {
      seen.writes += 1;
      seen.atOnce += 1;
      seen.most = Math.max(seen.most, seen.atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      seen.atOnce -= 1;
      if (people > seen.left) return { taken: false as const, left: seen.left };
      seen.left -= people;
      return { taken: true as const };
    };
    return { seen, takeAll };
  }

  it('two hundred at once are one write', async () => {
    const { seen, takeAll } = site(1_000);
    const batches = createRoomBatches();
    const taken = await Promise.all(Array.from({ length: 200 }, () => batches.take('sit_1', 1, takeAll)));
    expect(taken.every(Boolean)).to.equal(true);
    expect([seen.writes, seen.left]).to.deep.equal([1, 800]);
  });

  it('at a full site a crowd costs one look, not one each', async () => {
    const { seen, takeAll } = site(0);
    const batches = createRoomBatches();
    const taken = await Promise.all(Array.from({ length: 200 }, () => batches.take('sit_1', 1, takeAll)));
    expect(taken.some(Boolean)).to.equal(false);
    expect(seen.writes).to.equal(1);
  });

  it('who fits goes in, in the order of coming; the room is never exceeded', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 30 }),
        fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 30 }),
        async (room, wishes) => {
          const { seen, takeAll } = site(room);
          const batches = createRoomBatches();
          const taken = await Promise.all(wishes.map((people) => batches.take('sit_1', people, takeAll)));
          let left = room;
          const expected = wishes.map((people) => {
            if (people > left) return false;
            left -= people;
            return true;
          });
          expect(taken).to.deep.equal(expected);
          expect([seen.left, seen.most <= 1]).to.deep.equal([left, true]);
        },
      ),
    );
  });

  it('sites do not wait for each other; an error is everybody’s who was in it, and the next ones go on', async () => {
    const batches = createRoomBatches();
    const { takeAll } = site(10);
    const broken = () => Promise.reject(new Error('the database is away'));
    const answers = await Promise.allSettled([
      batches.take('sit_1', 1, broken),
      batches.take('sit_1', 1, broken),
      batches.take('sit_2', 1, takeAll),
    ]);
    expect(answers.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected', 'fulfilled']);
    expect(await batches.take('sit_1', 1, takeAll)).to.equal(true);
  });
});
