// An approved refund beyond the rules is carried out at its ticket (SAL-51).
// duplicate: the right knows the refund by its id, the exception is over · late: the same · a ticket that was used, given back or exchanged
// meanwhile: the exception fails with the reason, and nobody is paid · crash between the two writes: the message comes again and ends it.
import { carryOutRefundException } from '@tongpiao/contracts';
import { ContractBreach, DomainError, fen } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import type { RefundIds } from '../order/refund-ids.ts';
import type { RefundException } from '../refund-exception/refund-exception.ts';
import type { RightCommand, RightState } from '../right/right.ts';
import type { RefundExceptions, Rights } from '../stores.ts';

export function onRefundException(
  foundation: Foundation,
  parts: { readonly exceptions: RefundExceptions; readonly rights: Rights; readonly refundIds: RefundIds },
): (message: Received) => Promise<void> {
  const { exceptions, rights, refundIds } = parts;

  function refundOf(exception: RefundException, refundId: string, at: string): (state: RightState) => RightCommand {
    return (state) => {
      const again = state.status !== 'none' && state.refund?.refundId === refundId;
      if (!again && state.status !== 'none' && state.revision !== exception.revision)
        throw new DomainError('sales.ticket-changed', 'The ticket was exchanged or replaced meanwhile.');
      const { price, amount } = exception;
      const refund = { refundId, fee: fen(price - amount), returned: amount, reason: 'exception', at } as const;
      return { type: 'RefundTicket', refund };
    };
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
    try {
      await rights.handle(scope, exception.rightId, refundOf(exception, refundId, at));
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      await exceptions.handle(scope, exceptionId, { type: 'FailException', failure: error.code, at });
      return;
    }
    await exceptions.handle(scope, exceptionId, { type: 'CompleteException', at });
  };
}
