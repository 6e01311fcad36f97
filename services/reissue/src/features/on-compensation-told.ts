// Finance has news of money for an error of staff (REI-52): it has gone back over the payment of the order, or it has not.
// duplicate and late: `-` in every cell · early: the promise is stored before finance hears of it · crash before the write: it comes again ·
// refunds that are no compensation of ours pass by.
import { compensationRefused, paymentRefunded, paymentRefundFailed } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import type { StaffErrors } from '../staff-error/staff-error.store.ts';
import type { StaffErrorCommand } from '../staff-error/staff-error.ts';

export const COMPENSATION_NEWS = [paymentRefunded, paymentRefundFailed, compensationRefused] as const;

export function onCompensationTold(
  foundation: Foundation,
  staffErrors: StaffErrors,
): (message: Received) => Promise<void> {
  function newsOf(message: Received): Extract<StaffErrorCommand, { compensationId: string }> | undefined {
    if (isMessage(message, paymentRefunded)) {
      const { refundId: compensationId, reason, refundedAt: at } = message.envelope.data;
      return reason === 'compensation' ? { type: 'ConfirmPaid', compensationId, at } : undefined;
    }
    if (isMessage(message, paymentRefundFailed)) {
      const { refundId: compensationId, problem } = message.envelope.data;
      return { type: 'FailPayment', compensationId, problem };
    }
    if (isMessage(message, compensationRefused)) {
      const { compensationId, problem } = message.envelope.data;
      return { type: 'FailPayment', compensationId, problem };
    }
    throw new ContractBreach('reissue.unexpected-message', message.definition.type);
  }

  return async (message) => {
    const command = newsOf(message);
    if (command === undefined) return;
    const scope = foundation.scopeOf(message.envelope);
    const [found] = await staffErrors.find(scope, { 'state.compensationId': command.compensationId }, { limit: 1 });
    if (found !== undefined) await staffErrors.handle(scope, found.id, command, { messageId: message.envelope.id });
  };
}
