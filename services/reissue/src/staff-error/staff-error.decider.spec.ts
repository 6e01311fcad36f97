// An error of staff: every cell, and that money goes out once, by two people.
import { payCompensation } from '@tongpiao/contracts';
import { DomainError, fen, fold } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import { staffErrorDecider } from './staff-error.decider.ts';
import { staffErrorMessages } from './staff-error.messages.ts';
import type { ErrorFacts, LiveStaffError, StaffErrorCommand, StaffErrorState } from './staff-error.ts';

const AT = '2026-11-30T02:00:00.000Z';
const facts: ErrorFacts = {
  applicationId: 'rei_1',
  orderId: 'ord_1',
  whose: 'usr_operator',
  kind: 'wrong-refusal',
  words: '照片看错了',
  markedBy: 'usr_reviewer',
  markedAt: AT,
};
const mark = (change: Partial<ErrorFacts> = {}): StaffErrorCommand => ({
  type: 'MarkError',
  facts: { ...facts, ...change },
  involved: ['usr_operator', 'usr_reviewer', 'policy:3'],
});
const propose = (by = 'usr_reviewer', amount = 2_000): StaffErrorCommand => ({
  type: 'ProposeCompensation',
  proposal: { amount: fen(amount), reason: '白跑一趟', by, at: AT },
  max: fen(5_000),
});
const judge = (verdict: 'approve' | 'decline' = 'approve', by = 'usr_manager'): StaffErrorCommand => ({
  type: 'DecideCompensation',
  verdict,
  by,
  reason: '同意',
  compensationId: 'rfd_1',
  at: AT,
});
const paid = (compensationId = 'rfd_1'): StaffErrorCommand => ({ type: 'ConfirmPaid', compensationId, at: AT });
const fail = (compensationId = 'rfd_1'): StaffErrorCommand => ({
  type: 'FailPayment',
  compensationId,
  problem: 'no-payment',
});

