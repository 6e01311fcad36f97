// Who may touch an order: the holder of its own token, the signed-in buyer, staff of its tenant. For everybody else it does not exist.
import { DomainError, type TenantId } from '@tongpiao/kernel';
import { Scope } from '@tongpiao/persistence';
import type { Permission } from '@tongpiao/contracts';
import type { Access, RequestContext } from '@tongpiao/service-shell';
import { may } from '@tongpiao/service-shell';
import type { LiveOrder } from '../order/order.ts';
import type { Orders, OrderSnapshot } from '../stores.ts';
import { ORDER_BEARER } from './order-access.ts';

export const OWNER_OR_STAFF: Access = { anyOf: [{ bearer: ORDER_BEARER }, 'authenticated'] };

export type SeenOrder = {
  readonly scope: Scope;
  readonly snapshot: OrderSnapshot;
  readonly order: LiveOrder;
  readonly staff: boolean;
};

/** The order's token is good until this long after the last day of use. */
const TOKEN_GOOD_MS = 90 * 24 * 3_600_000;

/** @throws DomainError 404 for whoever may not know that it exists */
export async function mayTouchOrder<Params, Query, Body>(
  context: RequestContext<Params, Query, Body>,
  orders: Orders,
  orderId: string,
  now: Date,
  options: {
    /** `recall`: who may touch it never changes, so a command that decides on fresh state anyway need not read twice. */
    readonly look?: 'fresh' | 'recall';
    /** Staff with this permission may touch any order of their tenant here: what they do for a customer does not ask who sold it. */
    readonly permission?: Permission;
  } = {},
): Promise<SeenOrder> {
  const notFound = new DomainError('platform.not-found', 'There is no such order.');
  const { principal } = context;
  if (principal.type === 'guest') throw new DomainError('platform.unauthenticated', 'Credentials are needed here.');
  const traveller =
    principal.type === 'user' && !may(principal, 'sales:orders:read') && !may(principal, 'sales:orders:read-any');
  // A traveller's home is the platform, while the order belongs to a site: ownership is checked on the record itself.
  const looking = traveller ? context.scopeAcrossTenants('a traveller reads an order of their own') : context.scope();
  const snapshot = await (options.look === 'recall' ? orders.recall(looking, orderId) : orders.load(looking, orderId));
  if (snapshot === undefined || snapshot.state.status === 'none') throw notFound;
  const order = snapshot.state;
  const scope = Scope.ofTenant(snapshot.tenantId as TenantId, context.origin());
  const { permission } = options;
  const any =
    may(principal, 'sales:orders:read-any') || (permission !== undefined && may(principal, permission) && !traveller);
  switch (principal.type) {
    case 'bearer': {
      if (principal.subject !== orderId) throw notFound;
      // A ticket may have been exchanged for a later day.
      const places = [...order.lines, ...order.exchanges.map(({ line }) => line)];
      const lastUse = Math.max(...places.map(({ endsAt }) => Date.parse(endsAt)));
      if (now.getTime() > lastUse + TOKEN_GOOD_MS)
        throw new DomainError('platform.token-expired', 'The token of this order has expired.');
      return { scope, snapshot, order, staff: false };
    }
    case 'user': {
      if (order.userId === principal.id) return { scope, snapshot, order, staff: false };
      const own = may(principal, 'sales:orders:read') && order.clerkId === principal.id;
      if (!any && !own) throw notFound;
      return { scope, snapshot, order, staff: true };
    }
    case 'apiKey':
      if (!any && !(may(principal, 'sales:orders:read') && order.clerkId === principal.id)) throw notFound;
      return { scope, snapshot, order, staff: true };
  }
}
