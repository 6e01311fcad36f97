// Finance has news of a payment. A captured payment makes the order paid and its tickets issued; one that comes too late or twice goes
// back in full (SAL-23, FIN-03).
// duplicate: the message id is known, and every cell says "-" the second time · late: refund · early: NotYet, the retry rungs wait ·
// crash between paid and issued: the redelivered message issues, or the order's own timer does.
import { paymentCaptured, paymentClosed, paymentFailed, paymentOpened, paymentRefunded } from '@tongpiao/contracts';
import { ContractBreach, fen, formatId, type TenantId } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import { mac } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import type { OrderCommand } from '../order/order.ts';
import type { Orders } from '../stores.ts';
import type { TicketIssuer } from './issue-tickets.ts';

export const PAYMENT_NEWS = [paymentOpened, paymentCaptured, paymentFailed, paymentClosed, paymentRefunded] as const;

export function onPaymentTold(
  foundation: Foundation,
  orders: Orders,
  issue: TicketIssuer,
): (message: Received) => Promise<void> {
  const refundKey = foundation.vault.serviceKey('refund-ids');

  function commandOf(message: Received): OrderCommand {
    const at = foundation.clock().toISOString();
    if (isMessage(message, paymentOpened)) return { type: 'OpenPayment', ...message.envelope.data };
    if (isMessage(message, paymentFailed)) return { type: 'FailPayment', ...message.envelope.data };
    if (isMessage(message, paymentClosed))
      return { type: 'ClosePayment', paymentId: message.envelope.data.paymentId, at };
    if (isMessage(message, paymentRefunded)) return { type: 'ConfirmRefund', refundId: message.envelope.data.refundId };
    if (isMessage(message, paymentCaptured)) {
      const { paymentId, amount } = message.envelope.data;
      // One refund per payment of its own accord: the id follows from the payment.
      const refundId = formatId<'Refund'>(
        'rfd',
        message.envelope.tenantid as TenantId,
        mac(refundKey, paymentId).subarray(0, 12),
      );
      return { type: 'CapturePayment', paymentId, amount: fen(amount), refundId, at };
    }
    throw new ContractBreach('sales.unexpected-message', message.definition.type);
  }

  return async (message) => {
    const scope = foundation.scopeOf(message.envelope);
    const { orderId } = message.envelope.data as { orderId: string };
    const { state } = await orders.handle(scope, orderId, commandOf(message), { messageId: message.envelope.id });
    if (state.status === 'paid') await issue(scope, orderId);
  };
}
