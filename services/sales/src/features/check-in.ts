// POST /api/v1/check-ins: a gate shows a QR code, a ticket number or a document; the answer is at once admitted or a reason (SAL-40,
// SAL-42). Two gates that scan one ticket at the same moment write under the version guard: one is admitted, the other is told where
// and when it was used. Where a site carries only so many people, room is taken first (SAL-43).
import {
  ID_TYPES,
  localDateOf,
  parseIdDocument,
  parseTicketNumber,
  DomainError,
  type LocalDate,
} from '@tongpiao/kernel';
import { isDuplicateKey, type Scope, type Snapshot } from '@tongpiao/persistence';
import { route, verifyTicket, type Foundation, type GateFacts, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { ScanRequest, ScanRequests } from '../gate/scan-requests.ts';
import { GATE_WORDS } from '../gate/gate-words.ts';
import type { Entrance, Room } from '../occupancy/entrance.ts';
import { admission, formerOf, peopleOf, placesLeft, type Admission } from '../right/admission.policy.ts';
import { REFUSAL_REASONS } from '../right/right.store.ts';
import type { RefusalReason, RightState, Scan } from '../right/right.ts';
import { rightByNumber } from '../right/right-by-number.ts';
import type { Rights } from '../stores.ts';
import type { TicketKeys } from '../ticket-keys/ticket-keys.store.ts';

const bilingual = z.object({ zh: z.string(), en: z.string() });
const credential = z.union([
  z.strictObject({
    qr: z.string().min(1).max(600),
    idType: z.enum(ID_TYPES).optional(),
    idNumber: z.string().min(1).max(40).optional(),
  }),
  z.strictObject({
    ticketNumber: z.string().min(1).max(40),
    idType: z.enum(ID_TYPES).optional(),
    idNumber: z.string().min(1).max(40).optional(),
  }),
  z.strictObject({ idType: z.enum(ID_TYPES), idNumber: z.string().min(1).max(40) }),
]);
type Credential = z.output<typeof credential>;

const answerSchema = z.object({
  outcome: z.enum(['admitted', 'refused']),
  reason: z.enum(REFUSAL_REASONS).optional(),
  message: bilingual,
  lastUse: z
    .object({ at: z.string(), gateId: z.string(), gate: bilingual.optional() })
    .optional()
    .describe('Where and when it was used.'),
  ticket: z
    .object({
      number: z.string(),
      status: z.string(),
      product: bilingual,
      ticketType: bilingual,
      startsAt: z.string(),
      endsAt: z.string(),
      validFrom: z.string(),
      validUntil: z.string(),
      entries: z.int(),
      entriesLeft: z.int(),
      peopleLeft: z.int().describe('People whom it can still let in.'),
      traveller: z.string().optional().describe('Masked name.'),
      showAtGate: z.array(z.string()),
    })
    .optional(),
});
type AnswerBody = z.input<typeof answerSchema>;

type Parts = {
  readonly rights: Rights;
  readonly keys: TicketKeys;
  readonly entrance: Entrance;
  readonly requests: ScanRequests;
};
type Found =
  | {
      readonly kind: 'right';
      readonly right: Snapshot<RightState>;
      readonly revision?: number | undefined;
      readonly number?: string | undefined;
    }
  | { readonly kind: 'refused'; readonly reason: RefusalReason };

export function checkIn(foundation: Foundation, parts: Parts): Route {
  return route({
    method: 'post',
    path: '/api/v1/check-ins',
    summary: 'Lets a ticket in at a gate, or says why not.',
    tags: ['gates'],
    access: { permission: 'sales:check-ins:create' },
    body: z.strictObject({
      gateId: z.string().min(3).max(80),
      credential,
      people: z
        .int()
        .min(1)
        .max(1_000)
        .optional()
        .describe('Counted people of a group; all that one entry admits if left out.'),
    }),
    problems: ['sales.unknown-gate'],
    responses: { 200: answerSchema },
    async handler(context) {
      const scope = context.scope();
      const { gateId, credential: shown } = context.body;
      const gate = foundation.tenants.gate(gateId);
      const ownGate =
        context.principal.type !== 'apiKey' ||
        context.principal.kind !== 'gate' ||
        context.principal.subject === gateId;
      if (gate?.tenantId !== scope.tenantId || !ownGate)
        throw new DomainError('sales.unknown-gate', 'This is none of your gates.', { gateId });
      const now = foundation.clock();
      const { timeZone } = foundation.tenants.require(scope.tenantId);
      const today = localDateOf(now, timeZone);
      const documentIndex = await shownDocument(foundation, scope, shown, today);
      const scanAt = { at: now.toISOString(), gateId, siteId: gate.siteId, date: today };
      const request = parts.requests.of(`${context.callerKey}:${context.idempotencyKey}`, context.body);
      const found = await find(parts, scope, shown, documentIndex, scanAt);
      const { people } = context.body;
      const body =
        found.kind === 'refused'
          ? refusedBody(foundation, found.reason, undefined, undefined)
          : await admit(foundation, parts, {
              ...{ scope, gate, right: found.right, request },
              scan: { ...scanAt, revision: found.revision, number: found.number, documentIndex, people },
            });
      if (body.outcome === 'refused') await mustBeFresh(parts.rights, scope, request);
      return { status: 200, body };
    },
  });
}

/** A key that has let somebody in is not taken for another question; the same question was answered with that. */
async function mustBeFresh(rights: Rights, scope: Scope, { id }: ScanRequest): Promise<void> {
  const [known] = await rights.find(scope, { 'state.uses.request': id }, { limit: 1 });
  if (known !== undefined) throw keyReused();
}

function keyReused(): DomainError {
  return new DomainError('platform.idempotency-key-reused', 'This Idempotency-Key was used for another request.');
}

type Wish = {
  readonly scope: Scope;
  readonly gate: GateFacts;
  /** As it was found; the record itself decides. */
  readonly right: Snapshot<RightState>;
  readonly scan: Scan;
  readonly request: ScanRequest;
};

async function admit(foundation: Foundation, parts: Parts, wish: Wish): Promise<AnswerBody> {
  const { scope, gate, right, scan } = wish;
  if (!admission(right.state, scan).admitted) return checkInRight(foundation, parts, wish, undefined);
  const room = await parts.entrance.room(scope, gate, peopleOf(right.state, scan), new Date(scan.at));
  if (room === undefined) return refusedBody(foundation, 'capacity', undefined, right.state);
  try {
    return await checkInRight(foundation, parts, wish, room);
  } catch (error) {
    await room.givenBack();
    throw error;
  }
}

async function checkInRight(
  foundation: Foundation,
  parts: Parts,
  wish: Wish,
  room: Room | undefined,
): Promise<AnswerBody> {
  const { scope, gate, right, scan, request } = wish;
  try {
    // A gate that lost our answer asks again with the same key: its passenger was admitted, and is told so.
    const { state, events, repeated } = await parts.rights.handle(
      scope,
      right.id,
      { type: 'CheckIn', scan, request: request.id },
      { request },
    );
    if (repeated) await room?.givenBack();
    else if (room !== undefined) room.taken();
    else for (const event of events) if (event.type === 'TicketCheckedIn') parts.entrance.heard(gate, event.use);
    return { outcome: 'admitted', message: GATE_WORDS.admitted, ...ticketPart(state) };
  } catch (error) {
    if (isDuplicateKey(error)) throw keyReused();
    if (!(error instanceof DomainError) || error.code !== 'sales.ticket-refused') throw error;
    await room?.givenBack();
    const current = (await parts.rights.load(scope, right.id))?.state ?? right.state;
    const answer = admission(current, scan);
    // Somebody else's scan between decision and look: what was decided stands.
    const reason = answer.admitted ? (error.data['reason'] as RefusalReason) : answer.reason;
    await noteRefusal(parts, wish, current, reason);
    return refusedBody(foundation, reason, answer.admitted ? undefined : answer, current);
  }
}

/** Every attempt to use a ticket that is dead since an exchange or a reissue is on record (REI-34), and that a gate refused one which is not (REI-11). */
async function noteRefusal(
  parts: Parts,
  { scope, right, scan }: Wish,
  current: RightState,
  reason: RefusalReason,
): Promise<void> {
  if (current.status === 'none') return;
  if (formerOf(current, scan) !== undefined)
    await parts.rights.handle(scope, right.id, { type: 'ShowFormerTicket', scan });
  else if (NOTED.has(current.status))
    await parts.rights.handle(scope, right.id, { type: 'NoteRefusedScan', scan, reason });
}

/** Of the others nobody can apply for a new ticket; a crowd that holds up used ones writes nothing. */
const NOTED: ReadonlySet<string> = new Set(['issued', 'checked_in', 'frozen']);

async function shownDocument(
  foundation: Foundation,
  scope: Scope,
  shown: Credential,
  today: LocalDate,
): Promise<string | undefined> {
  if (!('idType' in shown) || shown.idType === undefined || shown.idNumber === undefined) return undefined;
  const parsed = parseIdDocument(shown.idType, shown.idNumber, today);
  return parsed.ok ? foundation.vault.blindIndex(scope, 'document', `${shown.idType}:${parsed.number}`) : 'unreadable';
}

async function find(
  parts: Parts,
  scope: Scope,
  shown: Credential,
  documentIndex: string | undefined,
  at: Omit<Scan, 'revision' | 'documentIndex'>,
): Promise<Found> {
  if ('qr' in shown) {
    const verified = verifyTicket(shown.qr.trim(), (kid) => parts.keys.publicKey(kid));
    if (!verified.ok) return { kind: 'refused', reason: 'forged' };
    const right = await parts.rights.recall(scope, verified.payload.rightId);
    return right === undefined
      ? { kind: 'refused', reason: 'unknown' }
      : { kind: 'right', right, revision: verified.payload.revision };
  }
  if ('ticketNumber' in shown) {
    const parsed = parseTicketNumber(shown.ticketNumber);
    const right = parsed.ok ? await rightByNumber(parts.rights, scope, parsed.number) : undefined;
    return right === undefined || !parsed.ok
      ? { kind: 'refused', reason: 'unknown' }
      : { kind: 'right', right, number: parsed.number };
  }
  const rights = await parts.rights.find(
    scope,
    { 'state.traveller.idNumber.index': documentIndex },
    { sort: { 'state.date': -1 }, limit: 50 },
  );
  const [first] = rights;
  if (first === undefined) return { kind: 'refused', reason: 'unknown' };
  // A person may hold several tickets: the one that opens this gate now is meant, else the newest that tells why none does.
  const scan: Scan = { ...at, documentIndex };
  const opening = rights.find(({ state }) => admission(state, scan).admitted);
  const ofToday = rights.find(({ state }) => state.status !== 'none' && state.date === at.date);
  return { kind: 'right', right: opening ?? ofToday ?? first };
}

function refusedBody(
  foundation: Foundation,
  reason: RefusalReason,
  answer: Extract<Admission, { admitted: false }> | undefined,
  right: RightState | undefined,
): AnswerBody {
  const use = answer?.lastUse;
  const gate =
    use === undefined
      ? undefined
      : foundation.tenants
          .all()
          .flatMap(({ sites }) => sites.flatMap(({ gates }) => gates))
          .find(({ id }) => id === use.gateId);
  return {
    outcome: 'refused',
    reason,
    message: GATE_WORDS[reason],
    ...(use === undefined
      ? {}
      : { lastUse: { at: use.at, gateId: use.gateId, ...(gate === undefined ? {} : { gate: gate.name }) } }),
    ...(right === undefined ? {} : ticketPart(right)),
  };
}

function ticketPart(right: RightState): Pick<AnswerBody, 'ticket'> {
  if (right.status === 'none') return {};
  const {
    number,
    status,
    productName,
    ticketTypeName,
    startsAt,
    endsAt,
    validFrom,
    validUntil,
    entries,
    admits,
    traveller,
    showAtGate,
  } = right;
  return {
    ticket: {
      number,
      status,
      product: productName,
      ticketType: ticketTypeName,
      startsAt,
      endsAt,
      validFrom,
      validUntil,
      entries,
      entriesLeft: Math.floor(placesLeft(right) / admits),
      peopleLeft: placesLeft(right),
      ...(traveller === undefined ? {} : { traveller: traveller.name.masked }),
      showAtGate: [...showAtGate],
    },
  };
}
