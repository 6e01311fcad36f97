// A tenant's policy over time: each change is a new version with its reason, and the journal says who made it and when (REI-51).
//
// input ↓ \ status →  none (the default rules, version 0)   set
// ChangePolicy        changed | - (the same¹)               changed | - (the same¹) | conflict²
//
// ¹ rules and mailboxes; what is not sealed yet is not the same   ² the caller has read another version
import { DomainError, type Decider } from '@tongpiao/kernel';
import type { PersonalValue } from '@tongpiao/persistence';
import type { Desk } from '../application/application.ts';
import { DEFAULT_RULES, type Policy, type Rules, type Urging } from './policy.ts';

/** REI-42: mailboxes that hear of what is overdue at a desk, under the key of the policy's record. */
export type Mailboxes = Readonly<Partial<Record<Desk, PersonalValue | undefined>>>;

export type PolicyState =
  | { readonly status: 'none' }
  | {
      readonly status: 'set';
      readonly policy: Policy;
      readonly mailboxes?: Mailboxes | undefined;
      /** As a policy of an earlier day has them; sealed with the next change. */
      readonly plainMailboxes?: Urging | undefined;
    };
export type PolicyCommand = {
  readonly type: 'ChangePolicy';
  readonly rules: Rules;
  readonly mailboxes: Mailboxes;
  readonly reason: string;
  /** The version that the caller has read. */
  readonly expected: number;
};
export type PolicyEvent = {
  readonly type: 'PolicyChanged';
  readonly policy: Policy;
  readonly mailboxes: Mailboxes;
  readonly reason: string;
};

const DEFAULT_POLICY: Policy = { ...DEFAULT_RULES, version: 0 };

export function policyOf(state: PolicyState): Policy {
  return state.status === 'set' ? state.policy : DEFAULT_POLICY;
}

/** Sealed twice, one mailbox looks like two; its index does not. */
function namesSame(state: PolicyState, { operator, reviewer, manager }: Mailboxes): boolean {
  if (state.status === 'set' && state.plainMailboxes !== undefined) return false;
  const now = (state.status === 'set' ? state.mailboxes : undefined) ?? {};
  const same = (one?: PersonalValue, other?: PersonalValue): boolean => one?.index === other?.index;
  return same(now.operator, operator) && same(now.reviewer, reviewer) && same(now.manager, manager);
}

export const policyDecider: Decider<PolicyState, PolicyCommand, PolicyEvent> = {
  initial: { status: 'none' },
  decide(state, { rules, mailboxes, reason, expected }) {
    const { version, ...now } = policyOf(state);
    if (JSON.stringify(rules) === JSON.stringify(now) && namesSame(state, mailboxes)) return [];
    if (version !== expected)
      throw new DomainError('platform.precondition-failed', 'The policy has been changed meanwhile.');
    return [{ type: 'PolicyChanged', policy: { ...rules, version: version + 1 }, mailboxes, reason }];
  },
  evolve: (_state, { policy, mailboxes }) => ({ status: 'set', policy, mailboxes }),
};
