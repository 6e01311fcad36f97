// The words of a gate that works without network: what is scanned, what is answered, what is kept to be handed in. The reasons are
// the server's own (SAL-40), so that a screen shows the same words whether or not there is a network.

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

/** A document as read; its kinds are those of the platform's `idType`. */
type Document = { readonly idType: string; readonly idNumber: string };
/** A code as scanned or a ticket number as typed, either with the document of who shows it, or a document alone. */
export type Credential =
  ({ readonly qr: string } & Partial<Document>) | ({ readonly ticketNumber: string } & Partial<Document>) | Document;

/** As it is kept and handed in: of a document its tag only, with the ticket that was shown, or found by it. */
export type ToldCredential =
  | { readonly qr: string; readonly documentTag?: string }
  | { readonly ticketNumber: string; readonly documentTag?: string }
  | { readonly documentTag: string };

export type Bilingual = { readonly zh: string; readonly en: string };

export type Use = {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly gateId: string;
};

export type Refused = {
  readonly admitted: false;
  readonly reason: RefusalReason;
  /** Of a forged code: what is wrong with it. An unknown key may be one that is newer than the last sync. */
  readonly because?: 'malformed' | 'unknown-key' | 'wrong-signature';
  /** Where and when it was used. */
  readonly lastUse?: Use | undefined;
  readonly validFromMs?: number;
  readonly validUntilMs?: number;
  /** People whom the ticket could still let in. */
  readonly peopleLeft?: number;
  readonly againAtMs?: number;
};

export type Admitted = {
  readonly admitted: true;
  readonly number: string;
  /** People let in by this scan. */
  readonly people: number;
  /** People whom the ticket can let in after this scan. */
  readonly peopleLeft: number;
  /** False when the list did not have it: sold after the last sync, judged by what its code says alone. */
  readonly listed: boolean;
  /** The traveller's document is to be looked at: who holds it cannot be checked here. */
  readonly realName: boolean;
  /** Certificates to be shown at the gate. */
  readonly showAtGate: readonly string[];
  readonly product?: Bilingual;
  readonly ticketType?: Bilingual;
};

export type Verdict = (Admitted | Refused) & {
  /** Under which the scan is handed in; absent when there was nothing to hand in. */
  readonly scanId?: string;
};

/** A scan as it is handed in: the body of `POST /api/v1/gates/{id}/uploads` lists these. */
export type UploadScan = {
  readonly scanId: string;
  /** RFC 3339, by the server's clock as far as the gate knows it. */
  readonly at: string;
  readonly credential: ToldCredential;
  readonly people?: number;
  readonly decided: 'admitted' | 'refused';
  readonly reason?: RefusalReason;
};

/** A scan as a gate keeps it. */
export type KeptScan = UploadScan & {
  /** Ticket that was admitted: its use counts here until the server's list has it. */
  readonly number?: string;
  /** The server has it. */
  readonly told: boolean;
};
