// Whether a gate opens (SAL-40, SAL-42): a list of small checks, the first refusal wins and says why. The same list serves a
// gate that asks us, the record that judges it, and a scan that is handed in later (SAL-41).
import type { PastTicket, RefusalReason, RightState, Scan, SoldRight, Use } from './right.ts';

export type Admission =
  | { readonly admitted: true; readonly entriesLeft: number }
  | {
      readonly admitted: false;
      readonly reason: RefusalReason;
      readonly lastUse?: Use | undefined;
      readonly validFrom?: string;
      readonly validUntil?: string;
      /** People whom the ticket could still let in. */
      readonly peopleLeft?: number;
      readonly againAt?: string;
    };

export type Refusal = Extract<Admission, { admitted: false }>;
type Check = (right: SoldRight, scan: Scan) => Refusal | undefined;

const MINUTE_MS = 60_000;
const refused = (reason: RefusalReason): Refusal => ({ admitted: false, reason });
const lastUseOf = (right: SoldRight): Use | undefined => right.uses[right.uses.length - 1];

/** People whom the ticket can still let in: entries times people of an entry, less those who went in. */
export function placesLeft(right: SoldRight): number {
  return Math.max(0, right.entries * right.admits - right.uses.reduce((sum, { people }) => sum + people, 0));
}

/**
 * Places of the session that nobody has come in on. Who of a group has come in again nobody knows: each entry counts as somebody else's,
 * so that no place is sold that somebody may stand on.
 */
export function placesUntouched({ admits, uses }: SoldRight): number {
  return Math.max(0, admits - uses.reduce((sum, { people }) => sum + people, 0));
}

/** Who does not count lets in as many as one entry admits, or as are left of it. */
export function peopleOf(right: RightState, scan: Scan): number {
  if (scan.people !== undefined) return scan.people;
  if (right.status === 'none') return 1;
  return Math.max(1, Math.min(right.admits, placesLeft(right)));
}

/** The ticket that this right had before, where the scan shows one. */
export function formerOf(right: SoldRight, scan: Scan): PastTicket | undefined {
  return right.past.find(({ number, revision }) => number === scan.number || revision === scan.revision);
}

/** A ticket that this right had before says what became of it, whatever has become of the newer one. */
const notFormerTicket: Check = (right, scan) => {
  const old = formerOf(right, scan);
  return old === undefined ? undefined : refused(old.status);
};
const newestTicket: Check = (right, scan) =>
  scan.revision !== undefined && scan.revision !== right.revision ? refused('superseded') : undefined;

const livingTicket: Check = (right) => {
  switch (right.status) {
    case 'issued':
    case 'checked_in':
      return undefined;
    case 'used':
      return { ...refused('already-used'), lastUse: lastUseOf(right) };
    case 'refunded':
    case 'exchanged':
    case 'voided':
    case 'superseded':
    case 'frozen':
    case 'expired':
      return refused(right.status);
  }
};

/** SAL-52: whoever holds a ticket of a cancelled session gets money or another session for it, and not both that and the entry. */
const sessionTakesPlace: Check = ({ offer }, scan) =>
  offer?.kind === 'cancelled' && (offer.offeredAt === undefined || Date.parse(scan.at) >= Date.parse(offer.offeredAt))
    ? refused('session-cancelled')
    : undefined;

const rightSite: Check = (right, scan) => (right.siteId === scan.siteId ? undefined : refused('wrong-site'));
const rightGate: Check = (right, scan) =>
  right.gateIds === undefined || right.gateIds.includes(scan.gateId) ? undefined : refused('wrong-gate');
const window = (right: SoldRight): { validFrom: string; validUntil: string } => ({
  validFrom: right.validFrom,
  validUntil: right.validUntil,
});
const isOpen = (right: SoldRight, scan: Scan): boolean =>
  Date.parse(scan.at) >= Date.parse(right.validFrom) && Date.parse(scan.at) <= Date.parse(right.validUntil);
/** An evening's gate may close after midnight: within the window the day does not matter. */
const rightDay: Check = (right, scan) =>
  right.date === scan.date || isOpen(right, scan) ? undefined : refused('wrong-day');
const notTooEarly: Check = (right, scan) =>
  Date.parse(scan.at) < Date.parse(right.validFrom) ? { ...refused('too-early'), ...window(right) } : undefined;
const notTooLate: Check = (right, scan) =>
  Date.parse(scan.at) > Date.parse(right.validUntil) ? { ...refused('too-late'), ...window(right) } : undefined;

const samePerson: Check = (right, scan) =>
  scan.documentIndex !== undefined &&
  right.traveller !== undefined &&
  right.traveller.idNumber.index !== scan.documentIndex
    ? refused('wrong-person')
    : undefined;

/**
 * A group's people come in one after another; the pause is between entries of one and the same ticket for one person. It counts to both
 * sides, because a scan that is handed in late may be older than uses that are known already.
 */
const notAgainAtOnce: Check = (right, scan) => {
  const { minutesBetweenEntries } = right;
  if (minutesBetweenEntries === undefined || right.admits > 1) return undefined;
  const pauseMs = minutesBetweenEntries * MINUTE_MS;
  const at = Date.parse(scan.at);
  const near = right.uses.findLast((use) => Math.abs(at - Date.parse(use.at)) < pauseMs);
  if (near === undefined) return undefined;
  return {
    ...refused('too-soon-again'),
    lastUse: near,
    againAt: new Date(Date.parse(near.at) + pauseMs).toISOString(),
  };
};

const enoughPlaces: Check = (right, scan) => {
  const left = placesLeft(right);
  const { people } = scan;
  if (people === undefined) return undefined;
  const most = Math.min(left, right.admits);
  return people > most ? { ...refused('too-many-people'), peopleLeft: most } : undefined;
};

const CHECKS: readonly Check[] = [
  notFormerTicket,
  livingTicket,
  newestTicket,
  sessionTakesPlace,
  rightSite,
  rightGate,
  rightDay,
  notTooEarly,
  notTooLate,
  samePerson,
  notAgainAtOnce,
  enoughPlaces,
];

export function admission(right: RightState, scan: Scan): Admission {
  if (right.status === 'none') return refused('unknown');
  for (const check of CHECKS) {
    const refusal = check(right, scan);
    if (refusal !== undefined) return refusal;
  }
  const after = placesLeft(right) - peopleOf(right, scan);
  return { admitted: true, entriesLeft: Math.floor(after / right.admits) };
}
