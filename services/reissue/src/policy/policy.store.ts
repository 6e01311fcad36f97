// Policies on disk: one record per tenant, its versions in its journal.
import type { AggregateSpec, AggregateStore, Scope } from '@tongpiao/persistence';
import { z } from 'zod';
import { policyDecider, policyOf, type PolicyCommand, type PolicyEvent, type PolicyState } from './policy.decider.ts';
import { policySchema, type Policy } from './policy.ts';

const stateSchema: z.ZodType<PolicyState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({ status: z.literal('set'), policy: policySchema }),
]);

export const policySpec: AggregateSpec<PolicyState, PolicyCommand, PolicyEvent> = {
  service: 'reissue',
  collection: 'policies',
  decider: policyDecider,
  state: stateSchema,
  messages: () => [],
};
export type Policies = AggregateStore<PolicyState, PolicyCommand, PolicyEvent>;

export function policyIdOf(tenantId: string): string {
  return `rpo_${tenantId}`;
}

export async function currentPolicy(policies: Policies, scope: Scope): Promise<Policy> {
  const snapshot = await policies.load(scope, policyIdOf(scope.tenantId));
  return policyOf(snapshot?.state ?? { status: 'none' });
}
