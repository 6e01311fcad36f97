// The pace at which mass sends are taken in.
import { orderClosed } from '@tongpiao/contracts';
import type { Received } from '@tongpiao/messaging';
import { expect } from 'chai';
import { batchOf, paced } from './paced.ts';

const message: Received = {
  envelope: {
    specversion: '1.0',
    id: 'msg_1',
    type: orderClosed.type,
    source: 'sales',
    subject: 'ord_1',
    time: '2026-12-01T09:00:00.000Z',
    datacontenttype: 'application/json',
    tenantid: 'ten_1',
    correlationid: 'c',
    causationid: 'c',
    sequence: 1,
    data: orderClosed.example,
  },
  definition: orderClosed,
  attempt: 1,
  redelivered: false,
};
const messages = (count: number): readonly Received[] => Array.from({ length: count }, () => message);

describe('taking in what many are told', () => {
  it('NOT-08 a batch is answered no sooner than its share of a second is over', async () => {
    const begun = performance.now();
    const outcomes = await paced(100, (batch) => Promise.resolve(batch.map(() => 'done')))(messages(5));
    expect(outcomes).to.have.length(5);
    // Timers may be a millisecond early.
    expect(performance.now() - begun).to.be.at.least(48);
  });

  it('NOT-08 what a batch throws is thrown, after its share of time', async () => {
    const broken = paced(1_000, () => Promise.reject(new Error('away')));
    const outcome = await broken([]).catch((error: unknown) => String(error));
    expect(outcome).to.equal('Error: away');
  });

  it('NOT-08 batches are small, and never empty', () => {
    expect([batchOf(100), batchOf(1), batchOf(10_000)]).to.deep.equal([20, 1, 200]);
  });
});
