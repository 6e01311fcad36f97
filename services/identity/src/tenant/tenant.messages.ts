// What others must hear of a tenant: all of it, at every change, so that their copies need no history.
import { refreshTrust, tenantChanged, type DataOf } from '@tongpiao/contracts';
import { say, type Said } from '@tongpiao/persistence';
import type { Tenant, TenantEvent, TenantState } from './tenant.ts';

export function tenantForOthers(tenantId: string, tenant: Tenant): DataOf<typeof tenantChanged> {
  const { kind, name, status, timeZone, currency, demo, smsSignature, sites } = tenant;
  const { ordersKeptYears: ordersYears } = tenant.policies;
  return {
    tenantId,
    kind,
    name,
    status,
    timeZone,
    currency,
    demo,
    sms: { signature: smsSignature },
    ...(ordersYears === undefined ? {} : { retention: { ordersYears } }),
    sites: sites.map(({ id, name: siteName, gates, capacity }) => ({
      id,
      name: siteName,
      gates: [...gates],
      ...(capacity === undefined ? {} : { capacity }),
    })),
  };
}

export function tenantMessages(event: TenantEvent, facts: { id: string; state: TenantState }): readonly Said[] {
  const { id, state } = facts;
  if (state.status === 'none') return [];
  const changed = say(tenantChanged, tenantForOthers(id, state));
  // A suspended tenant's keys open nothing.
  const keysChange = event.type === 'TenantChanged' && event.changes.status !== undefined;
  return keysChange ? [changed, say(refreshTrust, {})] : [changed];
}
