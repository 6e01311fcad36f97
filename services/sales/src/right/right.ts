// The right behind a ticket: one document per sold place. It holds the chain of its tickets and its uses, so two living tickets
// for one right cannot exist (SAL-31). An exchange gives the right another place and another ticket; the old one stays in `past`.
import type { Bilingual, RefundReason, TicketStatus } from '@tongpiao/contracts';
import type { Fen } from '@tongpiao/kernel';
import type { Traveller } from '../order/order.ts';

/** Where and when, under which number, and what was paid for it: what an exchange replaces. */
export type Place = {
  readonly number: string;
  readonly qr: string;
  readonly productId: string;
  readonly productName: Bilingual;
  readonly ticketTypeId: string;
  readonly ticketTypeName: Bilingual;
  readonly sessionId: string;
  readonly siteId: string;
  readonly date: string;
  readonly startsAt: string;
  readonly endsAt: string;
  /** When the gate lets it in: check-in opens and closes relative to the session (SAL-03). */
  readonly validFrom: string;
  readonly validUntil: string;
  readonly amount: Fen;
  readonly entries: number;
  /** People that one entry lets in: more than one for a group's ticket (SAL-42). */
  readonly admits: number;
  readonly realName: boolean;
  readonly showAtGate: readonly string[];
  /** Gates that it opens; none named: every gate of its site. */
  readonly gateIds?: readonly string[] | undefined;
  /** Between two entries, so that one ticket handed back over the fence does not let in a second person. */
  readonly minutesBetweenEntries?: number | undefined;
  /** The hold whose place it is: what inventory gets back. */
  readonly holdId: string;
};

export type RightFacts = Place & {
  readonly orderId: string;
  readonly lineId: string;
  /** When it was ordered: the refund rules of that day are its rules (SAL-50). */
  readonly soldAt: string;
  /** When an exchange brought it to another product: that product's rules of that day are its rules. */
  readonly ruledFrom?: string | undefined;
  readonly traveller?: Traveller | undefined;
};

export type Use = {
  readonly at: string;
  readonly gateId: string;
  /** People let in by this scan. */
  readonly people: number;
  /** Of a scan that a gate decided without network and handed in later. */
  readonly scanId?: string | undefined;
  /** The gate's request that made it, where it was made online: no other use has the same (PLA-32). */
  readonly request?: string | undefined;
};

/** A ticket that this right had before. */
export type PastTicket = {
  readonly number: string;
  readonly revision: number;
  readonly status: 'exchanged' | 'superseded';
  readonly sessionId: string;
  /** Where and when it would have opened: gates there must hear that it does not (SAL-41). */
  readonly siteId: string;
  readonly date: string;
  readonly amount: Fen;
  /** Of an exchanged one: what its refund counted to (SAL-50). */
  readonly startsAt?: string | undefined;
  readonly endsAt?: string | undefined;
  readonly cause: string;
  readonly at: string;
  /** When the case that replaced it had frozen it: from then on it opened no gate. */
  readonly frozenAt?: string | undefined;
  /** Its session was cancelled or reduced, and this was the holder's choice (SAL-52). */
  readonly disruptionId?: string | undefined;
  /** The fee that was agreed before its session was disrupted, and not taken. */
  readonly waived?: Fen | undefined;
};

/** SAL-32: paper from numbered stock; a second print is a reissue. */
export type Print = { readonly serial: string; readonly by: string; readonly at: string };

export type TicketRefund = {
  readonly refundId: string;
  readonly fee: Fen;
  readonly returned: Fen;
  readonly reason: RefundReason;
  /** SAL-52: given back at the deadline of this disruption. */
  readonly disruptionId?: string | undefined;
  readonly at: string;
};

/** SAL-52: its session was cancelled or reduced; the holder may choose until `decideBy`, free of charge. */
export type Offer = {
  readonly disruptionId: string;
  readonly kind: 'cancelled' | 'reduced';
  readonly decideBy: string;
  /** Who came in before came to a session that took place; left out: for as long as anybody remembers. */
  readonly offeredAt?: string | undefined;
  /** When its session was cancelled, heard of or not: a ticket that was good then has not expired for its holder. */
  readonly cancelledAt?: string | undefined;
};

/** REI-04: reported lost; only the application that froze it can thaw or replace it. */
type Freeze = {
  readonly applicationId: string;
  readonly at: string;
  readonly before: 'issued' | 'checked_in';
};

