// GET and PUT /api/v1/reissue-policy: by which rules a tenant's applications are judged. Each change is a new version; cases that are open
// keep theirs (REI-51). Mailboxes that are urged go with it, sealed beside the rules: they are read when somebody is urged (REI-42).
import { DomainError, maskEmail } from '@tongpiao/kernel';
import type { RecordKey, Scope } from '@tongpiao/persistence';
import { etagOf, route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { DESKS } from '../application/application.policy.ts';
import { policyOf, type Mailboxes } from '../policy/policy.decider.ts';
import { currentMailboxes, currentPolicy, policyIdOf, type Policies } from '../policy/policy.store.ts';
import { policySchema, rulesSchema, type Policy, type Urging } from '../policy/policy.ts';
import type { DeadlineWatch } from './watch-deadlines.ts';

const PATH = '/api/v1/reissue-policy';

export function managePolicy(
  { vault }: Pick<Foundation, 'vault'>,
  policies: Policies,
  deadlines: DeadlineWatch,
): readonly Route[] {
  async function sealed(scope: Scope, urging: Urging): Promise<{ mailboxes: Mailboxes; recordKey?: RecordKey }> {
    const named = DESKS.flatMap((desk) => (urging[desk] === undefined ? [] : [[desk, urging[desk]] as const]));
    if (named.length === 0) return { mailboxes: {} };
    const snapshot = await policies.load(scope, policyIdOf(scope.tenantId));
    const recordKey =
      snapshot?.key === undefined ? await vault.newRecordKey(scope) : await policies.recordKey(scope, snapshot);
    const values = named.map(async ([desk, address]) => {
      const index = await vault.blindIndex(scope, 'mailbox', address);
      return [desk, { sealed: recordKey.seal(address), masked: maskEmail(address), index }] as const;
    });
    return { mailboxes: Object.fromEntries(await Promise.all(values)), recordKey };
  }

  return [
    route({
      method: 'get',
      path: PATH,
      summary: 'The rules by which applications are judged.',
      tags: ['reissue'],
      access: { permission: 'reissue:policies:read' },
      responses: { 200: policySchema },
      async handler(context) {
        const scope = context.scope();
        const policy = await currentPolicy(policies, scope);
        const body = shown(policy, await currentMailboxes(policies, scope));
        return { status: 200, body, headers: { ETag: etagOf(policy.version) } };
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
        const { rules: asked, reason } = context.body;
        const { urging = {}, ...rules } = asked;
        const expected = context.expectedVersion();
        const { mailboxes, recordKey } = await sealed(scope, urging);
        const { state } = await policies.handle(
          scope,
          policyIdOf(scope.tenantId),
          { type: 'ChangePolicy', rules, mailboxes, reason, expected },
          recordKey === undefined ? {} : { recordKey },
        );
        if (state.status === 'none' && expected !== 0)
          throw new DomainError('platform.precondition-failed', 'The policy has another version.');
        const policy = policyOf(state);
        await deadlines.calendarChanged(scope.tenantId);
        return { status: 200, body: shown(policy, urging), headers: { ETag: etagOf(policy.version) } };
      },
    }),
  ];
}

function shown(policy: Policy, urging: Urging): z.input<typeof policySchema> {
  return { ...policy, ...(Object.keys(urging).length === 0 ? {} : { urging }) };
}
