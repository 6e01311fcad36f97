import { expect } from 'chai';
import { createReassembly } from './reassembly.ts';
import type { ReceivedPart } from './reassembly.ts';

const part = (text: string, reference: number, index: number, total: number): ReceivedPart => ({
  text,
  part: { reference, total, index },
});

describe('reassembly of long messages', () => {
  it('puts parts in order, whatever order they came in', () => {
    const reassembly = createReassembly();
    expect(reassembly.add('1', '2', part('c', 7, 3, 3), 'id3')).to.equal(null);
    expect(reassembly.add('1', '2', part('a', 7, 1, 3), 'id1')).to.equal(null);
    expect(reassembly.add('1', '2', part('b', 7, 2, 3), 'id2')).to.deep.equal({
      text: 'abc',
      messageIds: ['id3', 'id1', 'id2'],
      segments: 3,
    });
  });

  it('does not mix messages to different people under one reference', () => {
    const reassembly = createReassembly();
    reassembly.add('1', '2', part('a', 7, 1, 2), 'x');
    expect(reassembly.add('1', '3', part('b', 7, 2, 2), 'y')).to.equal(null);
  });

  it('takes a part that came twice once', () => {
    const reassembly = createReassembly();
    reassembly.add('1', '2', part('a', 7, 1, 2), 'x');
    expect(reassembly.add('1', '2', part('a', 7, 1, 2), 'y')).to.equal(null);
  });

  it('passes a short message on', () => {
    expect(createReassembly().add('1', '2', { text: 'a', part: null }, 'x')).to.include({ text: 'a', segments: 1 });
  });
});