/** A new ticket for the same place: number and QR of its own, and a traveller whose data were put right (REI-31). */
export type Replacement = {
  readonly applicationId: string;
  /** REI-23: with it the ticket is replaced once, whatever is retried. */
  readonly code: string;
  readonly kind: 'replacement' | 'correction';
  readonly number: string;
  readonly qr: string;
  /** That its QR names: the right must not have had another ticket in between. */
  readonly revision: number;
  /** The ticket that the application is about; what lives by then may have come of an exchange, or of another case. */
  readonly applied?: string | undefined;
  readonly traveller?: Traveller | undefined;
  readonly at: string;
};

/** REI-23: a code whose ticket could not be replaced; it never will be, however often it is tried. */
type RefusedReissue = { readonly code: string; readonly reason: string };
/** SAL-53: an exchange that the ticket could not follow; the money for it goes back, so it never will. */
type RefusedExchange = { readonly exchangeId: string; readonly reason: string };
/** SAL-51: an approved refund that came too late for the ticket; whoever asked is told that it has failed. */
type RefusedRefund = { readonly refundId: string; readonly reason: string };

/** What a gate decided without network, and what was true (SAL-41): kept apart. */
export type HandedIn = {
  readonly scanId: string;
  readonly at: string;
  readonly gateId: string;
  readonly people: number;
  readonly decided: 'admitted' | 'refused';
  readonly truth: 'admissible' | RefusalReason;
  /** The number that was shown, where it is one that this right had before (REI-34). */
  readonly former?: string | undefined;
  /** Of a scan that was older than a gate should hold back. */
  readonly late?: true | undefined;
};

/** REI-34: somebody held a ticket up that was exchanged or replaced before. */
type FormerShown = {
  readonly number: string;
  readonly became: PastTicket['status'];
  readonly gateId: string;
  readonly at: string;
};

/** REI-11: a living or frozen ticket that a gate did not let in. */
type RefusedScan = { readonly gateId: string; readonly reason: RefusalReason; readonly at: string };

export type RefusalReason =
  | 'unknown'
  | 'forged'
  | 'refunded'
  | 'exchanged'
  | 'voided'
  | 'superseded'
  | 'frozen'
  | 'expired'
  | 'already-used'
  | 'wrong-site'
  | 'wrong-gate'
  | 'wrong-day'
  | 'too-early'
  | 'too-late'
  | 'too-soon-again'
  | 'too-many-people'
  | 'wrong-person'
  | 'session-cancelled'
  | 'capacity';

export type RightState =
  | { readonly status: 'none' }
  | (RightFacts & {
      readonly status: TicketStatus;
      readonly revision: number;
      readonly uses: readonly Use[];
      readonly past: readonly PastTicket[];
      readonly prints: readonly Print[];
      readonly handedIn: readonly HandedIn[];
      readonly formerShown?: readonly FormerShown[] | undefined;
      readonly refusedScans?: readonly RefusedScan[] | undefined;
      readonly refund?: TicketRefund | undefined;
      readonly offer?: Offer | undefined;
      readonly freeze?: Freeze | undefined;
      readonly refusedReissues?: readonly RefusedReissue[] | undefined;
      readonly refusedExchanges?: readonly RefusedExchange[] | undefined;
      readonly refusedRefunds?: readonly RefusedRefund[] | undefined;
    });
export type SoldRight = Exclude<RightState, { status: 'none' }>;

export type Scan = {
  readonly at: string;
  readonly gateId: string;
  readonly siteId: string;
  /** Day at the site. */
  readonly date: string;
  /** People who want in with this scan; all that one entry admits unless counted. */
  readonly people?: number | undefined;
  /** Revision on the scanned QR; undefined when the number or a document was shown. */
  readonly revision?: number | undefined;
  /** Number that was typed or scanned: an old one is told what became of it. */
  readonly number?: string | undefined;
  /** Blind index of the document that was shown with the ticket (SAL-42). */
  readonly documentIndex?: string | undefined;
};

