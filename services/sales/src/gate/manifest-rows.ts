// What a gate must know of a right, as short as it can be said: its ticket if that may open a gate of this site today, and every ticket
// of it that must not. Of the person a tag at most (`gate-documents.ts`). Pure.
import type { Bilingual, TicketStatus } from '@tongpiao/contracts';
import type { RefusalReason } from '../right/right.ts';

/** The part of a right that gates are told of. */
export type ListedRight = {
  readonly number: string;
  readonly revision: number;
  readonly status: TicketStatus;
  readonly siteId: string;
  readonly date: string;
  readonly validFrom: string;
  readonly validUntil: string;
  readonly entries: number;
  readonly admits: number;
  readonly gateIds?: readonly string[] | undefined;
  readonly minutesBetweenEntries?: number | undefined;
  readonly realName: boolean;
  readonly offer?: { readonly kind: 'cancelled' | 'reduced' } | undefined;
  readonly showAtGate: readonly string[];
  readonly productName: Bilingual;
  readonly ticketTypeName: Bilingual;
  readonly uses: readonly { readonly at: string; readonly gateId: string; readonly people: number }[];
  readonly past: readonly {
    readonly number: string;
    readonly revision: number;
    readonly status: 'exchanged' | 'superseded';
    readonly siteId: string;
    readonly date: string;
  }[];
};

/** A site on a day, and the neighbouring days whose tickets may still or already be good then. */
export type ManifestDay = {
  readonly siteId: string;
  readonly date: string;
  readonly dates: readonly string[];
  /** First moment of the day, and first of the next, as stored instants are written. */
  readonly from: string;
  readonly until: string;
};

/** What tickets of one session and type have in common, told once a page. */
type Kind = Pick<
  ListedRight,
  'date' | 'validFrom' | 'validUntil' | 'entries' | 'admits' | 'gateIds' | 'minutesBetweenEntries' | 'realName'
> & {
  readonly showAtGate: readonly string[];
  readonly product: Bilingual;
  readonly ticketType: Bilingual;
};
type TicketRow =
  | readonly [number: string, revision: number, kind: number]
  | readonly [number: string, revision: number, kind: number, people: number, lastAt: number, lastGateId: string];
type RevocationRow = readonly [number: string, revision: number, reason: RefusalReason];
export type ManifestRows = {
  /** One per ticket, empty where it has no traveller; left out where none has. */
  readonly documentTags?: readonly string[];
  readonly kinds: readonly Kind[];
  readonly tickets: readonly TicketRow[];
  readonly revocations: readonly RevocationRow[];
};

/** @param tags of travellers' documents, by number */
export function manifestRows(
  rights: readonly ListedRight[],
  day: ManifestDay,
  tags: ReadonlyMap<string, string> = new Map(),
): ManifestRows {
  const kinds: Kind[] = [];
  const known = new Map<string, number>();
  const tickets: TicketRow[] = [];
  const revocations: RevocationRow[] = [];
  const indexOf = (right: ListedRight): number => {
    const kind = kindOf(right);
    const spelled = JSON.stringify(kind);
    let index = known.get(spelled);
    if (index === undefined) {
      index = kinds.push(kind) - 1;
      known.set(spelled, index);
    }
    return index;
  };
  for (const right of rights) {
    const { number, revision, status, past } = right;
    if (isOfDay(right, day)) {
      // SAL-52: of a cancelled session; an exchange gives it another number.
      if (right.offer?.kind === 'cancelled' && (status === 'issued' || status === 'checked_in'))
        revocations.push([number, revision, 'session-cancelled']);
      else if (status === 'issued' || status === 'checked_in' || status === 'used')
        tickets.push(ticketRow(right, indexOf(right)));
      else revocations.push([number, revision, status]);
    }
    for (const old of past)
      if (old.siteId === day.siteId && day.dates.includes(old.date))
        revocations.push([old.number, old.revision, old.status]);
  }
  const documentTags = tickets.map(([number]) => tags.get(number) ?? '');
  const named = documentTags.some((tag) => tag !== '');
  return { kinds, tickets, revocations, ...(named ? { documentTags } : {}) };
}

function isOfDay(right: ListedRight, { siteId, from, until }: ManifestDay): boolean {
  return right.siteId === siteId && right.validFrom < until && right.validUntil >= from;
}

function kindOf(right: ListedRight): Kind {
  const { date, validFrom, validUntil, entries, admits, gateIds, minutesBetweenEntries, realName, showAtGate } = right;
  return {
    date,
    validFrom,
    validUntil,
    entries,
    admits,
    ...(gateIds === undefined ? {} : { gateIds }),
    ...(minutesBetweenEntries === undefined ? {} : { minutesBetweenEntries }),
    realName,
    showAtGate,
    product: right.productName,
    ticketType: right.ticketTypeName,
  };
}

function ticketRow({ number, revision, uses }: ListedRight, kind: number): TicketRow {
  const last = uses[uses.length - 1];
  if (last === undefined) return [number, revision, kind];
  const people = uses.reduce((sum, use) => sum + use.people, 0);
  return [number, revision, kind, people, Math.floor(Date.parse(last.at) / 1_000), last.gateId];
}
