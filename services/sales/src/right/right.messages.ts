// What others must hear of a right: inventory gets places back, finance earns or returns its price (FIN-12), the order sends money.
// Issuing is told by the order; a refused exchange or exception by whoever carries it out, to the order or the exception.
import {
  formerTicketShown,
  returnPlaces,
  ticketExchanged,
  ticketExpired,
  ticketFreezeRefused,
  ticketFrozen,
  ticketReissued,
  ticketReissueRefused,
  ticketRefunded,
  ticketScanned,
  ticketThawed,
  ticketUsed,
} from '@tongpiao/contracts';
import { say, type Said } from '@tongpiao/persistence';
import { placesUntouched } from './admission.policy.ts';
import type { HandedIn, RightEvent, RightState, SoldRight, Use } from './right.ts';

export function rightMessages(event: RightEvent, facts: { id: string; state: RightState }): readonly Said[] {
  const { id: rightId, state } = facts;
  if (state.status === 'none') return [];
  const { number: ticketNumber, orderId, productId } = state;
  const ticket = { rightId, ticketNumber, orderId, productId };
  switch (event.type) {
    case 'TicketIssued':
    case 'TravellerRevealed':
    case 'ChoiceOffered':
    case 'OfferWithdrawn':
    case 'TicketPrinted':
    case 'ExchangeRefused':
    case 'RefundRefused':
      return [];
    case 'TicketCheckedIn':
      return state.status === 'used'
        ? usedUp(rightId, state, event.use)
        : scanned(rightId, state, event.use, 'admitted');
    case 'ScanRefused':
      return scanned(rightId, state, event.refused, 'refused');
    case 'ScanHandedIn': {
      const { former: number, gateId, at, decided, truth } = event.handedIn;
      const became = state.past.find((past) => past.number === number)?.status;
      // Scanned before it was replaced, it was no dead one.
      if (number !== undefined && became !== undefined && truth === became)
        return [say(formerTicketShown, { ...ticket, shownNumber: number, became, gateId, decided, shownAt: at })];
      if (isOpen(state)) return scanned(rightId, state, { gateId, at, number, ...untrue(event.handedIn) }, decided);
      // What expiry has earned is not earned again.
      return event.use === undefined || event.earned === true ? [] : usedUp(rightId, state, event.use);
    }
    case 'FormerTicketShown': {
      const { number: shownNumber, became, gateId, at: shownAt } = event.shown;
      return [say(formerTicketShown, { ...ticket, shownNumber, became, gateId, decided: 'refused', shownAt })];
    }
    case 'TicketRefunded': {
      const { refundId, fee, returned, reason, disruptionId, at: refundedAt } = event.refund;
      const outOf = event.earned === true ? 'earned' : 'deferred';
      const facts = { ...ticket, refundId, fee, returned, reason, outOf, refundedAt } as const;
      const told = say(ticketRefunded, disruptionId === undefined ? facts : { ...facts, disruptionId });
      if (!event.returnPlaces) return [told];
      const { holdId, sessionId } = state;
      const quantity = placesUntouched(state);
      return [told, say(returnPlaces, { holdId, orderId, returnId: refundId, sessionId, quantity })];
    }
    case 'TicketExchanged': {
      const { exchangeId, before, fee, paid, returned, at: exchangedAt } = event;
      const told = say(ticketExchanged, {
        ...ticket,
        previousNumber: before.number,
        exchangeId,
        previousAmount: before.amount,
        amount: event.place.amount,
        fee,
        paid,
        returned,
        exchangedAt,
        revision: state.revision,
        sessionId: state.sessionId,
        startsAt: state.startsAt,
        endsAt: state.endsAt,
        validUntil: state.validUntil,
      });
      if (!event.returnPlaces) return [told];
      const { holdBefore: holdId, peopleBefore: quantity } = event;
      return [
        told,
        say(returnPlaces, { holdId, orderId, returnId: exchangeId, sessionId: before.sessionId, quantity }),
      ];
    }
    case 'TicketFrozen':
      return [say(ticketFrozen, { ...ticket, applicationId: event.freeze.applicationId, frozenAt: event.freeze.at })];
    case 'FreezeRefused': {
      const { applicationId, reason } = event;
      return [say(ticketFreezeRefused, { rightId, applicationId, reason })];
    }
    case 'ReissueRefused': {
      const { applicationId, code: reissueCode, reason } = event;
      return [say(ticketReissueRefused, { rightId, applicationId, reissueCode, reason })];
    }
    case 'TicketThawed':
      return [say(ticketThawed, { ...ticket, applicationId: event.applicationId, thawedAt: event.at })];
    case 'TicketReplaced': {
      const { applicationId, code, at: reissuedAt, qr } = event.replacement;
      const { ticketTypeName: ticketType, sessionId, date, startsAt, endsAt, amount, revision } = state;
      const page = pageOf(state);
      const told = { number: ticketNumber, ticketType, sessionId, date, startsAt, endsAt, amount, qr, page };
      return [
        say(ticketReissued, {
          ...ticket,
          previousNumber: event.before.number,
          revision,
          applicationId,
          reissueCode: code,
          ticket: told,
          reissuedAt,
        }),
      ];
    }
    case 'TicketExpired':
      return [
        say(ticketExpired, {
          ...ticket,
          amount: state.amount,
          entriesUsed: state.uses.length,
          expiredAt: event.at,
        }),
      ];
  }
}

/** What is drawn of it. Whom it names is for the case to say: that is sealed for notification (REI-30). */
function pageOf({ productName: product, siteId, validFrom, validUntil, ...state }: SoldRight) {
  const { entries, admits, realName, showAtGate } = state;
  return { product, siteId, validFrom, validUntil, entries, admits, realName, showAtGate: [...showAtGate] };
}

/** It can still be applied for. */
function isOpen({ status }: SoldRight): boolean {
  return status === 'issued' || status === 'checked_in' || status === 'frozen';
}

function untrue({ truth }: HandedIn): { readonly reason?: string } {
  return truth === 'admissible' ? {} : { reason: truth };
}

type Scanned = {
  readonly gateId: string;
  readonly at: string;
  readonly reason?: string;
  /** The one that was shown, where another lives now. */
  readonly number?: string | undefined;
};

/** REI-11: heard by whoever has an application for it. */
function scanned(
  rightId: string,
  state: SoldRight,
  { gateId, at: scannedAt, reason, number: ticketNumber = state.number }: Scanned,
  decided: HandedIn['decided'],
): readonly Said[] {
  const { orderId, productId } = state;
  const why = reason === undefined ? {} : { reason };
  return [say(ticketScanned, { rightId, ticketNumber, orderId, productId, gateId, decided, ...why, scannedAt })];
}

function usedUp(rightId: string, state: SoldRight, use: Use): readonly Said[] {
  if (state.status !== 'used') return [];
  const { number: ticketNumber, orderId, productId, amount } = state;
  const { at: usedAt, gateId } = use;
  return [say(ticketUsed, { rightId, ticketNumber, orderId, productId, amount, usedAt, gateId })];
}
