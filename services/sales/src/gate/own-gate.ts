// Which gate a request is about. A gate's key is for that gate alone; staff act for the gates of their tenant. Any other gate is not
// there: whether it exists is nobody's business (PLA-02).
import { DomainError } from '@tongpiao/kernel';
import type { GateFacts, Principal, TenantDirectory } from '@tongpiao/service-shell';

type Asked = { readonly principal: Principal; readonly params: { readonly id: string } };

/** @throws DomainError `platform.not-found` */
export function ownGate({ principal, params }: Asked, tenants: TenantDirectory): GateFacts {
  const gate = tenants.gate(params.id);
  const isTheirs =
    principal.type === 'user'
      ? gate?.tenantId === principal.tenantId
      : principal.type === 'apiKey' &&
        gate?.tenantId === principal.tenantId &&
        (principal.kind !== 'gate' || principal.subject === params.id);
  if (gate === undefined || !isTheirs) throw new DomainError('platform.not-found', 'There is no such gate.');
  return gate;
}