function played(...list: readonly StaffErrorCommand[]): StaffErrorState {
  return list.reduce<StaffErrorState>(
    (state, command) => fold(staffErrorDecider, state, staffErrorDecider.decide(state, command)),
    staffErrorDecider.initial,
  );
}
const states: Readonly<Record<StaffErrorState['status'], StaffErrorState>> = {
  none: staffErrorDecider.initial,
  marked: played(mark()),
  proposed: played(mark(), propose()),
  paying: played(mark(), propose(), judge()),
  paid: played(mark(), propose(), judge(), paid()),
  failed: played(mark(), propose(), judge(), fail()),
};
function cell(state: StaffErrorState, command: StaffErrorCommand): string {
  try {
    return (
      staffErrorDecider
        .decide(state, command)
        .map(({ type }) => type)
        .join('+') || '-'
    );
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}
function expectRow(command: StaffErrorCommand, row: Readonly<Record<StaffErrorState['status'], string>>): void {
  expect(
    Object.fromEntries(Object.entries(states).map(([status, state]) => [status, cell(state, command)])),
  ).to.deep.equal(row);
}

describe('error of staff: every cell', () => {
  it('every state is in its status', () => {
    for (const [status, state] of Object.entries(states)) expect(state.status).to.equal(status);
  });
  it('REI-52 MarkError', () => {
    expectRow(mark(), { none: 'ErrorMarked', marked: '-', proposed: '-', paying: '-', paid: '-', failed: '-' });
    const other = 'reissue.error-marked';
    const row = { none: 'ErrorMarked', marked: other, proposed: other, paying: other, paid: other, failed: other };
    expectRow(mark({ kind: 'too-late' }), row);
    expect(cell(states.none, mark({ whose: 'usr_reviewer' }))).to.equal('reissue.own-error');
    expect(cell(states.none, mark({ whose: 'usr_stranger' }))).to.equal('reissue.not-involved');
    expect(cell(states.none, mark({ whose: 'policy:3', kind: 'policy-too-lenient' }))).to.equal('ErrorMarked');
  });
  it('REI-52 ProposeCompensation', () => {
    const over = {
      paying: 'reissue.compensation-decided',
      paid: 'reissue.compensation-decided',
      failed: 'reissue.compensation-decided',
    };
    const row = { none: 'platform.not-found', marked: 'CompensationProposed', ...over };
    expectRow(propose(), { ...row, proposed: '-' });
    expectRow(propose('usr_manager', 900), { ...row, proposed: 'reissue.compensation-proposed' });
    expect(cell(states.marked, propose('usr_operator'))).to.equal('reissue.own-error');
    expect(cell(states.marked, propose('usr_reviewer', 5_001))).to.equal('reissue.compensation-too-high');
    expect(cell(states.marked, propose('usr_reviewer', 5_000))).to.equal('CompensationProposed');
  });
  it('REI-52 PLA-04 DecideCompensation', () => {
    const none = { none: 'platform.not-found', marked: 'reissue.no-compensation-proposed' };
    expectRow(judge(), { ...none, proposed: 'CompensationApproved', paying: '-', paid: '-', failed: '-' });
    const decided = {
      paying: 'reissue.compensation-decided',
      paid: 'reissue.compensation-decided',
      failed: 'reissue.compensation-decided',
    };
    expectRow(judge('decline'), { ...none, ...decided, proposed: 'CompensationDeclined' });
    expect(cell(states.proposed, judge('approve', 'usr_reviewer'))).to.equal('reissue.own-proposal');
    expect(cell(states.proposed, judge('decline', 'usr_reviewer'))).to.equal('reissue.own-proposal');
    expect(cell(states.proposed, judge('approve', 'usr_operator'))).to.equal('reissue.own-error');
    const again = played(mark(), propose(), judge('decline'), propose('usr_reviewer', 900));
    expect(again).to.include({ status: 'proposed' });
    expect((again as LiveStaffError).declined).to.have.length(1);
  });
  it('REI-52 ConfirmPaid and FailPayment', () => {
    const quiet = { marked: '-', proposed: '-', paid: '-' };
    const unknown = { none: 'reissue.error-unknown' };
    expectRow(paid(), { ...unknown, ...quiet, paying: 'CompensationPaid', failed: 'CompensationPaid' });
    expectRow(fail(), { ...unknown, ...quiet, paying: 'CompensationFailed', failed: '-' });
    expectRow(paid('rfd_2'), { ...unknown, ...quiet, paying: '-', failed: '-' });
    expectRow(fail('rfd_2'), { ...unknown, ...quiet, paying: '-', failed: '-' });
  });
  it('REI-52 what was approved is asked of finance', () => {
    const state = states.paying;
    const [event] = staffErrorDecider.decide(states.proposed, judge());
    if (event === undefined) throw new Error('nothing was approved');
    const [said] = staffErrorMessages(event, { state });
    expect(said).to.deep.include({
      definition: payCompensation,
      data: { compensationId: 'rfd_1', orderId: 'ord_1', amount: 2_000, about: 'rei_1', approvedBy: 'usr_manager' },
    });
  });
  it('REI-52 PLA-04 in any order money is promised at most once, by two people other than the one named', () => {
    const people = ['usr_operator', 'usr_reviewer', 'usr_manager'];
    const pool = people.flatMap((by) => [propose(by), propose(by, 900), judge('approve', by), judge('decline', by)]);
    const list = fc.array(fc.constantFrom(mark(), paid(), fail(), ...pool), { maxLength: 40 });
    fc.assert(
      fc.property(list, (commands) => {
        let state = staffErrorDecider.initial;
        let promised = 0;
        for (const command of commands) {
          try {
            const events = staffErrorDecider.decide(state, command);
            promised += events.filter(({ type }) => type === 'CompensationApproved').length;
            state = fold(staffErrorDecider, state, events);
          } catch (error) {
            if (!(error instanceof DomainError)) throw error;
          }
        }
        expect(promised).to.be.at.most(1);
        if ('approval' in state) expect(new Set([state.whose, state.proposal.by, state.approval.by]).size).to.equal(3);
      }),
    );
  });
});
