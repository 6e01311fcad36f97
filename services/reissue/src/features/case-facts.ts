// What a case takes over from the copy of its ticket, however it came to be: by an application, or as a line of a list. Personal data go
// from the copy's key to the case's own, so that erasing one leaves the other (PLA-10).
import { localDateOf, maskIdNumber, maskName, parseIdDocument, type IdType } from '@tongpiao/kernel';
import type { PersonalValue, RecordKey, Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import type { CaseFacts, Person } from '../application/application.ts';
import { numberNow, type KnownTicket } from '../views/tickets.store.ts';

type Copying = {
  readonly scope: Scope;
  readonly ticket: KnownTicket;
  /** It was reissued before, so often. */
  readonly reissues: number;
  readonly recordKey: RecordKey;
};
type Own = (value: PersonalValue, key?: RecordKey) => PersonalValue;

export async function copiedFacts(
  foundation: Foundation,
  { scope, ticket, reissues, recordKey }: Copying,
): Promise<Pick<CaseFacts, 'ticket' | 'contact' | 'traveller'>> {
  const { sold } = ticket;
  const soldKey = await foundation.vault.recordKey(scope, ticket.key);
  const own: Own = (value, key = soldKey) => ({ ...value, sealed: recordKey.seal(key.open(value.sealed)) });
  const traveller = await travellerOf(foundation, scope, ticket, own);
  const { name, phone, email } = sold.contact;
  return {
    ticket: {
      rightId: ticket._id,
      number: numberNow(ticket),
      ...{ orderId: sold.orderId, siteId: sold.siteId, productId: sold.productId, product: sold.product },
      ...{ ticketTypeId: sold.ticketTypeId, ticketType: sold.ticketType, realName: sold.realName },
      startsAt: ticket.moved?.startsAt ?? sold.startsAt,
      validUntil: ticket.moved?.validUntil ?? sold.validUntil,
      amount: ticket.moved?.amount ?? sold.amount,
      road: isRoad(sold.productKind, foundation.tenants.get(scope.tenantId)?.kind),
      reissues,
    },
    contact: { name: own(name), phone: own(phone), ...(email === undefined ? {} : { email: own(email) }) },
    ...(traveller === undefined ? {} : { traveller }),
  };
}

async function travellerOf(
  foundation: Foundation,
  scope: Scope,
  { sold, corrected }: KnownTicket,
  own: Own,
): Promise<Person | undefined> {
  if (corrected !== undefined) {
    const key = await foundation.vault.recordKey(scope, corrected.key);
    const { name, idType, idNumber } = corrected.traveller;
    return { name: own(name, key), idType, idNumber: own(idNumber, key) };
  }
  if (sold.traveller === undefined) return undefined;
  const { name, idType, idNumber } = sold.traveller;
  return { name: own(name), idType, idNumber: own(idNumber) };
}

/** How the traveller's data should read, as far as they were wrong. */
export type Correction = {
  readonly name?: string | undefined;
  readonly idType?: IdType | undefined;
  readonly idNumber?: string | undefined;
};
type Correcting = {
  readonly scope: Scope;
  readonly traveller: Person;
  readonly key: RecordKey;
  readonly now: Date;
};

/** REI-31: what is right already stays, what was given replaces it. @returns undefined when that is no document number */
export async function correctedPerson(
  foundation: Foundation,
  { scope, traveller, key, now }: Correcting,
  given: Correction,
): Promise<Person | undefined> {
  const name = given.name ?? key.open(traveller.name.sealed);
  const idType = given.idType ?? traveller.idType;
  const { timeZone } = foundation.tenants.require(scope.tenantId);
  const parsed = parseIdDocument(
    idType,
    given.idNumber ?? key.open(traveller.idNumber.sealed),
    localDateOf(now, timeZone),
  );
  if (!parsed.ok) return undefined;
  const { number } = parsed;
  return {
    name: { sealed: key.seal(name), masked: maskName(name) },
    idType,
    idNumber: {
      sealed: key.seal(number),
      masked: maskIdNumber(number),
      index: await foundation.vault.blindIndex(scope, 'document', `${idType}:${number}`),
    },
  };
}

/** REI-22: what the product is; where sales has not said, what its seller is. */
export function isRoad(productKind: string | undefined, tenantKind: string | undefined): boolean {
  return productKind === undefined ? tenantKind === 'station' : productKind === 'trip';
}
