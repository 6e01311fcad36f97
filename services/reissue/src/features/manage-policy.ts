// GET and PUT /api/v1/reissue-policy: by which rules a tenant's applications are judged. Each change is a new version; cases that are open
// keep theirs (REI-51).
import { DomainError } from '@tongpiao/kernel';
import { etagOf, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { policyOf } from '../policy/policy.decider.ts';
import { currentPolicy, policyIdOf, type Policies } from '../policy/policy.store.ts';
import { policySchema, rulesSchema } from '../policy/policy.ts';
import type { DeadlineWatch } from './watch-deadlines.ts';

const PATH = '/api/v1/reissue-policy';

export function managePolicy(policies: Policies, deadlines: DeadlineWatch): readonly Route[] {
  return [
    route({
      method: 'get',
      path: PATH,
      summary: 'The rules by which applications are judged.',
      tags: ['reissue'],
      access: { permission: 'reissue:policies:read' },
      responses: { 200: policySchema },
      async handler(context) {
        const policy = await currentPolicy(policies, context.scope());
        return { status: 200, body: policy, headers: { ETag: etagOf(policy.version) } };
      },
    }),
    route({
      method: 'put',
      path: PATH,
      summary: 'Changes the rules for applications that come from now on.',
      tags: ['reissue'],
      access: { permission: 'reissue:policies:update' },
      body: z.strictObject({ rules: rulesSchema, reason: z.string().trim().min(2).max(500) }),
      responses: { 200: policySchema },
      async handler(context) {
        const scope = context.scope();
        const { rules, reason } = context.body;
        const expected = context.expectedVersion();
        const { state } = await policies.handle(scope, policyIdOf(scope.tenantId), {
          type: 'ChangePolicy',
          rules,
          reason,
          expected,
        });
        if (state.status === 'none' && expected !== 0)
          throw new DomainError('platform.precondition-failed', 'The policy has another version.');
        const policy = policyOf(state);
        await deadlines.calendarChanged(scope.tenantId);
        return { status: 200, body: policy, headers: { ETag: etagOf(policy.version) } };
      },
    }),
  ];
}
