// What has to be known of a ticket to draw it. Both services that draw tickets, sales and notification, fill this in from what they
// have; what may be left out is what a message does not always say.
import type { Fen } from '@tongpiao/kernel';
import type { Bilingual } from './ticket-words.ts';

export type PrintableTicket = {
  /** Whose promise it is: the tenant. */
  readonly issuer: Bilingual;
  readonly site?: Bilingual | undefined;
  readonly product: Bilingual;
  readonly ticketType: Bilingual;
  /** As printed, in groups of four. */
  readonly printedNumber: string;
  /** What the QR code says. */
  readonly qr: string;
  /** Day at the site, `2026-12-01`. */
  readonly date: string;
  readonly startsAt: string;
  readonly endsAt: string;
  /** When gates let it in, if that is known. */
  readonly validFrom?: string | undefined;
  readonly validUntil?: string | undefined;
  readonly timeZone: string;
  readonly amount: Fen;
  /** How often it opens a gate. */
  readonly entries: number;
  /** People that one entry lets in. */
  readonly admits: number;
  /** The gate asks for the document. */
  readonly realName: boolean;
  /** Masked (PLA-11). */
  readonly traveller?: { readonly name: string; readonly idType: string; readonly idNumber: string } | undefined;
  /** Proofs of a concession: one of them is shown at the gate. */
  readonly showAtGate: readonly string[];
  readonly orderId: string;
  /** Of the paper that it is printed on (SAL-32). */
  readonly serial?: string | undefined;
  /** A stamp across the page, such as 补发, and the day that it bears. */
  readonly mark?: (Bilingual & { readonly on?: string | undefined }) | undefined;
};
