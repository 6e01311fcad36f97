// A tenant's policy over time: each change is a new version with its reason, and the journal says who made it and when (REI-51).
//
// input ↓ \ status →  none (the default rules, version 0)   set
// ChangePolicy        changed                               changed | - (the same rules) | conflict¹
//
// ¹ the caller has read another version
import { DomainError, type Decider } from '@tongpiao/kernel';
import { DEFAULT_RULES, type Policy, type Rules } from './policy.ts';

export type PolicyState = { readonly status: 'none' } | { readonly status: 'set'; readonly policy: Policy };
export type PolicyCommand = {
  readonly type: 'ChangePolicy';
  readonly rules: Rules;
  readonly reason: string;
  /** The version that the caller has read. */
  readonly expected: number;
};
export type PolicyEvent = { readonly type: 'PolicyChanged'; readonly policy: Policy; readonly reason: string };

const DEFAULT_POLICY: Policy = { ...DEFAULT_RULES, version: 0 };

export function policyOf(state: PolicyState): Policy {
  return state.status === 'set' ? state.policy : DEFAULT_POLICY;
}

export const policyDecider: Decider<PolicyState, PolicyCommand, PolicyEvent> = {
  initial: { status: 'none' },
  decide(state, { rules, reason, expected }) {
    const { version, ...now } = policyOf(state);
    if (JSON.stringify(rules) === JSON.stringify(now)) return [];
    if (version !== expected)
      throw new DomainError('platform.precondition-failed', 'The policy has been changed meanwhile.');
    return [{ type: 'PolicyChanged', policy: { ...rules, version: version + 1 }, reason }];
  },
  evolve: (_state, { policy }) => ({ status: 'set', policy }),
};
