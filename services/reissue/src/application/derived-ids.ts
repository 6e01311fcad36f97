// Ids that follow from the case, so that a retry names the same thing: the reissue code, payments and refunds of the fee (REI-23).
import { base32, formatId, type TenantId } from '@tongpiao/kernel';
import { mac } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';

export type DerivedIds = {
  /** 补发标识码 of a case: there is one, however often it is decided. */
  reissueCodeOf(applicationId: string): string;
  /** REI-53: a right has one case in a batch, whatever is tried again. */
  batchCaseOf(tenantId: string, batchId: string, rightId: string): string;
  /** Of what goes back for a case or a payment. */
  refundOf(tenantId: string, of: string): string;
};

export function createDerivedIds(foundation: Foundation): DerivedIds {
  const codeKey = foundation.vault.serviceKey('reissue-codes');
  const batchKey = foundation.vault.serviceKey('batch-cases');
  const refundKey = foundation.vault.serviceKey('refund-ids');
  return {
    reissueCodeOf: (applicationId) => `RC-${base32(mac(codeKey, applicationId).subarray(0, 15)).toUpperCase()}`,
    batchCaseOf: (tenantId, batchId, rightId) =>
      formatId('rei', tenantId as TenantId, mac(batchKey, `${batchId}|${rightId}`).subarray(0, 12)),
    refundOf: (tenantId, of) => formatId('rfd', tenantId as TenantId, mac(refundKey, of).subarray(0, 12)),
  };
}
