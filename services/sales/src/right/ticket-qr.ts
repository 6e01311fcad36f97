// The signed QR token of a ticket (SAL-30): what a gate without network can judge by itself.
import type { ProductId, SessionId, SiteId, TenantId, TicketNumber, TicketTypeId, Id } from '@tongpiao/kernel';
import { signTicket } from '@tongpiao/service-shell';
import type { OrderLine } from '../order/order.ts';
import type { TicketKeys } from '../ticket-keys/ticket-keys.store.ts';

export type TicketOf = {
  readonly tenantId: TenantId;
  readonly rightId: Id<'Right'>;
  readonly number: TicketNumber;
  readonly revision: number;
};

export function signedQr(
  keys: TicketKeys,
  line: Omit<OrderLine, 'travellers' | 'lineId' | 'quantity'>,
  { tenantId, rightId, number, revision }: TicketOf,
  now: Date,
): string {
  const { kid, privateKey } = keys.signing(now);
  return signTicket(
    {
      v: 1,
      tenantId,
      siteIds: [line.siteId as SiteId],
      number,
      revision,
      rightId,
      sessionId: line.sessionId as SessionId,
      productId: line.productId as ProductId,
      ticketTypeId: line.ticketTypeId as TicketTypeId,
      validFromEpochSeconds: Math.floor(Date.parse(line.validFrom) / 1_000),
      validUntilEpochSeconds: Math.ceil(Date.parse(line.validUntil) / 1_000),
      entries: line.entries,
      realName: line.realName,
    },
    privateKey,
    kid,
  );
}
