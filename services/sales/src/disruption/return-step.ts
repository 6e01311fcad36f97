// One step after the deadline (SAL-52): whoever has not chosen gets everything back that was not used. A ticket whose exchange is under way has chosen and
// is left alone until that is settled. The right decides; whatever came first, its entry, refund or exchange, stands.
import { DomainError } from '@tongpiao/kernel';
import type { Filter, Scope } from '@tongpiao/persistence';
import { paced, STEP_TICKETS, type Foundation } from '@tongpiao/service-shell';
import { unusedShare } from '../after-sale/refund-quote.ts';
import { exchanging } from '../order/exchanges-under-way.ts';
import type { RefundIds } from '../order/refund-ids.ts';
import { awaitsChoice, isLiving } from '../right/right.decider.ts';
import type { RightCommand, RightState } from '../right/right.ts';
import type { Disruption } from './disruption.ts';
import type { TellParts } from './tell-step.ts';
import { someUntold } from './untold.ts';

/** Who is inside although there were fewer places has chosen to come. */
const UNDECIDED = { cancelled: ['issued', 'checked_in'], reduced: ['issued'] } as const;
/** A frozen ticket is being replaced; it gets its turn when that is over. */
const WAITING = { cancelled: [...UNDECIDED.cancelled, 'frozen'], reduced: [...UNDECIDED.reduced, 'frozen'] } as const;

export function createReturnStep(foundation: Foundation, parts: TellParts & { readonly refundIds: RefundIds }) {
  const { clock, logger } = foundation;
  const { disruptions, rights, orders } = parts;

  async function giveBack(scope: Scope, id: string, kind: Disruption['kind'], rightId: string): Promise<void> {
    const refundId = parts.refundIds.ofDisruption(scope.tenantId, id, rightId);
    const reason = kind === 'cancelled' ? 'session-cancelled' : 'session-reduced';
    const at = clock().toISOString();
    const command = (state: RightState): RightCommand => {
      if (!isLiving(state) || state.offer?.disruptionId !== id || !awaitsChoice(state))
        throw new DomainError('sales.ticket-changed', 'The holder has chosen meanwhile.');
      return { type: 'RefundTicket', refund: { refundId, ...unusedShare(state), reason, at } };
    };
    try {
      await rights.handle(scope, rightId, command);
    } catch (error) {
      if (error instanceof DomainError) return;
      // One ticket must not keep the money of all others: it is counted as undecided and tried again.
      logger.error({ err: error, disruptionId: id, rightId }, 'a ticket of a disrupted session was not given back');
    }
  }

  async function end(scope: Scope, id: string, disruption: Disruption): Promise<void> {
    const about = { step: disruption.step, at: clock().toISOString() };
    if (await someUntold(rights, scope, id, disruption))
      await disruptions.handle(scope, id, { type: 'FindLate', ...about });
    else {
      const waiting = await rights.count(scope, offeredBy(id, WAITING[disruption.kind]));
      await disruptions.handle(scope, id, { type: 'EndReturning', waiting, ...about });
    }
  }

  return async (scope: Scope, id: string, disruption: Disruption): Promise<void> => {
    const { kind, step, returnedTo } = disruption;
    const page = await rights.find(
      scope,
      { ...offeredBy(id, UNDECIDED[kind]), ...(returnedTo === undefined ? {} : { _id: { $gt: returnedTo } }) },
      { sort: { _id: 1 }, limit: STEP_TICKETS },
    );
    if (page.length === 0) {
      await end(scope, id, disruption);
      return;
    }
    const leftAlone = await exchanging(orders, scope, page);
    const begun = await paced(page, async (right) => {
      if (!leftAlone.has(right.id)) await giveBack(scope, id, kind, right.id);
    });
    const last = page[begun - 1] ?? page[0];
    const at = clock().toISOString();
    if (last !== undefined)
      await disruptions.handle(scope, id, { type: 'FinishReturning', step, returnedTo: last.id, at });
  };
}

function offeredBy(id: string, statuses: readonly string[]): Filter {
  return { 'state.offer.disruptionId': id, 'state.status': { $in: statuses } };
}
