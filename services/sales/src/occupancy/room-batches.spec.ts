// People who come at the same moment share a write, and nobody is let in or turned away by that who would not be alone.
import { expect } from 'chai';
import fc from 'fast-check';
import { eventually } from '@tongpiao/testing';
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

  describe('room ahead (ADR 0045)', () => {
    const aheadOf = (seen: { left: number }, people: number) => ({
      people,
      async giveBack(unused: number) {
        await Promise.resolve();
        seen.left += unused;
      },
    });

    it('a crowd that comes one by one hardly waits for a write, and what nobody needed goes back', async () => {
      const { seen, takeAll } = site(1_000);
      const batches = createRoomBatches();
      const ahead = aheadOf(seen, 20);
      for (let person = 0; person < 100; person += 1)
        expect(await batches.take('sit_1', 1, takeAll, ahead)).to.equal(true);
      await batches.stop();
      expect(seen.left).to.equal(900);
      expect(seen.writes).to.be.below(15);
    });

    it('goes back by itself when nobody comes any more', async () => {
      const { seen, takeAll } = site(1_000);
      const batches = createRoomBatches(5);
      await batches.take('sit_1', 1, takeAll, aheadOf(seen, 20));
      await eventually('given back', () => seen.left === 999);
    });

    it('nothing is taken ahead where it is tight, and the last place is found', async () => {
      const { seen, takeAll } = site(10);
      const batches = createRoomBatches();
      const taken: boolean[] = [];
      for (let person = 0; person < 12; person += 1)
        taken.push(await batches.take('sit_1', 1, takeAll, aheadOf(seen, 20)));
      expect(taken).to.deep.equal([...Array.from({ length: 10 }, () => true), false, false]);
    });

    it('whoever comes in whatever company: never more than there is room for, and in the end exactly those', async () => {
      const company = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(
          fc.nat(120),
          fc.nat(20),
          fc.array(company, { maxLength: 20 }),
          async (room, people, comers) => {
            const { seen, takeAll } = site(room);
            const batches = createRoomBatches();
            const ahead = aheadOf(seen, people);
            let inside = 0;
            for (const wishes of comers) {
              const taken = await Promise.all(wishes.map((wish) => batches.take('sit_1', wish, takeAll, ahead)));
              wishes.forEach((wish, index) => (inside += taken[index] === true ? wish : 0));
              expect(seen.left).to.be.at.least(0);
            }
            await batches.stop();
            expect([seen.left, seen.most <= 1]).to.deep.equal([room - inside, true]);
          },
        ),
      );
    });
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
