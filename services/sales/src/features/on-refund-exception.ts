// An approved refund beyond the rules is carried out at its ticket (SAL-51).
// duplicate: the right knows the refund by its id, and whether it has refused it; the exception is over · late: the same · a ticket that was
// used, given back or exchanged meanwhile: the exception fails with the reason, and nobody is paid · its session was cancelled or reduced
// meanwhile, told or not: all that is owed goes back, and the exception says so · crash between the two writes: the message comes again and
// ends it · two instances, a slow one: both read the right's one answer.
import { carryOutRefundException } from '@tongpiao/contracts';
import { ContractBreach, fen } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import { cancellationOf } from '../disruption/known-cancellation.ts';
import type { RefundIds } from '../order/refund-ids.ts';
import type { PaidInstead, RefundException } from '../refund-exception/refund-exception.ts';
import type { Offer, RightCommand, TicketRefund } from '../right/right.ts';
import type { Disruptions, RefundExceptions, Rights } from '../stores.ts';

type Parts = {
  readonly exceptions: RefundExceptions;
  readonly rights: Rights;
  readonly disruptions: Disruptions;
  readonly refundIds: RefundIds;
};

export function onRefundException(foundation: Foundation, parts: Parts): (message: Received) => Promise<void> {
  const { exceptions, rights, refundIds } = parts;

  async function knownCancellation(scope: Scope, rightId: string): Promise<Offer | undefined> {
    const right = (await rights.load(scope, rightId))?.state;
    if (right === undefined || right.status === 'none') return undefined;
    return cancellationOf(parts.disruptions, scope, right.sessionId);
  }

  function commandOf(
    { price, amount, revision, used }: RefundException,
    about: Pick<TicketRefund, 'refundId' | 'at'>,
    cancellation: Offer | undefined,
  ): RightCommand {
    const refund = { ...about, fee: fen(price - amount), returned: amount, reason: 'exception' } as const;
    return { type: 'RefundTicket', refund, revision, used, cancellation };
  }

  return async (message) => {
    if (!isMessage(message, carryOutRefundException))
      throw new ContractBreach('sales.unexpected-message', message.definition.type);
    const { exceptionId } = message.envelope.data;
    const scope = foundation.scopeOf(message.envelope);
    const exception = (await exceptions.load(scope, exceptionId))?.state;
    if (exception?.status !== 'approved') return;
    const at = foundation.clock().toISOString();
    const refundId = refundIds.ofException(scope.tenantId, exceptionId);
    const cancellation = await knownCancellation(scope, exception.rightId);
    const command = commandOf(exception, { refundId, at }, cancellation);
    const { state } = await rights.handle(scope, exception.rightId, command);
    if (state.status === 'none') throw new Error('a ticket that is not there was given back');
    const refused = state.refusedRefunds?.find((one) => one.refundId === refundId);
    if (refused !== undefined) {
      await exceptions.handle(scope, exceptionId, { type: 'FailException', failure: refused.reason, at });
      return;
    }
    await exceptions.handle(scope, exceptionId, { type: 'CompleteException', instead: insteadOf(state.refund), at });
  };
}

function insteadOf(refund: TicketRefund | undefined): PaidInstead | undefined {
  if (refund === undefined) return undefined;
  const { reason, returned } = refund;
  return reason === 'session-cancelled' || reason === 'session-reduced' ? { reason, returned } : undefined;
}
