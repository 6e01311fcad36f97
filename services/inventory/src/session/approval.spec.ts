// When a second person is needed, and who that may be (INV-20).
import { DomainError } from '@tongpiao/kernel';
import { expect } from 'chai';
import { approvable, needsApproval, refuseAlone } from './approval.policy.ts';
import type { LiveSession } from './session.ts';

const session: LiveSession = {
  status: 'open',
  calendarId: 'cal_1',
  productId: 'prd_1',
  siteId: 'sit_1',
  date: '2026-12-01',
  startsAt: '2026-12-01T09:00:00+08:00',
  endsAt: '2026-12-01T11:00:00+08:00',
  capacity: 100,
};

describe('INV-20 a second person', () => {
  for (const [rule, state, capacity, percent, needed] of [
    ['a share is one person’s affair', {}, 130, undefined, false],
    ['downwards as well', {}, 70, undefined, false],
    ['more than that is not', {}, 131, undefined, true],
    ['nor downwards', {}, 69, undefined, true],
    ['the calendar has its own share', {}, 111, 10, true],
    ['up to it', {}, 110, 10, false],
    ['no share at all: every change', {}, 101, 0, true],
    ['no change needs nobody', {}, 100, 0, false],
    ['steps are added up', { capacity: 125, approvedCapacity: 100 }, 131, undefined, true],
    ['the way back is free', { capacity: 125, approvedCapacity: 100 }, 100, undefined, false],
    ['what was approved is the measure', { capacity: 200, approvedCapacity: 200 }, 260, undefined, false],
    ['from nothing every change is more', { capacity: 0 }, 1, 100, true],
  ] as const) {
    it(rule, () => expect(needsApproval({ ...session, ...state }, capacity, percent)).to.equal(needed));
  }

  it('who may not do it alone hears from which share on', () => {
    expect(() => refuseAlone(session, 70)).to.not.throw();
    const error = (): void => refuseAlone(session, 69);
    expect(error).to.throw(DomainError).with.property('code', 'inventory.capacity-needs-approval');
    expect(error).to.throw(DomainError).with.property('data').that.deep.equals({ percent: 30 });
  });

  const proposal = { id: 'cpr_1', capacity: 200, reason: 'festival', by: 'usr_1' };
  const refusal = (state: LiveSession, id: string, by: string): string => {
    try {
      return approvable(state, id, by).id;
    } catch (error) {
      if (error instanceof DomainError) return error.code;
      throw error;
    }
  };
  it('somebody else may approve the proposal that stands', () => {
    expect(refusal({ ...session, proposal }, 'cpr_1', 'usr_2')).to.equal('cpr_1');
  });
  it('the proposer may not', () => {
    expect(refusal({ ...session, proposal }, 'cpr_1', 'usr_1')).to.equal('inventory.own-proposal');
  });
  it('one that does not stand cannot be approved', () => {
    expect(refusal({ ...session, proposal }, 'cpr_0', 'usr_2')).to.equal('inventory.unknown-proposal');
    expect(refusal(session, 'cpr_1', 'usr_2')).to.equal('inventory.unknown-proposal');
  });
});
