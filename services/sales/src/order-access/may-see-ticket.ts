// Who may see a ticket: staff of its tenant, the holder of its order's token, the traveller who bought it. Everybody else learns nothing,
// not even that it exists. An old number leads to the right that has it in its past.
import { DomainError, parseTicketNumber } from '@tongpiao/kernel';
import type { Scope, Snapshot } from '@tongpiao/persistence';
import { may, type Foundation, type RequestContext } from '@tongpiao/service-shell';
import { rightByNumber } from '../right/right-by-number.ts';
import type { RightState, SoldRight } from '../right/right.ts';
import type { Orders, Rights } from '../stores.ts';
import { mayTouchOrder } from './may-see-order.ts';

export type TicketParts = { readonly orders: Orders; readonly rights: Rights };
export type SeenTicket = {
  readonly id: string;
  readonly ticket: SoldRight;
  readonly snapshot: Snapshot<RightState>;
  /** Of the ticket's own tenant. */
  readonly scope: Scope;
  readonly staff: boolean;
};

/** @throws DomainError 404 for whoever may not know of it */
export async function seenTicket<Query, Body>(
  context: RequestContext<{ number: string }, Query, Body>,
  parts: TicketParts,
  foundation: Foundation,
): Promise<SeenTicket> {
  const notFound = new DomainError('platform.not-found', 'There is no such ticket.');
  const parsed = parseTicketNumber(context.params.number);
  if (!parsed.ok)
    throw new DomainError('sales.ticket-number-invalid', 'This cannot be a ticket number.', { reason: parsed.reason });
  const { principal } = context;
  const staff = may(principal, 'sales:tickets:read') && principal.type !== 'guest';
  const traveller = principal.type === 'user' && !staff;
  const looking = traveller ? context.scopeAcrossTenants('a traveller reads a ticket of their own') : context.scope();
  const found = await rightByNumber(parts.rights, looking, parsed.number);
  if (found === undefined || found.state.status === 'none') throw notFound;
  const seen = { id: found.id, ticket: found.state, snapshot: found };
  if (staff) return { ...seen, scope: looking, staff };
  // Whoever sees it through its order without owning it is staff too, and needs the permission for what is done for a customer.
  const touched = await mayTouchOrder(context, parts.orders, found.state.orderId, foundation.clock());
  return { ...seen, scope: touched.scope, staff: touched.staff };
}

/** What is asked for a former number is asked for a ticket that is dead: it says so, and does nothing to its successor. */
export function currentTicket(seen: SeenTicket, number: string): SoldRight {
  const parsed = parseTicketNumber(number);
  const former = parsed.ok ? seen.ticket.past.find((old) => old.number === parsed.number) : undefined;
  if (former !== undefined)
    throw new DomainError('sales.ticket-not-living', 'The ticket is not valid any more.', { status: former.status });
  return seen.ticket;
}