export type RightCommand =
  | { readonly type: 'IssueTicket'; readonly facts: RightFacts }
  | { readonly type: 'CheckIn'; readonly scan: Scan; readonly request?: string | undefined }
  | {
      readonly type: 'HandInScan';
      readonly scanId: string;
      readonly scan: Scan;
      readonly decided: 'admitted' | 'refused';
      readonly late?: true | undefined;
    }
  /** A gate has refused it already, and its answer does not wait for this. */
  | { readonly type: 'ShowFormerTicket'; readonly scan: Scan }
  /** The same of a ticket that is not dead, and why. */
  | { readonly type: 'NoteRefusedScan'; readonly scan: Scan; readonly reason: RefusalReason }
  | {
      readonly type: 'RefundTicket';
      readonly refund: TicketRefund;
      /** The ticket that an exception was approved for: one that was exchanged or replaced meanwhile is another. */
      readonly revision?: number | undefined;
      /** It was used up when the exception was asked for, and whoever approved it knew that. */
      readonly used?: true | undefined;
      /** SAL-52: the cancellation of its session, known before the ticket was told of it. */
      readonly cancellation?: Offer | undefined;
    }
  | {
      readonly type: 'ExchangeTicket';
      readonly exchangeId: string;
      /** The ticket that the exchange was agreed for: one that changed meanwhile is not exchanged. */
      readonly revision: number;
      /** SAL-52: the cancellation of its session, known before the ticket was told of it. */
      readonly cancellation?: string | undefined;
      readonly place: Place;
      readonly fee: Fen;
      readonly paid: Fen;
      readonly returned: Fen;
      readonly at: string;
    }
  | {
      readonly type: 'FreezeTicket';
      readonly applicationId: string;
      /** Which ticket; left out: whichever lives. */
      readonly number?: string | undefined;
      /** REI-41: for an appeal, after the thaw of the refusal. */
      readonly again?: true | undefined;
      readonly at: string;
      /** The thaw of the case before may be behind this: a ticket that is frozen is not refused yet. */
      readonly early: boolean;
    }
  | { readonly type: 'ThawTicket'; readonly applicationId: string; readonly at: string }
  | {
      readonly type: 'ReplaceTicket';
      readonly replacement: Replacement;
      /** SAL-25: why the corrected document can have no ticket here. */
      readonly limited?: string | undefined;
    }
  | { readonly type: 'ExpireTicket'; readonly at: string }
  | { readonly type: 'OfferChoice'; readonly offer: Offer }
  /** INV-20: there is room for this one after all. */
  | { readonly type: 'WithdrawOffer'; readonly disruptionId: string }
  | { readonly type: 'PrintTicket'; readonly serial: string; readonly by: string; readonly at: string }
  /** Somebody saw the traveller's plain data (PLA-11, PLA-21). */
  | { readonly type: 'RecordReveal'; readonly purpose: string; readonly request: string };

export type RightEvent =
  | { readonly type: 'TicketIssued'; readonly facts: RightFacts }
  | { readonly type: 'TicketCheckedIn'; readonly use: Use }
  | {
      readonly type: 'ScanHandedIn';
      readonly handedIn: HandedIn;
      /** Present when the scan counts as a use. */
      readonly use?: Use | undefined;
      /** Its price was earned by expiry before this use became known. */
      readonly earned?: true | undefined;
    }
  | { readonly type: 'FormerTicketShown'; readonly shown: FormerShown }
  | { readonly type: 'ScanRefused'; readonly refused: RefusedScan }
  | {
      readonly type: 'TicketRefunded';
      readonly refund: TicketRefund;
      readonly returnPlaces: boolean;
      /** Its last use or its expiry had earned its price before. */
      readonly earned?: true | undefined;
    }
  | {
      readonly type: 'TicketExchanged';
      readonly exchangeId: string;
      readonly before: PastTicket;
      readonly holdBefore: string;
      readonly peopleBefore: number;
      readonly returnPlaces: boolean;
      readonly place: Place;
      readonly fee: Fen;
      readonly paid: Fen;
      readonly returned: Fen;
      readonly at: string;
    }
  | { readonly type: 'ExchangeRefused'; readonly exchangeId: string; readonly reason: string }
  | { readonly type: 'RefundRefused'; readonly refundId: string; readonly reason: string }
  | { readonly type: 'TicketFrozen'; readonly freeze: Freeze }
  | { readonly type: 'FreezeRefused'; readonly applicationId: string; readonly reason: string }
  | { readonly type: 'TicketThawed'; readonly applicationId: string; readonly at: string }
  | {
      readonly type: 'ReissueRefused';
      readonly applicationId: string;
      readonly code: string;
      readonly reason: string;
    }
  | { readonly type: 'TicketReplaced'; readonly replacement: Replacement; readonly before: PastTicket }
  | { readonly type: 'TicketExpired'; readonly at: string }
  | { readonly type: 'ChoiceOffered'; readonly offer: Offer }
  | { readonly type: 'OfferWithdrawn'; readonly disruptionId: string }
  | { readonly type: 'TicketPrinted'; readonly print: Print }
  | { readonly type: 'TravellerRevealed'; readonly purpose: string; readonly request: string };
