// Beyond the rules a refund is asked for (SAL-51): by staff for a customer, or by the holder. Nothing happens to the ticket until somebody
// else approves.
import { DomainError, fen, formatId } from '@tongpiao/kernel';
import type { Scope } from '@tongpiao/persistence';
import { derivedBytes, may, route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { OWNER_OR_STAFF } from '../order-access/may-see-order.ts';
import { currentTicket, seenTicket, type TicketParts } from '../order-access/may-see-ticket.ts';
import { exceptionView, viewException } from '../refund-exception/exception-view.ts';
import type { ExceptionFacts } from '../refund-exception/refund-exception.ts';
import { isLiving } from '../right/right.decider.ts';
import type { SoldRight } from '../right/right.ts';
import type { RefundExceptions } from '../stores.ts';

type Parts = TicketParts & { readonly exceptions: RefundExceptions };

export function requestRefundException(foundation: Foundation, parts: Parts): Route {
  const { clock, vault } = foundation;
  const idKey = vault.serviceKey('refund-exception-ids');

  /** The index refuses a second one that comes at the same moment; who comes later is told which one is open. */
  async function ask(
    scope: Scope,
    id: string,
    facts: ExceptionFacts,
    request: { readonly key: string; readonly fingerprint: string },
  ) {
    const openFor = { 'state.openFor': facts.rightId };
    const [open] = await parts.exceptions.find(scope, openFor, { limit: 1 });
    if (open !== undefined && open.id !== id) throw alreadyOpen(open.id);
    try {
      const command = { type: 'RequestException', facts } as const;
      return await parts.exceptions.handle(scope, id, command, { request, expectNew: true });
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'platform.conflict') throw error;
      const [first] = await parts.exceptions.find(scope, openFor, { limit: 1 });
      throw first === undefined ? error : alreadyOpen(first.id);
    }
  }

  return route({
    method: 'post',
    path: '/api/v1/tickets/:number/refund-exceptions',
    summary: 'Asks for a refund beyond the rules; somebody else decides.',
    tags: ['refund exceptions'],
    access: OWNER_OR_STAFF,
    body: z.strictObject({
      reason: z.string().trim().min(3).max(500),
      amount: z.int().min(1).max(100_000_000).describe('Fen that shall come back, at most the price.'),
    }),
    problems: [
      'sales.ticket-number-invalid',
      'sales.ticket-not-living',
      'sales.refund-exception-amount',
      'sales.refund-exception-open',
    ],
    responses: { 201: exceptionView },
    async handler(context) {
      const seen = await seenTicket(context, parts, foundation);
      if (seen.staff && !may(context.principal, 'sales:refund-exceptions:request'))
        throw new DomainError('platform.forbidden', 'Asking for a refund beyond the rules needs a permission.');
      const { scope } = seen;
      const id = formatId<'RefundException'>(
        'rex',
        scope.tenantId,
        derivedBytes(idKey, `${context.callerKey}|${seen.id}`, 'refund-exception', context.idempotencyKey).subarray(
          0,
          12,
        ),
      );
      const request = { key: `${context.callerKey}:${context.idempotencyKey}`, fingerprint: context.fingerprint };
      const known = await parts.exceptions.load(scope, id);
      const ticket = known === undefined ? returnable(currentTicket(seen, context.params.number)) : seen.ticket;
      const facts: ExceptionFacts = {
        rightId: seen.id,
        orderId: ticket.orderId,
        productId: ticket.productId,
        ticketNumber: ticket.number,
        revision: ticket.revision,
        price: ticket.amount,
        amount: fen(context.body.amount),
        reason: context.body.reason,
        ...(ticket.status === 'used' ? { used: true } : {}),
        requestedBy: context.callerKey,
        requester: seen.staff ? 'staff' : 'customer',
        requestedAt: clock().toISOString(),
      };
      const { state } = await ask(scope, id, facts, request);
      if (state.status === 'none') throw new Error('a request vanished');
      return {
        status: 201,
        body: viewException(id, state, seen.staff),
        headers: { Location: `/api/v1/refund-exceptions/${id}` },
      };
    },
  });
}

/** What an approval could carry out today; the ticket decides again when it comes to that. */
function returnable(ticket: SoldRight): SoldRight {
  if (!isLiving(ticket) && ticket.status !== 'used' && ticket.status !== 'expired')
    throw new DomainError('sales.ticket-not-living', 'The ticket is not valid any more.', { status: ticket.status });
  return ticket;
}

function alreadyOpen(exceptionId: string): DomainError {
  return new DomainError('sales.refund-exception-open', 'A request for this ticket is open.', { exceptionId });
}
