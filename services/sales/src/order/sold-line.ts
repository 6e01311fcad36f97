// What was sold, line by line: the words that an order and the exchanges of its tickets share.
import type { Bilingual } from '@tongpiao/contracts';
import type { Fen } from '@tongpiao/kernel';
import type { PersonalValue } from '@tongpiao/persistence';

export type Traveller = { readonly name: PersonalValue; readonly idType: string; readonly idNumber: PersonalValue };

/** A line as it was sold: later changes of product or session do not reach it (SAL-11: an order keeps its price). */
export type OrderLine = {
  readonly lineId: string;
  readonly productId: string;
  /** Left out: an admission. */
  readonly productKind?: 'trip' | undefined;
  readonly productName: Bilingual;
  readonly ticketTypeId: string;
  readonly ticketTypeName: Bilingual;
  readonly sessionId: string;
  readonly siteId: string;
  readonly date: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly validFrom: string;
  readonly validUntil: string;
  readonly unitAmount: Fen;
  readonly quantity: number;
  readonly entries: number;
  /** People of one ticket; a ticket takes as many places. */
  readonly admits: number;
  readonly gateIds?: readonly string[] | undefined;
  readonly minutesBetweenEntries?: number | undefined;
  readonly realName: boolean;
  /** Certificates to be shown at the gate (SAL-02). */
  readonly showAtGate: readonly string[];
  readonly travellers: readonly Traveller[];
};

/** A ticket as notification tells it. */
export type ToldTicket = { readonly number: string; readonly lineId: string; readonly qr: string };
