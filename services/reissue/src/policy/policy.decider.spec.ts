// A tenant's policy over time: every cell of the decider's table.
import { DomainError, fold } from '@tongpiao/kernel';
import { expect } from 'chai';
import { policyDecider, policyOf, type Mailboxes, type PolicyCommand, type PolicyState } from './policy.decider.ts';
import { DEFAULT_RULES, keptPolicySchema } from './policy.ts';

const boxOf = (address: string): Mailboxes => ({
  operator: { sealed: `p1.${Math.random()}`, masked: '*', index: address },
});
const change = (expected: number, retentionYears?: number, mailboxes: Mailboxes = {}): PolicyCommand => ({
  ...{ type: 'ChangePolicy', mailboxes, reason: '调整', expected },
  rules: { ...DEFAULT_RULES, ...(retentionYears === undefined ? {} : { retentionYears }) },
});
const after = (state: PolicyState, command: PolicyCommand): PolicyState =>
  fold(policyDecider, state, policyDecider.decide(state, command));
const codeOf = (state: PolicyState, command: PolicyCommand): string => {
  try {
    return policyDecider.decide(state, command).length === 0 ? '-' : 'changed';
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
};

describe('policy of a tenant', () => {
  const none = policyDecider.initial;
  const set = after(none, change(0, 7, boxOf('one@example.cn')));

  it('REI-51 each change is a version; the same again is none; who has read another is refused', () => {
    expect(codeOf(none, change(0)), 'the default').to.equal('-');
    expect(policyOf(set)).to.include({ version: 1, retentionYears: 7 });
    expect(codeOf(set, change(0, 7, boxOf('one@example.cn'))), 'sealed anew').to.equal('-');
    expect(codeOf(set, change(1, 8, boxOf('one@example.cn')))).to.equal('changed');
    expect(codeOf(set, change(0, 8, boxOf('one@example.cn')))).to.equal('platform.precondition-failed');
  });
  it('REI-42 another mailbox, or none, is a change; one that is not sealed yet is sealed', () => {
    expect(codeOf(set, change(1, 7, boxOf('two@example.cn')))).to.equal('changed');
    expect(codeOf(set, change(1, 7))).to.equal('changed');
    const plain: PolicyState = {
      ...set,
      mailboxes: undefined,
      plainMailboxes: { operator: 'one@example.cn' },
    } as never;
    expect(codeOf(plain, change(1, 7, boxOf('one@example.cn')))).to.equal('changed');
    expect(after(plain, change(1, 7, boxOf('one@example.cn')))).not.to.have.property('plainMailboxes');
  });
  it('PLA-10 what a case keeps of a policy names no mailbox', () => {
    const stored = { ...policyOf(set), urging: { operator: 'one@example.cn' } };
    expect(keptPolicySchema.parse(stored)).to.deep.equal(policyOf(set));
  });
});
