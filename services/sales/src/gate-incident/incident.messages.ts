// What others hear of an incident: that there is one. What was refused rightly is nobody's news, and for what a device did wrong beside
// its clock the message has no word: that is on the list of incidents.
import { gateIncidentFound } from '@tongpiao/contracts';
import { say, type Said } from '@tongpiao/persistence';
import type { IncidentEvent } from './incident.ts';

export function incidentMessages(event: IncidentEvent, { id: incidentId }: { id: string }): readonly Said[] {
  if (event.type !== 'IncidentFound') return [];
  const { kind, siteId, gateId, ticketNumber, foundAt } = event.facts;
  if (kind === 'forged-refused' || kind === 'late-hand-in' || kind === 'too-many-scans') return [];
  return [
    say(gateIncidentFound, {
      incidentId,
      kind,
      siteId,
      gateId,
      ...(ticketNumber === undefined ? {} : { ticketNumber }),
      foundAt,
    }),
  ];
}
