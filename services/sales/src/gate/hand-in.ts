// Takes in what a gate decided without network, scan by scan (SAL-41): on the record of its ticket first, then, where the two do not
// agree, as an incident. A crash in between is mended by the gate itself: it has no answer yet and tells again, and everything here is
// found by the id of the scan.
import { createHash } from 'node:crypto';
import { DomainError, localDateOf, parseTicketNumber } from '@tongpiao/kernel';
import type { Scope, Snapshot } from '@tongpiao/persistence';
import { verifyTicket, type GateFacts } from '@tongpiao/service-shell';
import { incidentKind } from '../gate-incident/incident.policy.ts';
import type { IncidentIds, Incidents } from '../gate-incident/incident.store.ts';
import type { IncidentFacts } from '../gate-incident/incident.ts';
import type { Entrance } from '../occupancy/entrance.ts';
import { rightByNumber } from '../right/right-by-number.ts';
import type { HandedIn, RefusalReason, RightState, Scan, SoldRight } from '../right/right.ts';
import type { Rights } from '../stores.ts';
import type { TicketKeys } from '../ticket-keys/ticket-keys.store.ts';
import type { GateDocuments } from './gate-documents.ts';
import { SCAN_AHEAD_MAX_MS, SCAN_LATE_AFTER_MS } from './gate-policy.ts';

export type ToldScan = {
  readonly scanId: string;
  readonly at: string;
  readonly credential:
    | { readonly qr: string; readonly documentTag?: string | undefined }
    | { readonly ticketNumber: string; readonly documentTag?: string | undefined }
    | { readonly documentTag: string };
  readonly people?: number | undefined;
  readonly decided: 'admitted' | 'refused';
};

export type HandInAnswer = {
  readonly scanId: string;
  /** recorded: both agree, or somebody was turned away in vain. duplicate: known already. rejected: not taken, with its code. */
  readonly outcome: 'recorded' | 'duplicate' | 'incident' | 'rejected';
  /** What the platform would have said. */
  readonly truth?: 'admissible' | RefusalReason;
  readonly incidentId?: string;
  readonly code?: string;
};

export type HandInParts = {
  readonly rights: Rights;
  readonly incidents: Incidents;
  readonly incidentIds: IncidentIds;
  readonly keys: TicketKeys;
  readonly documents: GateDocuments;
  readonly entrance: Entrance;
};

export type HandInFacts = {
  readonly scope: Scope;
  readonly gate: GateFacts;
  readonly timeZone: string;
  readonly now: Date;
  /** Of a clock that is wrong; the times of the scans stay as the gate told them. */
  readonly skewSeconds: number | undefined;
};

/** A ticket's scans in the order of their times; different tickets side by side. */
const SIDE_BY_SIDE = 32;
/** Enough of a forged code to see which tickets somebody tries to copy. */
const SHOWN_MAX = 120;

