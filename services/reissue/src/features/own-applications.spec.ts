// PLA-12: which applications of their own people may have erased: every status.
import { expect } from 'chai';
import { cases } from '../application/application.fixture.ts';
import type { LiveApplication } from '../application/application.ts';
import { keptFor } from './own-applications.ts';

describe('own applications', () => {
  const expected: Readonly<Record<LiveApplication['status'], string | undefined>> = {
    submitted: 'not-over',
    verifying: 'not-over',
    waiting_identity: 'not-over',
    risk_check: 'not-over',
    deciding: 'not-over',
    reviewing: 'not-over',
    material_wanted: 'not-over',
    fee_due: 'not-over',
    executing: 'not-over',
    appealing: 'not-over',
    reissued: 'archive',
    refused: 'archive',
    withdrawn: undefined,
    closed: undefined,
  };
  for (const [status, application] of Object.entries(cases))
    it(`PLA-12 ${status}: ${expected[application.status] ?? 'may go'}`, () => {
      expect(keptFor(application, 5)?.why).to.equal(expected[application.status]);
    });

  it('PLA-12 the archive says until when; money on its way back is not over', () => {
    const { reissued, withdrawn } = cases;
    if (reissued.status !== 'reissued' || withdrawn.status !== 'withdrawn') throw new Error('not so');
    expect(keptFor({ ...reissued, reissuedAt: '2026-11-30T02:01:00.000Z' }, 5)).to.deep.equal({
      ...{ why: 'archive', notBefore: '2031-11-30T02:01:00.000Z' },
    });
    const refund = {
      id: 'r',
      paymentId: 'p',
      amount: reissued.ticket.amount,
      reason: 'cancelled',
      status: 'requested',
    } as const;
    expect(keptFor({ ...withdrawn, refunds: [refund] }, 5)).to.deep.equal({ why: 'not-over' });
    expect(keptFor({ status: 'none' }, 5)).to.equal(undefined);
  });
});
