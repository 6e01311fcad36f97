// The right behind a ticket: one document per sold place. It holds the chain of its tickets and its uses, so two living tickets
// for one right cannot exist (SAL-31).
import type { Bilingual, TicketStatus } from '@tongpiao/contracts';
import type { Fen } from '@tongpiao/kernel';
import type { Traveller } from '../order/order.ts';

export type RightFacts = {
  readonly orderId: string;
  readonly lineId: string;
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
  readonly realName: boolean;
  readonly showAtGate: readonly string[];
  readonly traveller?: Traveller | undefined;
};

export type Use = { readonly at: string; readonly gateId: string };

export type RightState =
  | { readonly status: 'none' }
  | (RightFacts & { readonly status: TicketStatus; readonly revision: number; readonly uses: readonly Use[] });

export type Scan = {
  readonly at: string;
  readonly gateId: string;
  readonly siteId: string;
  /** Day at the site. */
  readonly date: string;
  /** Revision on the scanned QR; undefined when the number or a document was shown. */
  readonly revision?: number | undefined;
  /** Blind index of the document that was shown with the ticket (SAL-42). */
  readonly documentIndex?: string | undefined;
};

export type RightCommand =
  | { readonly type: 'IssueTicket'; readonly facts: RightFacts }
  | { readonly type: 'CheckIn'; readonly scan: Scan }
  /** Somebody saw the traveller's plain data (PLA-11, PLA-21). */
  | { readonly type: 'RecordReveal'; readonly purpose: string; readonly request: string };

export type RightEvent =
  | { readonly type: 'TicketIssued'; readonly facts: RightFacts }
  | { readonly type: 'TicketCheckedIn'; readonly use: Use }
  | { readonly type: 'TravellerRevealed'; readonly purpose: string; readonly request: string };