/** @returns an answer per scan, in the order of the scans */
export async function handIn(
  parts: HandInParts,
  facts: HandInFacts,
  scans: readonly ToldScan[],
): Promise<readonly HandInAnswer[]> {
  const answers = new Map<ToldScan, HandInAnswer>();
  const sorted = scans.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const tickets = [...Map.groupBy(sorted, ({ credential }) => Object.values(credential)[0]).values()];
  const work = async (): Promise<void> => {
    for (let ticket = tickets.shift(); ticket !== undefined; ticket = tickets.shift())
      for (const scan of ticket) answers.set(scan, await handInOne(parts, facts, scan));
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  return scans.flatMap((scan) => answers.get(scan) ?? []);
}

async function handInOne(parts: HandInParts, facts: HandInFacts, scan: ToldScan): Promise<HandInAnswer> {
  const { scanId } = scan;
  try {
    assertTime(scan, facts.now);
    const found = await find(parts, facts, scan);
    return found === undefined || typeof found === 'string'
      ? await strange(parts, facts, scan, found ?? 'unknown')
      : await known(parts, facts, scan, found).catch((error: unknown) => overLimit(parts, facts, scan, found, error));
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { scanId, outcome: 'rejected', code: error.code };
  }
}

/** @throws DomainError for a time at which it cannot have been */
function assertTime({ at }: ToldScan, now: Date): void {
  const aheadMs = Date.parse(at) - now.getTime();
  if (aheadMs > SCAN_AHEAD_MAX_MS) throw new DomainError('sales.scan-in-future', 'The scan is ahead of time.', { at });
}

type Found = {
  readonly rightId: string;
  readonly revision?: number;
  readonly number?: string;
  readonly documentIndex?: string;
};
/** The index of no document: what was shown is another's. */
const ANOTHER_DOCUMENT = 'another';

async function find(
  parts: HandInParts,
  facts: HandInFacts,
  { credential }: ToldScan,
): Promise<Found | 'forged' | undefined> {
  const { scope } = facts;
  if ('qr' in credential) {
    const verified = verifyTicket(credential.qr.trim(), (kid) => parts.keys.publicKey(kid));
    if (!verified.ok) return 'forged';
    const { rightId, revision } = verified.payload;
    const { documentTag } = credential;
    const right = documentTag === undefined ? undefined : await parts.rights.load(scope, rightId);
    return { rightId, revision, ...(await personOf(parts, facts, right, documentTag)) };
  }
  if (!('ticketNumber' in credential)) return undefined;
  const parsed = parseTicketNumber(credential.ticketNumber);
  const right = parsed.ok ? await rightByNumber(parts.rights, scope, parsed.number) : undefined;
  if (right === undefined || !parsed.ok) return undefined;
  const person = await personOf(parts, facts, right, credential.documentTag);
  return { rightId: right.id, number: parsed.number, ...person };
}

/** SAL-42, as far as a tag can tell. Data that were erased contradict nobody. */
async function personOf(
  { documents }: HandInParts,
  { scope, gate }: HandInFacts,
  right: Snapshot<RightState> | undefined,
  documentTag: string | undefined,
): Promise<Pick<Found, 'documentIndex'>> {
  if (documentTag === undefined || right?.key === undefined) return {};
  if (right.state.status === 'none' || right.state.traveller === undefined) return {};
  const { idType, idNumber } = right.state.traveller;
  const fits = await documents.fits(scope, gate.siteId, documentTag, { idType, ...idNumber, key: right.key });
  return fits ? {} : { documentIndex: ANOTHER_DOCUMENT };
}

/** Gates number their scans as they like: those of two gates must not be taken for one. */
const nameOf = ({ gateId }: GateFacts, scanId: string): string => `${gateId}:${scanId}`;

async function known(parts: HandInParts, facts: HandInFacts, told: ToldScan, found: Found): Promise<HandInAnswer> {
  const { scope, gate, timeZone } = facts;
  const scanId = nameOf(gate, told.scanId);
  const { revision, number, documentIndex } = found;
  const scan: Scan = {
    // The same instant, spelled as all stored ones are.
    at: new Date(told.at).toISOString(),
    gateId: gate.gateId,
    siteId: gate.siteId,
    date: localDateOf(new Date(told.at), timeZone),
    people: told.people,
    revision,
    number,
    documentIndex,
  };
  const late = isLate(told, facts) ? { late: true as const } : {};
  const handled = await parts.rights
    .handle(scope, found.rightId, { type: 'HandInScan', scanId, scan, decided: told.decided, ...late })
    .catch(unlessNotFound);
  if (handled === undefined || handled.state.status === 'none') return strange(parts, facts, told, 'unknown');
  const right = handled.state;
  const handedIn = right.handedIn.find((entry) => entry.scanId === scanId);
  if (handedIn === undefined) throw new Error('a scan was handed in and is not on record');
  const isNew = handled.events.length > 0;
  if (isNew) countIn(parts, facts, told, handedIn.people);
  const incidentId = await incidentOf(parts, facts, { told, found, right, handedIn });
  return {
    scanId: told.scanId,
    outcome: !isNew ? 'duplicate' : incidentId === undefined ? 'recorded' : 'incident',
    truth: handedIn.truth,
    ...(incidentId === undefined ? {} : { incidentId }),
  };
}

function isLate({ at }: ToldScan, { now }: HandInFacts): boolean {
  return now.getTime() - Date.parse(at) > SCAN_LATE_AFTER_MS;
}

/** Whoever was let in is inside, whatever the ticket was worth. Of a day that is long over nobody asks how full it was. */
function countIn({ entrance }: HandInParts, facts: HandInFacts, told: ToldScan, people: number): void {
  if (told.decided === 'admitted' && !isLate(told, facts)) entrance.heard(facts.gate, { at: told.at, people });
}

/** The code is genuine and the ticket is not of this tenant, or was never stored. */
function unlessNotFound(error: unknown): undefined {
  if (error instanceof DomainError && error.code === 'platform.not-found') return undefined;
  throw error;
}

type OnRecord = {
  readonly told: ToldScan;
  readonly found: Found;
  readonly right: SoldRight;
  readonly handedIn: HandedIn;
};

/** Found again, not only when the scan is new: a crash may have come between the two. */
async function incidentOf(
  parts: HandInParts,
  facts: HandInFacts,
  { told, found, right, handedIn }: OnRecord,
): Promise<string | undefined> {
  const { decided, truth, at, people, late } = handedIn;
  const kind = incidentKind(decided, truth);
  const about = {
    scan: { scanId: told.scanId, at, people, decided, truth },
    rightId: found.rightId,
    ticketNumber: right.number,
  };
  if (kind === undefined && late === true && decided === 'admitted') {
    const date = localDateOf(new Date(at), facts.timeZone);
    return (await report(parts, facts, `late:${date}`, { kind: 'late-hand-in', ...about })).incidentId;
  }
  if (kind === undefined) return undefined;
  const first = right.uses.findLast((use) => use.scanId !== handedIn.scanId);
  const { incidentId } = await report(parts, facts, told.scanId, {
    kind,
    ...about,
    ...(first === undefined ? {} : { firstUse: { at: first.at, gateId: first.gateId } }),
  });
  return incidentId;
}

/** A ticket's record holds so many scans and no more: that there were more of them is on record, once. */
async function overLimit(
  parts: HandInParts,
  facts: HandInFacts,
  { scanId }: ToldScan,
  { rightId, number }: Found,
  error: unknown,
): Promise<HandInAnswer> {
  if (!(error instanceof DomainError) || error.code !== 'sales.too-many-scans') throw error;
  const { incidentId } = await report(parts, facts, `many:${rightId}`, {
    kind: 'too-many-scans',
    rightId,
    ...(number === undefined ? {} : { ticketNumber: number }),
  });
  return { scanId, outcome: 'rejected', code: error.code, incidentId };
}

/** There is no ticket on which it could be recorded: the incident is the record. */
async function strange(
  parts: HandInParts,
  facts: HandInFacts,
  told: ToldScan,
  truth: 'forged' | 'unknown',
): Promise<HandInAnswer> {
  const { scanId, at, people = 1, decided } = told;
  const kind = decided === 'admitted' ? 'forged-admitted' : 'forged-refused';
  const { incidentId, isNew } = await report(parts, facts, scanId, {
    kind,
    scan: { scanId, at, people, decided, truth },
    shown: evidenceOf(told),
  });
  if (isNew) countIn(parts, facts, told, people);
  const news = kind === 'forged-admitted' ? 'incident' : 'recorded';
  return { scanId, outcome: isNew ? news : 'duplicate', truth, incidentId };
}

async function report(
  parts: HandInParts,
  { scope, gate, now, skewSeconds }: HandInFacts,
  cause: string,
  more: Omit<IncidentFacts, 'siteId' | 'gateId' | 'foundAt'>,
): Promise<{ readonly incidentId: string; readonly isNew: boolean }> {
  const incidentId = parts.incidentIds(scope.tenantId, nameOf(gate, cause));
  const facts: IncidentFacts = {
    ...more,
    siteId: gate.siteId,
    gateId: gate.gateId,
    foundAt: now.toISOString(),
    ...(skewSeconds === undefined ? {} : { skewSeconds }),
  };
  const { events } = await parts.incidents.handle(scope, incidentId, { type: 'FindIncident', facts });
  return { incidentId, isNew: events.length > 0 };
}

/** People hold up other codes too, such as those of their wallets: these are nobody's business. */
function evidenceOf({ credential }: ToldScan): string {
  if (!('qr' in credential || 'ticketNumber' in credential)) return `document:${credential.documentTag}`;
  const text = 'qr' in credential ? credential.qr.trim() : credential.ticketNumber;
  if ('ticketNumber' in credential || text.startsWith('TP1.')) return text.slice(0, SHOWN_MAX);
  return `sha256:${createHash('sha256').update(text).digest('base64url')}`;
}
