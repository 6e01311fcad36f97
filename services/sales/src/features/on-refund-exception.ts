// An approved refund beyond the rules is carried out at its ticket (SAL-51).
// duplicate: the right knows the refund by its id, and whether it has refused it; the exception is over · late: the same · a ticket that was
// used, given back or exchanged meanwhile: the exception fails with the reason, and nobody is paid · crash between the two writes: the message
// comes again and ends it · two instances, a slow one: both read the right's one answer.
import { carryOutRefundException } from '@tongpiao/contracts';
import { ContractBreach, fen } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import type { RefundIds } from '../order/refund-ids.ts';
import type { RefundException } from '../refund-exception/refund-exception.ts';
import type { RefundExceptions, Rights } from '../stores.ts';

export function onRefundException(
  foundation: Foundation,
  parts: { readonly exceptions: RefundExceptions; readonly rights: Rights; readonly refundIds: RefundIds },
): (message: Received) => Promise<void> {
  const { exceptions, rights, refundIds } = parts;

  function commandOf({ price, amount, revision }: RefundException, refundId: string, at: string) {
    const refund = { refundId, fee: fen(price - amount), returned: amount, reason: 'exception', at } as const;
    return { type: 'RefundTicket', refund, revision } as const;
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
    const { state } = await rights.handle(scope, exception.rightId, commandOf(exception, refundId, at));
    if (state.status === 'none') throw new Error('a ticket that is not there was given back');
    const refused = state.refusedRefunds?.find((one) => one.refundId === refundId);
    if (refused !== undefined) {
      await exceptions.handle(scope, exceptionId, { type: 'FailException', failure: refused.reason, at });
      return;
    }
    await exceptions.handle(scope, exceptionId, { type: 'CompleteException', at });
  };
}
