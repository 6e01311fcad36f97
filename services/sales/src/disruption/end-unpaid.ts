// Orders of a cancelled session that are not paid yet end at once: nobody shall pay for what does not take place (SAL-52, SAL-23). What is
// open at a provider is closed there first; money that comes all the same makes the order paid, and its tickets are found by the
// looks that follow, or goes back. Whoever stands in line is sent home by inventory.
import { DomainError } from '@tongpiao/kernel';
import type { Scope } from '@tongpiao/persistence';
import { paced, STEP_TICKETS, type Foundation } from '@tongpiao/service-shell';
import type { RefundIds } from '../order/refund-ids.ts';
import type { Orders } from '../stores.ts';

/** A session of 15,000 places, each held by an order of its own. */
const PAGES_MAX = 100;

export type EndUnpaid = (scope: Scope, sessionId: string) => Promise<void>;

/** Repeated as a whole when its message comes again: an order that has ended, or is closing, is not found. */
export function createEndUnpaid(
  { clock, logger }: Foundation,
  { orders, refundIds }: { readonly orders: Orders; readonly refundIds: RefundIds },
): EndUnpaid {
  async function endOne(scope: Scope, orderId: string): Promise<void> {
    const refundId = refundIds.ofPrepayment(scope.tenantId, orderId);
    try {
      await orders.handle(scope, orderId, { type: 'CancelOrder', at: clock().toISOString(), by: 'session', refundId });
    } catch (error) {
      // Paid in the same moment: its tickets are found later.
      if (error instanceof DomainError) return;
      // Its time to pay ends it anyway; the others must not wait for that.
      logger.error({ err: error, orderId }, 'an unpaid order of a cancelled session was not ended');
    }
  }

  return async (scope, sessionId) => {
    let after = '';
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const found = await orders.find(
        scope,
        {
          'state.status': 'awaiting_payment',
          'state.lines.sessionId': sessionId,
          'state.closing': { $exists: false },
          _id: { $gt: after },
        },
        { sort: { _id: 1 }, limit: STEP_TICKETS },
      );
      const begun = await paced(found, async ({ id }) => endOne(scope, id));
      const last = found[begun - 1];
      if (last === undefined) return;
      after = last.id;
    }
  };
}
