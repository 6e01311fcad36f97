// Lets a ticket in at a gate with network, or says why not: room first, where the site has limits, and the ticket's record then (ADR 0028).
// A ticket comes here as it was recalled, which may be old: before anybody is refused it is looked at once more, and a key that has let
// somebody in is answered with that (PLA-32).
import { DomainError } from '@tongpiao/kernel';
import { isDuplicateKey, type Scope, type Snapshot } from '@tongpiao/persistence';
import type { GateFacts } from '@tongpiao/service-shell';
import type { Entrance, Room } from '../occupancy/entrance.ts';
import { admission, formerOf, peopleOf, type Refusal } from '../right/admission.policy.ts';
import type { RefusalReason, RightState, Scan } from '../right/right.ts';
import type { Rights } from '../stores.ts';
import type { ScanRequest } from './scan-requests.ts';

type Parts = { readonly rights: Rights; readonly entrance: Entrance };
type Wish = {
  readonly scope: Scope;
  readonly gate: GateFacts;
  /** As it was recalled or found; the record itself decides. */
  readonly right: Snapshot<RightState>;
  readonly scan: Scan;
  readonly request: ScanRequest;
};

type Refused = {
  readonly admitted: false;
  readonly reason: RefusalReason;
  readonly refusal?: Refusal | undefined;
  readonly right: RightState;
};
export type Verdict = { readonly admitted: true; readonly right: RightState } | Refused;
type Asked = { readonly room: Room } | Refused;

export async function admit(parts: Parts, wish: Wish): Promise<Verdict> {
  const { scope, right } = wish;
  let asked = await askForRoom(parts, wish, right.state);
  if (!('room' in asked)) {
    const current = await parts.rights.load(scope, right.id);
    if (current !== undefined && current.version !== right.version)
      asked = await askForRoom(parts, wish, current.state);
  }
  const verdict = 'room' in asked ? await letIn(parts, wish, asked.room) : asked;
  if (verdict.admitted) return verdict;
  const before = await letInBefore(parts.rights, wish);
  if (before !== undefined) return { admitted: true, right: before };
  await noteRefusal(parts, wish, verdict);
  return verdict;
}

/**
 * @returns the ticket that this key has let in, whichever its question would lead to by now
 * @throws DomainError `platform.idempotency-key-reused` when another question comes with it
 */
export async function letInBefore(
  rights: Rights,
  { scope, scan, request }: Pick<Wish, 'scope' | 'scan' | 'request'>,
): Promise<RightState | undefined> {
  const [known] = await rights.find(scope, { 'state.uses.request': request.id }, { limit: 1 });
  if (known === undefined) return undefined;
  const command = { type: 'CheckIn', scan, request: request.id } as const;
  return (await rights.handle(scope, known.id, command, { request })).state;
}

async function askForRoom(parts: Parts, { scope, gate, scan }: Wish, right: RightState): Promise<Asked> {
  const answer = admission(right, scan);
  if (!answer.admitted) return { admitted: false, reason: answer.reason, refusal: answer, right };
  const room = await parts.entrance.room(scope, gate, peopleOf(right, scan), new Date(scan.at));
  return room === undefined ? { admitted: false, reason: 'capacity', right } : { room };
}

async function letIn(parts: Parts, { scope, right, scan, request }: Wish, room: Room): Promise<Verdict> {
  const command = { type: 'CheckIn', scan, request: request.id } as const;
  try {
    const { state, events } = await parts.rights.handle(scope, right.id, command, { request });
    const use = events.flatMap((event) => (event.type === 'TicketCheckedIn' ? [event.use] : []))[0];
    if (use !== undefined) room.taken(use.people);
    // A gate that lost our answer asks again with the same key: its passenger was admitted, and is told so.
    else await room.givenBack();
    return { admitted: true, right: state };
  } catch (error) {
    await room.givenBack();
    // Whoever holds two tickets shows a document, and the first of them is used up when the gate asks again.
    const before = isDuplicateKey(error) ? await letInBefore(parts.rights, { scope, scan, request }) : undefined;
    if (before !== undefined) return { admitted: true, right: before };
    if (!(error instanceof DomainError) || error.code !== 'sales.ticket-refused') throw error;
    const current = (await parts.rights.load(scope, right.id))?.state ?? right.state;
    const answer = admission(current, scan);
    // Somebody else's scan between decision and look: what was decided stands.
    if (answer.admitted) return { admitted: false, reason: error.data['reason'] as RefusalReason, right: current };
    return { admitted: false, reason: answer.reason, refusal: answer, right: current };
  }
}

/** Every attempt to use a ticket that is dead since an exchange or a reissue is on record (REI-34), and that a gate refused one which is not (REI-11). */
async function noteRefusal(
  parts: Parts,
  { scope, right, scan }: Wish,
  { right: current, reason }: Refused,
): Promise<void> {
  // The ticket was good, the site was not.
  if (current.status === 'none' || reason === 'capacity') return;
  if (formerOf(current, scan) !== undefined)
    await parts.rights.handle(scope, right.id, { type: 'ShowFormerTicket', scan });
  else if (NOTED.has(current.status))
    await parts.rights.handle(scope, right.id, { type: 'NoteRefusedScan', scan, reason });
}

/** Of the others nobody can apply for a new ticket; a crowd that holds up used ones writes nothing. */
const NOTED: ReadonlySet<string> = new Set(['issued', 'checked_in', 'frozen']);
