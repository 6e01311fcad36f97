import { expect } from 'chai';
import { createRingBuffer } from './ring-buffer.ts';

describe('ring buffer', () => {
  it('forgets the oldest and lists the newest first', () => {
    const buffer = createRingBuffer<number>(3);
    for (const item of [1, 2, 3, 4, 5]) buffer.push(item);
    expect(buffer.newest(10)).to.deep.equal([5, 4, 3]);
    expect(buffer.size).to.equal(3);
  });

  it('finds what matches, up to the limit', () => {
    const buffer = createRingBuffer<number>(10);
    for (const item of [1, 2, 3, 4, 5]) buffer.push(item);
    expect(buffer.newest(2, (item) => item % 2 === 1)).to.deep.equal([5, 3]);
  });

  it('is empty at first', () => expect(createRingBuffer(3).newest(5)).to.deep.equal([]));
});
