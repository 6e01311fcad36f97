// A tenant as answers show it: to everybody what a customer needs, to staff all of it.
import { bilingualSchema, idSchema, siteCapacitySchema, tenantKindSchema } from '@tongpiao/contracts';
import { z } from 'zod';
import type { Tenant } from './tenant.ts';
import { tenantFields } from './tenant.store.ts';

const siteView = z.object({ id: idSchema, name: bilingualSchema });

export const publicTenantView = z.object({
  id: idSchema,
  kind: tenantKindSchema,
  name: bilingualSchema,
  timeZone: z.string(),
  currency: z.literal('CNY'),
  contact: tenantFields.contact,
  demo: z.boolean(),
  sites: z.array(siteView),
});
export type PublicTenantView = z.output<typeof publicTenantView>;

export const tenantView = publicTenantView.extend({
  status: z.enum(['active', 'suspended']),
  smsSignature: z.string(),
  policies: tenantFields.policies,
  sites: z.array(siteView.extend({ gates: z.array(siteView), capacity: siteCapacitySchema.optional() })),
});

export function publicViewOf(id: string, tenant: Tenant): PublicTenantView {
  const { kind, name, timeZone, currency, contact, demo, sites } = tenant;
  return {
    id,
    kind,
    name,
    timeZone,
    currency,
    contact,
    demo,
    sites: sites.map((site) => ({ id: site.id, name: site.name })),
  };
}

export function viewOfTenant(id: string, tenant: Tenant): z.output<typeof tenantView> {
  const { status, smsSignature, policies, sites } = tenant;
  const { totpRoles, ...others } = policies;
  return {
    ...publicViewOf(id, tenant),
    status,
    smsSignature,
    policies: { ...others, ...(totpRoles === undefined ? {} : { totpRoles: [...totpRoles] }) },
    sites: sites.map(({ id: siteId, name, gates, capacity }) => ({
      id: siteId,
      name,
      gates: [...gates],
      ...(capacity === undefined ? {} : { capacity }),
    })),
  };
}
