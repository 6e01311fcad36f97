// POST /api/v1/users/{id}/reveal: plain values for a stated purpose. The journal has the entry before the caller has the values.
import { DomainError, type TenantId } from '@tongpiao/kernel';
import { route, type AuditTrail, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { scopeForFinding, scopeIn } from '../reach.ts';
import type { Requests } from '../requests.ts';
import { PERSONAL_FIELDS } from '../user/user.ts';
import type { UserStore } from '../user/user.store.ts';

export function revealPersonalData(trail: AuditTrail, users: UserStore, requests: Requests): Route {
  return route({
    method: 'post',
    path: '/api/v1/users/:id/reveal',
    summary: 'Shows personal data of an account in plain; audited.',
    tags: ['users'],
    access: { permission: 'identity:personal-data:reveal' },
    body: z.strictObject({
      fields: z.array(z.enum(PERSONAL_FIELDS)).min(1).max(PERSONAL_FIELDS.length),
      purpose: z.string().trim().min(4).max(500),
    }),
    problems: ['platform.erased'],
    responses: {
      200: z.object({ name: z.string().optional(), phone: z.string().optional(), email: z.string().optional() }),
    },
    async handler(context) {
      const { id } = context.params;
      const { purpose } = context.body;
      const fields = [...new Set(context.body.fields)];
      const found = await users.load(scopeForFinding(context, 'reveal personal data'), id);
      if (found === undefined || found.state.status === 'none')
        throw new DomainError('platform.not-found', 'No such account.');
      const { state } = found;
      const scope = scopeIn(context, found.tenantId as TenantId);
      const key = await users.recordKey(scope, found);
      await users.handle(
        scope,
        id,
        { type: 'RevealPersonalData', fields, purpose },
        { request: requests.of(context).request },
      );
      await trail.record(scope, 'reveal', id, { fields: fields.join(' '), purpose });
      const plain = fields.flatMap((field) => {
        const value = state[field];
        return value === undefined ? [] : [[field, key.open(value.sealed)] as const];
      });
      return { status: 200, body: Object.fromEntries(plain) };
    },
  });
}
