// Orders of a cancelled session that are not paid yet end at once: nobody shall pay for what does not take place (SAL-52, SAL-23). What is
// open at a provider is closed there first; money that comes all the same makes the order paid, and its tickets are found by the
// looks that follow, or goes back. The same for exchanges into it: their old ticket stays. Whoever stands in line is sent home by inventory.
// Places may have been granted before the cancellation and be heard of after it, so each look ends who has come since.
import { DomainError } from '@tongpiao/kernel';
import type { Filter, Scope, Snapshot } from '@tongpiao/persistence';
import { paced, STEP_TICKETS, type Foundation } from '@tongpiao/service-shell';
import type { OrderState } from '../order/order.ts';
import type { RefundIds } from '../order/refund-ids.ts';
import type { Orders } from '../stores.ts';

/** A session of 15,000 places, each held by an order of its own. */
const PAGES_MAX = 100;

export type EndUnpaid = (scope: Scope, sessionId: string) => Promise<void>;

/** Repeated as a whole when its message comes again, and by each look: an order that has ended, or is closing, is not found. */
export function createEndUnpaid(
  { clock, logger }: Foundation,
  { orders, refundIds }: { readonly orders: Orders; readonly refundIds: RefundIds },
): EndUnpaid {
  async function ended(orderId: string, end: () => Promise<unknown>): Promise<void> {
    try {
      await end();
    } catch (error) {
      // Paid in the same moment: its tickets are found later.
      if (error instanceof DomainError) return;
      // Its time to pay ends it anyway; the others must not wait for that.
      logger.error({ err: error, orderId }, 'what is unpaid of a cancelled session was not ended');
    }
  }

  async function each(
    scope: Scope,
    filter: Filter,
    work: (order: Snapshot<OrderState>) => Promise<void>,
  ): Promise<void> {
    let after = '';
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const found = await orders.find(
        scope,
        { ...filter, _id: { $gt: after } },
        { sort: { _id: 1 }, limit: STEP_TICKETS },
      );
      const begun = await paced(found, work);
      const last = found[begun - 1];
      if (last === undefined) return;
      after = last.id;
    }
  }

  return async (scope, sessionId) => {
    const at = (): string => clock().toISOString();
    const unpaid = {
      'state.status': 'awaiting_payment',
      'state.lines.sessionId': sessionId,
      'state.closing': { $exists: false },
    };
    await each(scope, unpaid, async ({ id }) => {
      const refundId = refundIds.ofPrepayment(scope.tenantId, id);
      await ended(id, () => orders.handle(scope, id, { type: 'CancelOrder', at: at(), by: 'session', refundId }));
    });
    const unsettled = { status: 'awaiting_payment', 'line.sessionId': sessionId, closing: { $exists: false } };
    // The first of them is what the index knows; together they are of one and the same exchange.
    const filter = { 'state.exchanges.status': 'awaiting_payment', 'state.exchanges': { $elemMatch: unsettled } };
    await each(scope, filter, async ({ id, state }) => {
      for (const { id: exchangeId, status, line } of state.status === 'none' ? [] : state.exchanges)
        if (status === 'awaiting_payment' && line.sessionId === sessionId)
          await ended(id, () =>
            orders.handle(scope, id, { type: 'EndExchange', exchangeId, reason: 'session-cancelled', at: at() }),
          );
    });
  };
}
