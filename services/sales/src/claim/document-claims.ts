// The limits of a document at a place: one ticket for a session (SAL-25), and as many on a day as the ticket type allows (SAL-02). Whoever
// gives a document a place takes these: a purchase, an exchange, a correction.
import type { PersonalValue } from '@tongpiao/persistence';
import type { ClaimWish } from './claim.store.ts';

type Place = { readonly sessionId: string; readonly ticketTypeId: string; readonly date: string };
type Document = Pick<PersonalValue, 'index' | 'masked'>;

/** What the claims of a document at a place are called; whose they still are is asked by the same names. */
export function documentKeys({ sessionId, ticketTypeId, date }: Place, index: string) {
  return {
    ofSession: `session-document:${sessionId}:${index}`,
    ofDay: `day-document:${ticketTypeId}:${date}:${index}`,
  };
}

/** @param perDay of the ticket type, where it has a limit */
export function documentClaims(
  place: Place,
  { index = '', masked: document }: Document,
  perDay: number | undefined,
): readonly ClaimWish[] {
  const { sessionId } = place;
  const keys = documentKeys(place, index);
  const ofSession: ClaimWish = {
    key: keys.ofSession,
    limit: 1,
    count: 1,
    counts: 'live',
    refusal: { code: 'sales.document-has-ticket', data: { document, sessionId } },
  };
  if (perDay === undefined) return [ofSession];
  const ofDay: ClaimWish = {
    key: keys.ofDay,
    limit: perDay,
    count: 1,
    counts: 'live',
    refusal: { code: 'sales.document-limit', data: { document, limit: perDay } },
  };
  return [ofSession, ofDay];
}
