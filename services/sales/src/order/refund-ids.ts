// Ids of refunds follow from what they are for: whoever decides the same refund again after a crash names it alike, and finance sends
// the money once.
import { formatId, type TenantId } from '@tongpiao/kernel';
import { mac } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';

export type RefundIds = {
  /** Of a payment that came too late or twice. */
  ofPayment(tenantId: string, paymentId: string): string;
  /** Of what was prepaid for an order that came to nothing. */
  ofPrepayment(tenantId: string, orderId: string): string;
  ofExchange(tenantId: string, exchangeId: string): string;
  /** Of a ticket whose session was cancelled or reduced, and whose holder did not choose in time. */
  ofDisruption(tenantId: string, disruptionId: string, rightId: string): string;
  /** Of a refund beyond the rules. */
  ofException(tenantId: string, exceptionId: string): string;
};

export function createRefundIds(foundation: Foundation): RefundIds {
  const key = foundation.vault.serviceKey('refund-ids');
  const idOf = (tenantId: string, text: string): string =>
    formatId<'Refund'>('rfd', tenantId as TenantId, mac(key, text).subarray(0, 12));
  return {
    ofPayment: (tenantId, paymentId) => idOf(tenantId, paymentId),
    ofPrepayment: (tenantId, orderId) => idOf(tenantId, `prepayment|${orderId}`),
    ofExchange: (tenantId, exchangeId) => idOf(tenantId, `exchange|${exchangeId}`),
    ofDisruption: (tenantId, disruptionId, rightId) => idOf(tenantId, `disruption|${disruptionId}|${rightId}`),
    ofException: (tenantId, exceptionId) => idOf(tenantId, `exception|${exceptionId}`),
  };
}
