// A refund beyond the rules as the API shows it. The customer does not see who of the staff decided.
import { z } from 'zod';
import { money } from '../order/order-view.ts';
import type { RefundException } from './refund-exception.ts';

export const exceptionView = z.object({
  id: z.string(),
  status: z
    .enum(['requested', 'approved', 'refused', 'withdrawn', 'done', 'failed'])
    .describe('approved: about to be carried out; done: the ticket was given back; failed: it could not be any more.'),
  ticketNumber: z.string(),
  orderId: z.string(),
  price: money,
  amount: money.describe('What comes back; the rest of the price is the fee.'),
  used: z.boolean().optional().describe('The ticket was used up when this was asked for.'),
  reason: z.string(),
  requester: z.enum(['staff', 'customer']),
  requestedBy: z.string().optional().describe('Staff only.'),
  requestedAt: z.string(),
  decision: z
    .object({ approved: z.boolean(), remark: z.string(), by: z.string().optional(), at: z.string() })
    .optional(),
  failure: z.string().optional().describe('Code of what was in the way, e.g. sales.ticket-used.'),
  instead: z
    .object({ reason: z.enum(['session-cancelled', 'session-reduced']), amount: money })
    .optional()
    .describe('The session was cancelled or reduced meanwhile: this came back, and not what was asked for.'),
  endedAt: z.string().optional(),
});

export function viewException(
  id: string,
  exception: RefundException,
  forStaff: boolean,
): z.input<typeof exceptionView> {
  const { status, ticketNumber, orderId, price, amount, reason, requester, requestedAt } = exception;
  const { decision, failure, instead, endedAt, used } = exception;
  return {
    id,
    status,
    ticketNumber,
    orderId,
    price: { amount: price, currency: 'CNY' },
    amount: { amount, currency: 'CNY' },
    ...(used === undefined ? {} : { used }),
    reason,
    requester,
    ...(forStaff ? { requestedBy: exception.requestedBy } : {}),
    requestedAt,
    ...(decision === undefined ? {} : { decision: forStaff ? decision : { ...decision, by: undefined } }),
    ...(failure === undefined ? {} : { failure }),
    ...(instead === undefined
      ? {}
      : { instead: { reason: instead.reason, amount: { amount: instead.returned, currency: 'CNY' } } }),
    ...(endedAt === undefined ? {} : { endedAt }),
  };
}
