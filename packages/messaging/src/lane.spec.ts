import { expect } from 'chai';
import type { Delivery } from './ack-line.ts';
import { laneOfBatches, laneOfEach } from './lane.ts';

type Stub = { readonly tag: number; requeued: boolean };

function stub(tag: number): { delivery: Delivery; seen: Stub } {
  const seen: Stub = { tag, requeued: false };
  const delivery = {
    message: { fields: { deliveryTag: tag } },
    ack: () => undefined,
    giveBack: () => (seen.requeued = true),
  };
  return { delivery: delivery as unknown as Delivery, seen };
}

const tagOf = (delivery: Delivery): number => delivery.message.fields.deliveryTag;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a lane of each', () => {
  it('begins in order and never more than its number at once', async () => {
    const begun: number[] = [];
    const gates = new Map<number, () => void>();
    const lane = laneOfEach(2, (delivery) => {
      begun.push(tagOf(delivery));
      return new Promise((resolve) => gates.set(tagOf(delivery), resolve));
    });
    for (const tag of [1, 2, 3, 4]) lane.take(stub(tag).delivery);
    expect(begun).to.deep.equal([1, 2]);
    gates.get(2)?.();
    await turn();
    expect(begun).to.deep.equal([1, 2, 3]);
    expect(lane.inFlight()).to.equal(2);
  });

  it('gives back what has not begun when it stops, and waits for the rest', async () => {
    const gate = Promise.withResolvers<undefined>();
    const lane = laneOfEach(1, async () => {
      await gate.promise;
    });
    const [first, second] = [stub(1), stub(2)];
    lane.take(first.delivery);
    lane.take(second.delivery);
    lane.stop();
    const late = stub(3);
    lane.take(late.delivery);
    expect([first, second, late].map(({ seen }) => seen.requeued)).to.deep.equal([false, true, true]);
    let idle = false;
    const ended = lane.idle().then(() => (idle = true));
    await turn();
    expect(idle).to.equal(false);
    gate.resolve(undefined);
    await ended;
    expect(lane.inFlight()).to.equal(0);
  });
});

describe('a lane of batches', () => {
  it('takes what arrived in one turn, in order, up to its size, and the next while one is worked on', async () => {
    const batches: number[][] = [];
    const gates: (() => void)[] = [];
    const lane = laneOfBatches({ maxBatch: 3, lingerMs: 0 }, (batch) => {
      batches.push(batch.map(tagOf));
      return new Promise((resolve) => gates.push(resolve));
    });
    for (const tag of [1, 2, 3, 4]) lane.take(stub(tag).delivery);
    await turn();
    expect(batches).to.deep.equal([[1, 2, 3]]);
    lane.take(stub(5).delivery);
    await turn();
    expect(batches).to.deep.equal([[1, 2, 3]]);
    gates.shift()?.();
    await turn();
    await turn();
    expect(batches).to.deep.equal([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it('waits for company when told to, but not once it is full', async () => {
    const batches: number[][] = [];
    const lane = laneOfBatches({ maxBatch: 2, lingerMs: 60_000 }, async (batch) => void batches.push(batch.map(tagOf)));
    lane.take(stub(1).delivery);
    await turn();
    expect(batches).to.deep.equal([]);
    lane.take(stub(2).delivery);
    await turn();
    expect(batches).to.deep.equal([[1, 2]]);
  });

  it('gives back what has not begun when it stops', async () => {
    const lane = laneOfBatches({ maxBatch: 2, lingerMs: 60_000 }, async () => undefined);
    const { delivery, seen } = stub(1);
    lane.take(delivery);
    lane.stop();
    expect(seen.requeued).to.equal(true);
    await lane.idle();
  });
});
