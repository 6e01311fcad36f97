// Finance has news of a payment. A captured payment makes the order paid and its tickets issued, or an exchange settled and the ticket
// replaced; one that comes too late or twice goes back in full (SAL-23, FIN-03). Whether a refund has arrived is
// kept, and what else has gone back over a payment.
// duplicate: the message id is known, and every cell says "-" the second time · late: refund · early: NotYet, the retry rungs wait ·
// crash between paid and issued: the redelivered message issues, or the order's own timer does.
import {
  paymentCaptured,
  paymentClosed,
  paymentFailed,
  paymentOpened,
  paymentRefunded,
  paymentRefundFailed,
} from '@tongpiao/contracts';
import { ContractBreach, fen } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import type { OrderCommand } from '../order/order.ts';
import type { RefundIds } from '../order/refund-ids.ts';
import type { Orders } from '../stores.ts';
import type { CarryOn } from './carry-on.ts';

export const PAYMENT_NEWS = [
  paymentOpened,
  paymentCaptured,
  paymentFailed,
  paymentClosed,
  paymentRefunded,
  paymentRefundFailed,
] as const;

export function onPaymentTold(
  foundation: Foundation,
  parts: { orders: Orders; carryOn: CarryOn; refundIds: RefundIds },
): (message: Received) => Promise<void> {
  function commandOf(message: Received): OrderCommand {
    const at = foundation.clock().toISOString();
    const { tenantid, data } = message.envelope;
    const refundId = parts.refundIds.ofPrepayment(tenantid, (data as { orderId: string }).orderId);
    if (isMessage(message, paymentOpened)) return { type: 'OpenPayment', ...message.envelope.data };
    if (isMessage(message, paymentFailed)) return { type: 'FailPayment', ...message.envelope.data, refundId };
    if (isMessage(message, paymentClosed))
      return { type: 'ClosePayment', paymentId: message.envelope.data.paymentId, at, refundId };
    if (isMessage(message, paymentRefunded)) {
      const { refundId: ofRefund, paymentId, amount, reason } = message.envelope.data;
      return reason === 'compensation'
        ? { type: 'NoteCompensation', compensation: { refundId: ofRefund, paymentId, amount: fen(amount) } }
        : { type: 'ConfirmRefund', refundId: ofRefund };
    }
    if (isMessage(message, paymentRefundFailed))
      return { type: 'FailRefund', refundId: message.envelope.data.refundId };
    if (isMessage(message, paymentCaptured)) {
      const { paymentId, amount } = message.envelope.data;
      const ownRefundId = parts.refundIds.ofPayment(tenantid, paymentId);
      return { type: 'CapturePayment', paymentId, amount: fen(amount), refundId: ownRefundId, at };
    }
    throw new ContractBreach('sales.unexpected-message', message.definition.type);
  }

  return async (message) => {
    const scope = foundation.scopeOf(message.envelope);
    const { orderId } = message.envelope.data as { orderId: string };
    // Others take money too, e.g. the fee of a reissue: those payments are theirs to hear of.
    if (!orderId.startsWith('ord_')) return;
    const { state } = await parts.orders.handle(scope, orderId, commandOf(message), { messageId: message.envelope.id });
    await parts.carryOn(scope, orderId, state);
  };
}
