// Finance has news of a fee (REI-22). Its events come to everybody who listens; those of orders are sales'.
// duplicate: the message id is known, and every cell says "-" the second time · late: the money goes back · early: NotYet.
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
import type { ApplicationCommand } from '../application/application.ts';
import type { DerivedIds } from '../application/derived-ids.ts';
import type { Applications } from '../stores.ts';

export const PAYMENT_NEWS = [
  paymentOpened,
  paymentCaptured,
  paymentFailed,
  paymentClosed,
  paymentRefunded,
  paymentRefundFailed,
] as const;

type News = { readonly about: string; readonly command: ApplicationCommand };

export function onPaymentTold(
  foundation: Foundation,
  parts: { readonly applications: Applications; readonly ids: DerivedIds },
): (message: Received) => Promise<void> {
  function newsOf(message: Received): News {
    if (isMessage(message, paymentOpened)) {
      const { orderId: about, paymentId, payUrl } = message.envelope.data;
      return { about, command: { type: 'OpenPayment', paymentId, payUrl } };
    }
    if (isMessage(message, paymentFailed) || isMessage(message, paymentClosed)) {
      const { orderId: about, paymentId } = message.envelope.data;
      const how = isMessage(message, paymentFailed) ? 'failed' : 'closed';
      return { about, command: { type: 'EndPayment', paymentId, how } };
    }
    if (isMessage(message, paymentRefunded)) {
      const { orderId: about, refundId } = message.envelope.data;
      return { about, command: { type: 'ConfirmRefund', refundId } };
    }
    if (isMessage(message, paymentRefundFailed)) {
      const { orderId: about, refundId, problem } = message.envelope.data;
      return { about, command: { type: 'FailRefund', refundId, problem } };
    }
    if (isMessage(message, paymentCaptured)) {
      const { orderId: about, paymentId, amount } = message.envelope.data;
      const refundId = parts.ids.refundOf(message.envelope.tenantid, paymentId);
      const at = foundation.clock().toISOString();
      return { about, command: { type: 'CapturePayment', paymentId, amount: fen(amount), refundId, at } };
    }
    throw new ContractBreach('reissue.unexpected-message', message.definition.type);
  }

  return async (message) => {
    const { about, command } = newsOf(message);
    if (!about.startsWith('rei_')) return;
    await parts.applications.handle(foundation.scopeOf(message.envelope), about, command, {
      messageId: message.envelope.id,
    });
  };
}
