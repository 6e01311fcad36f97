// What is owed to the holder of a ticket whose session was cancelled or reduced (SAL-52). Pure; the decider, the quote, exceptions and the
// work on a disrupted session ask here, so that none of them gives less than another has promised.
import { fen, ZERO_FEN, type Fen } from '@tongpiao/kernel';
import { placesLeft } from './admission.policy.ts';
import type { Offer, SoldRight, TicketRefund } from './right.ts';

export type Owed = Pick<TicketRefund, 'fee' | 'returned'> & {
  readonly reason: 'session-cancelled' | 'session-reduced';
};

/** Gates open before the start: of a session that is cancelled, who was let in by then has had nothing. */
function isEarly(at: string, { startsAt }: SoldRight): boolean {
  return Date.parse(at) < Date.parse(startsAt);
}

/**
 * At its end, and not for anything that its holder had: used up by entries of which one at least was before the start, or expired before
 * the news came, while it was good when the cancellation was decided. A reduced session takes place.
 */
export function endedInVain(right: SoldRight, { kind, cancelledAt }: Offer): boolean {
  if (kind !== 'cancelled') return false;
  if (right.status === 'used') return right.uses.some(({ at }) => isEarly(at, right));
  return (
    right.status === 'expired' && cancelledAt !== undefined && Date.parse(right.validUntil) > Date.parse(cancelledAt)
  );
}

/** Offered its money back or another session; who went in although there were fewer places has chosen. */
export function awaitsChoice(right: SoldRight): boolean {
  const { offer, status } = right;
  if (offer === undefined) return false;
  switch (status) {
    case 'issued':
    case 'frozen':
      return true;
    case 'checked_in':
      return offer.kind === 'cancelled';
    case 'used':
    case 'expired':
      return endedInVain(right, offer);
    case 'refunded':
    case 'exchanged':
    case 'voided':
    case 'superseded':
      return false;
  }
}

/**
 * What somebody had of a session before it was cancelled stays paid for: entries times people, those that were left go back, rounded up to
 * the fen. Entries before the start do not count. `fee` is the share that was used, and is booked as admission.
 */
export function unusedShare(right: SoldRight): { readonly fee: Fen; readonly returned: Fen } {
  const { amount, entries, admits } = right;
  const uses = right.uses.filter(({ at }) => !isEarly(at, right));
  if (uses.length === 0) return { fee: ZERO_FEN, returned: amount };
  const returned = fen(Math.ceil((amount * placesLeft({ ...right, uses })) / (entries * admits)));
  return { fee: fen(amount - returned), returned };
}

/** @returns undefined where nothing was offered, or the holder has had it or has chosen otherwise */
export function owed(right: SoldRight): Owed | undefined {
  const { offer } = right;
  if (offer === undefined || !awaitsChoice(right)) return undefined;
  return { reason: offer.kind === 'cancelled' ? 'session-cancelled' : 'session-reduced', ...unusedShare(right) };
}

/** The ticket as its holder may deal with it, told or not. */
export function withCancellation(right: SoldRight, cancellation: Offer | undefined): SoldRight {
  return cancellation === undefined || right.offer?.kind === 'cancelled' ? right : { ...right, offer: cancellation };
}
