// SAL-20: on whose behalf an order comes, and through which channel. Staff are staff of the order's own tenant with the right to sell;
// everybody else is the public, whatever their credentials open elsewhere (PLA-02): limits and public prices hold for them (SAL-29).
import { salesChannelSchema, type SalesChannel } from '@tongpiao/contracts';
import type { TenantId } from '@tongpiao/kernel';
import { may, type Principal } from '@tongpiao/service-shell';

type Caller = {
  readonly principal: Principal;
  /** What the credentials say for themselves. */
  readonly channel: string;
  /** What the client of somebody from the public says. */
  readonly publicChannel: 'app' | 'web';
};

/** @param tenantId of what is sold */
export function sellsFor({ principal }: Caller, tenantId: TenantId): boolean {
  return may(principal, 'sales:orders:create') && 'tenantId' in principal && principal.tenantId === tenantId;
}

export function channelOf(caller: Caller, staff: boolean): SalesChannel {
  const parsed = salesChannelSchema.safeParse(staff ? caller.channel : caller.publicChannel);
  return parsed.success ? parsed.data : 'web';
}

export type Buyer = { readonly userId?: string; readonly clerkId?: string };

export function buyerOf(caller: Caller, tenantId: TenantId): Buyer {
  const { principal } = caller;
  if (sellsFor(caller, tenantId)) return { clerkId: 'id' in principal ? principal.id : '' };
  return principal.type === 'user' ? { userId: principal.id } : {};
}
