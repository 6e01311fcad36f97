// Policies on disk: one record per tenant, its versions in its journal.
import { personalValueSchema, type AggregateSpec, type AggregateStore, type Scope } from '@tongpiao/persistence';
import { z } from 'zod';
import { DESKS } from '../application/application.policy.ts';
import { policyDecider, policyOf, type PolicyCommand, type PolicyEvent, type PolicyState } from './policy.decider.ts';
import { policySchema, type Policy, type Urging } from './policy.ts';

const mailbox = personalValueSchema.optional();
const stateSchema: z.ZodType<PolicyState> = z.union([
  z.object({ status: z.literal('none') }),
  z
    .object({
      status: z.literal('set'),
      policy: policySchema,
      mailboxes: z.object({ operator: mailbox, reviewer: mailbox, manager: mailbox }).optional(),
    })
    .transform(({ status, policy: { urging: plainMailboxes, ...policy }, mailboxes }) => ({
      ...{ status, policy },
      ...(mailboxes === undefined ? {} : { mailboxes }),
      ...(plainMailboxes === undefined ? {} : { plainMailboxes }),
    })),
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

/** REI-42: in plain, those that the tenant names today. */
export async function currentMailboxes(policies: Policies, scope: Scope): Promise<Urging> {
  const snapshot = await policies.load(scope, policyIdOf(scope.tenantId));
  if (snapshot?.state.status !== 'set') return {};
  const { mailboxes = {}, plainMailboxes } = snapshot.state;
  if (plainMailboxes !== undefined) return plainMailboxes;
  const named = DESKS.flatMap((desk) => {
    const value = mailboxes[desk];
    return value === undefined ? [] : [{ desk, sealed: value.sealed }];
  });
  if (named.length === 0) return {};
  const key = await policies.recordKey(scope, snapshot);
  return Object.fromEntries(named.map(({ desk, sealed }) => [desk, key.open(sealed)]));
}
