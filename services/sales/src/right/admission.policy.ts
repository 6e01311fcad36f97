// Whether a gate opens (SAL-40, SAL-42): a list of small checks, the first refusal wins and says why. The same list serves a
// gate that asks us and the record that judges it.
import type { Scan, RightState, Use } from './right.ts';

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
  | 'wrong-day'
  | 'too-early'
  | 'too-late'
  | 'wrong-person'
  | 'capacity';

export type Admission =
  | { readonly admitted: true; readonly entriesLeft: number }
  | {
      readonly admitted: false;
      readonly reason: RefusalReason;
      readonly lastUse?: Use | undefined;
      readonly validFrom?: string;
      readonly validUntil?: string;
    };

type Sold = Exclude<RightState, { status: 'none' }>;
type Check = (right: Sold, scan: Scan) => Extract<Admission, { admitted: false }> | undefined;

const refused = (reason: RefusalReason): Extract<Admission, { admitted: false }> => ({ admitted: false, reason });

const livingTicket: Check = (right) => {
  switch (right.status) {
    case 'issued':
    case 'checked_in':
      return undefined;
    case 'used':
      return { ...refused('already-used'), lastUse: right.uses[right.uses.length - 1] };
    case 'refunded':
    case 'exchanged':
    case 'voided':
    case 'superseded':
    case 'frozen':
    case 'expired':
      return refused(right.status);
  }
};

const newestTicket: Check = (right, scan) =>
  scan.revision !== undefined && scan.revision !== right.revision ? refused('superseded') : undefined;
const rightSite: Check = (right, scan) => (right.siteId === scan.siteId ? undefined : refused('wrong-site'));
const window = (right: Sold): { validFrom: string; validUntil: string } => ({
  validFrom: right.validFrom,
  validUntil: right.validUntil,
});
const isOpen = (right: Sold, scan: Scan): boolean =>
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

const CHECKS: readonly Check[] = [livingTicket, newestTicket, rightSite, rightDay, notTooEarly, notTooLate, samePerson];

export function admission(right: RightState, scan: Scan): Admission {
  if (right.status === 'none') return refused('unknown');
  for (const check of CHECKS) {
    const refusal = check(right, scan);
    if (refusal !== undefined) return refusal;
  }
  return { admitted: true, entriesLeft: right.entries - right.uses.length - 1 };
}
