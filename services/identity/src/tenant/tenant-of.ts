// The tenant that a site or gate belongs to, among those that the caller reaches.
import { DomainError, type TenantId } from '@tongpiao/kernel';
import type { Filter, Scope } from '@tongpiao/persistence';
import type { RequestContext } from '@tongpiao/service-shell';
import { scopeForFinding, scopeIn } from '../reach.ts';
import type { TenantStore } from './tenant.store.ts';

/** @throws DomainError `platform.not-found` */
export async function tenantOf(
  context: RequestContext,
  tenants: TenantStore,
  filter: Filter,
): Promise<{ readonly scope: Scope; readonly tenantId: TenantId }> {
  const [found] = await tenants.find(scopeForFinding(context, 'find the tenant of a site'), filter, { limit: 1 });
  if (found === undefined) throw new DomainError('platform.not-found', 'There is nothing of that id.');
  const tenantId = found.id as TenantId;
  return { scope: scopeIn(context, tenantId), tenantId };
}
