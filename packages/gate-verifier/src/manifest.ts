// The manifest (离线清单) as the platform tells it, and the list that a gate makes of it. Rows are short because a day may have
// 100,000 tickets: what tickets have in common is told once per page as a kind. A page may be learned twice; the last word on a number
// counts, so nothing has to be told exactly once.
import { documentTag, type DocumentTag } from './documents.ts';
import type { Bilingual, RefusalReason } from './words.ts';

/** What tickets of one session and type have in common. */
export type Kind = {
  /** Day of its session, local. */
  readonly date: string;
  readonly validFrom: string;
  readonly validUntil: string;
  readonly entries: number;
  /** People of one entry. */
  readonly admits: number;
  /** Gates that it opens; none named: every gate of the site. */
  readonly gateIds?: readonly string[] | undefined;
  readonly minutesBetweenEntries?: number | undefined;
  readonly realName: boolean;
  readonly showAtGate: readonly string[];
  readonly product: Bilingual;
  readonly ticketType: Bilingual;
};

/** Number, revision, index of its kind; then people let in so far, when the last of them (epoch seconds), and at which gate. */
export type TicketRow =
  | readonly [number: string, revision: number, kind: number]
  | readonly [number: string, revision: number, kind: number, people: number, lastAt: number, lastGateId: string];
/** A dead number, up to which revision, and what became of it. */
export type RevocationRow = readonly [number: string, revision: number, reason: RefusalReason];

export type Light = 'green' | 'yellow' | 'orange' | 'red';

export type GatePolicy = {
  /** Scans of one upload. */
  readonly scansPerUploadMax: number;
  /** A light that is older says nothing any more. */
  readonly lightValidMinutes: number;
  /** A list that is older should worry the inspector. */
  readonly listStaleMinutes: number;
};

export type ManifestPage = {
  readonly tenantId: string;
  readonly siteId: string;
  readonly gateId: string;
  readonly date: string;
  readonly timeZone: string;
  readonly serverTime: string;
  /** The list starts anew with this page. */
  readonly begins: boolean;
  readonly more: boolean;
  /** For the next call's `since`. */
  readonly cursor: string;
  readonly light: Light;
  readonly policy: GatePolicy;
  readonly keys: readonly { readonly kid: string; readonly publicKeyPem: string }[];
  readonly kinds: readonly Kind[];
  readonly tickets: readonly TicketRow[];
  readonly revocations: readonly RevocationRow[];
  /** By date of the tickets: what tags of documents are made with. */
  readonly documentKeys?: Readonly<Record<string, string>> | undefined;
  /** One per row of `tickets`; empty for a ticket without a name. */
  readonly documentTags?: readonly string[] | undefined;
};

export type Listed = {
  readonly kind: Kind;
  readonly revision: number;
  /** People let in so far, as the server knows. */
  readonly people: number;
  readonly lastUse: { readonly atMs: number; readonly gateId: string } | undefined;
  /** Of the traveller's document. */
  readonly documentTag: DocumentTag | undefined;
};

const TEXTS = ['tenantId', 'siteId', 'gateId', 'date', 'timeZone', 'serverTime', 'cursor', 'light'] as const;
const LISTS = ['keys', 'kinds', 'tickets', 'revocations'] as const;
const SWITCHES = ['begins', 'more'] as const;
const isPerTicket = ({ tickets, documentTags: tags }: Readonly<Record<string, unknown>>): boolean =>
  tags === undefined || (Array.isArray(tags) && Array.isArray(tickets) && tags.length === tickets.length);

function isManifestPage(value: unknown): value is ManifestPage {
  if (typeof value !== 'object' || value === null) return false;
  const page: Readonly<Record<string, unknown>> = { ...value };
  return (
    TEXTS.every((name) => typeof page[name] === 'string') &&
    LISTS.every((name) => Array.isArray(page[name])) &&
    SWITCHES.every((name) => typeof page[name] === 'boolean') &&
    typeof page['policy'] === 'object' &&
    isPerTicket(page)
  );
}

/**
 * The platform is trusted to fill its rows; what is checked is that this is a manifest at all, and no error page or half of one.
 * @throws TypeError for anything else
 */
export function readManifestPage(value: unknown): ManifestPage {
  if (!isManifestPage(value)) throw new TypeError('this is not a page of a manifest');
  return value;
}

export class TicketList {
  readonly #tickets = new Map<string, Listed>();
  readonly #dead = new Map<string, { revision: number; reason: RefusalReason }>();
  /** Tickets by the document of their traveller. Whoever died since is found too, and told so. */
  readonly #byDocument = new Map<DocumentTag, Set<string>>();

  /** @returns numbers on which the page has a word */
  learn(page: ManifestPage): readonly string[] {
    const numbers: string[] = [];
    for (const [number, revision, reason] of page.revocations) {
      numbers.push(number);
      const listed = this.#tickets.get(number);
      if (listed !== undefined && listed.revision <= revision) this.#tickets.delete(number);
      this.#dead.set(number, { revision, reason });
    }
    // After the revocations, so that a number whose older revision is dead keeps its living one.
    for (const [index, row] of page.tickets.entries()) {
      const [number, revision, kindIndex, people = 0, lastAt, lastGateId] = row;
      const kind = page.kinds[kindIndex];
      if (kind === undefined) throw new TypeError('a ticket of the manifest is of no kind');
      numbers.push(number);
      const dead = this.#dead.get(number);
      if (dead !== undefined && dead.revision >= revision) this.#dead.delete(number);
      const lastUse =
        lastAt === undefined || lastGateId === undefined ? undefined : { atMs: lastAt * 1_000, gateId: lastGateId };
      const text = page.documentTags?.[index] ?? '';
      const tag = text === '' ? undefined : documentTag(kind.date, text);
      this.#tickets.set(number, { kind, revision, people, lastUse, documentTag: tag });
      if (tag !== undefined) this.#noteDocument(tag, number);
    }
    return numbers;
  }

  #noteDocument(tag: DocumentTag, number: string): void {
    const numbers = this.#byDocument.get(tag);
    if (numbers === undefined) this.#byDocument.set(tag, new Set([number]));
    else numbers.add(number);
  }

  /** Numbers of tickets whose traveller's document has this tag. */
  ofDocument(tag: DocumentTag): readonly string[] {
    return [...(this.#byDocument.get(tag) ?? [])];
  }

  ticket(number: string): Listed | undefined {
    return this.#tickets.get(number);
  }

  /** Living or dead. */
  knows(number: string): boolean {
    return this.#tickets.has(number) || this.#dead.has(number);
  }

  /** What became of a ticket. @param revision of the code that was shown; undefined when the number was typed */
  deathOf(number: string, revision: number | undefined): RefusalReason | undefined {
    const dead = this.#dead.get(number);
    if (dead === undefined) return undefined;
    if (revision === undefined) return this.#tickets.has(number) ? undefined : dead.reason;
    return revision <= dead.revision ? dead.reason : undefined;
  }

  get size(): number {
    return this.#tickets.size;
  }
}
