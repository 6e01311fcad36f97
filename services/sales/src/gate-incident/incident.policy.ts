// When what a gate did is an incident: it let somebody in who should not have come in, or it met a forgery. Whom it turned away in vain
// is on record with the ticket, and no incident.
import type { RefusalReason } from '../right/right.ts';
import type { IncidentKind } from './incident.ts';

type Admitted = 'double-use' | 'dead-ticket-admitted' | 'wrong-ticket-admitted' | 'forged-admitted';
const KINDS: Readonly<Record<RefusalReason, Admitted | undefined>> = {
  unknown: 'forged-admitted',
  forged: 'forged-admitted',
  refunded: 'dead-ticket-admitted',
  exchanged: 'dead-ticket-admitted',
  voided: 'dead-ticket-admitted',
  superseded: 'dead-ticket-admitted',
  frozen: 'dead-ticket-admitted',
  expired: 'dead-ticket-admitted',
  'session-cancelled': 'dead-ticket-admitted',
  'already-used': 'double-use',
  'too-soon-again': 'double-use',
  'too-many-people': 'double-use',
  'wrong-site': 'wrong-ticket-admitted',
  'wrong-gate': 'wrong-ticket-admitted',
  'wrong-day': 'wrong-ticket-admitted',
  'too-early': 'wrong-ticket-admitted',
  'too-late': 'wrong-ticket-admitted',
  'wrong-person': 'wrong-ticket-admitted',
  // A gate without network cannot know how full its site is.
  capacity: undefined,
};

export function incidentKind(
  decided: 'admitted' | 'refused',
  truth: RefusalReason | 'admissible',
): Admitted | Extract<IncidentKind, 'forged-refused'> | undefined {
  if (truth === 'admissible') return undefined;
  const kind = KINDS[truth];
  if (decided === 'admitted') return kind;
  return kind === 'forged-admitted' ? 'forged-refused' : undefined;
}
