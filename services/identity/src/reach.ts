// Whose records a caller reaches: one's own tenant's, and everybody's for the platform's own people. Permissions were checked
// before; this is about place.
import { DomainError, PLATFORM_TENANT, type TenantId } from '@tongpiao/kernel';
import type { Scope } from '@tongpiao/persistence';
import type { RequestContext } from '@tongpiao/service-shell';
import { idSchema } from '@tongpiao/contracts';
import type { Editor } from './user/staff-roles.policy.ts';

export const tenantIdSchema = idSchema.transform((text) => text as TenantId);

/** @throws DomainError for keys and guests: these acts are a person's. */
export function editorOf(context: RequestContext): Editor {
  const { principal } = context;
  if (principal.type !== 'user') throw new DomainError('platform.forbidden', 'Only people do this.');
  return { id: principal.id, tenantId: principal.tenantId };
}

/** @throws DomainError when the caller is at home elsewhere */
export function scopeIn(context: RequestContext, tenantId: TenantId): Scope {
  const { tenantId: home } = editorOf(context);
  if (home !== tenantId && home !== PLATFORM_TENANT) throw new DomainError('platform.forbidden', 'Another tenant’s.');
  return context.scope(tenantId);
}

/** For finding a record whose tenant only the record knows. */
export function scopeForFinding(context: RequestContext, what: string): Scope {
  return editorOf(context).tenantId === PLATFORM_TENANT
    ? context.scopeAcrossTenants(`platform staff: ${what}`)
    : context.scope();
}
