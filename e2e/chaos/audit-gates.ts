// What must be true of gates: each scan that was decided without network is on record once, with what was decided; whoever was let in on a
// ticket that was not good is an incident; no ticket was used more often than it has entries.
import type { Decided } from './gates.ts';
import { list, number, text, type Document } from './documents.ts';

export function gatesAgainstTickets(
  rights: readonly Document[],
  incidents: readonly Document[],
  decided: readonly Decided[],
  violations: string[],
): void {
  const told = rights.flatMap((right) => list(right, 'state.handedIn').map((entry) => ({ right, entry })));
  const records = Map.groupBy(told, ({ entry }) => text(entry, 'scanId'));
  const found = Map.groupBy(incidents, (incident) =>
    [text(incident, 'state.gateId'), text(incident, 'state.scan.scanId')].join(':'),
  );
  for (const { scanId, number: ticket, admitted } of decided) {
    const [record, ...more] = records.get(scanId) ?? [];
    if (record === undefined || more.length > 0) {
      violations.push(
        `scan ${scanId} of ticket ${ticket} is on record ${record === undefined ? 0 : more.length + 1} times`,
      );
      continue;
    }
    if ((text(record.entry, 'decided') === 'admitted') !== admitted)
      violations.push(`scan ${scanId} of ticket ${ticket}: the gate said otherwise than the record`);
    const wanted = admitted && text(record.entry, 'truth') !== 'admissible' ? 1 : 0;
    const reported = found.get(scanId)?.length ?? 0;
    if (reported !== wanted)
      violations.push(
        `scan ${scanId} of ticket ${ticket} (${text(record.entry, 'truth')}): ${reported} incidents instead of ${wanted}`,
      );
  }
  const ours = new Set(decided.map(({ scanId }) => scanId));
  for (const scanId of records.keys())
    if (!ours.has(scanId)) violations.push(`scan ${scanId} is on record, and no gate made it`);
  for (const right of rights) {
    const uses = list(right, 'state.uses').length;
    if (uses > number(right, 'state.entries'))
      violations.push(`ticket ${text(right, 'state.number')} was used ${uses} times`);
  }
}

export function gateCounts(
  rights: readonly Document[],
  incidents: readonly Document[],
  counters: readonly Document[],
): Readonly<Record<string, number>> {
  const handedIn = rights.flatMap((right) => list(right, 'state.handedIn'));
  const uses = rights.flatMap((right) => list(right, 'state.uses'));
  return {
    'scans handed in by gates without network': handedIn.length,
    'of these, let in': handedIn.filter((entry) => text(entry, 'decided') === 'admitted').length,
    incidents: incidents.length,
    'people who came in': uses.reduce<number>((sum, use) => sum + number(use, 'people'), 0),
    'people counted so far': counters.reduce((sum, day) => sum + number(day, 'entered'), 0),
  };
}
