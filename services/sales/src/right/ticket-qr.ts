// The signed QR token of a ticket (SAL-30): what a gate without network can judge by itself.
import type { ProductId, SessionId, SiteId, TenantId, TicketNumber, TicketTypeId, Id } from '@tongpiao/kernel';
import { signTicket } from '@tongpiao/service-shell';
import type { TicketKeys } from '../ticket-keys/ticket-keys.store.ts';
import type { Place } from './right.ts';

export type TicketOf = {
  readonly tenantId: TenantId;
  readonly rightId: Id<'Right'>;
  readonly number: TicketNumber;
  readonly revision: number;
};

/** What of a place the token says. */
type Printed = Pick<
  Place,
  'siteId' | 'sessionId' | 'productId' | 'ticketTypeId' | 'validFrom' | 'validUntil' | 'entries' | 'realName'
>;

export function signedQr(
  keys: TicketKeys,
  place: Printed,
  { tenantId, rightId, number, revision }: TicketOf,
  now: Date,
): string {
  const { kid, privateKey } = keys.signing(now);
  return signTicket(
    {
      v: 1,
      tenantId,
      siteIds: [place.siteId as SiteId],
      number,
      revision,
      rightId,
      sessionId: place.sessionId as SessionId,
      productId: place.productId as ProductId,
      ticketTypeId: place.ticketTypeId as TicketTypeId,
      validFromEpochSeconds: Math.floor(Date.parse(place.validFrom) / 1_000),
      validUntilEpochSeconds: Math.ceil(Date.parse(place.validUntil) / 1_000),
      entries: place.entries,
      realName: place.realName,
    },
    privateKey,
    kid,
  );
}
