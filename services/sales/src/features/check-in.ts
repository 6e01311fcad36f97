// POST /api/v1/check-ins: a gate shows a QR code, a ticket number or a document; the answer is at once admitted or a reason (SAL-40,
// SAL-42). Two gates that scan one ticket at the same moment write under the version guard: one is admitted, the other is told where
// and when it was used. Where a site carries only so many people, room is taken first (SAL-43).
import {
  addDays,
  ID_TYPES,
  localDate,
  localDateOf,
  parseIdDocument,
  parseTicketNumber,
  DomainError,
  type LocalDate,
} from '@tongpiao/kernel';
import type { Scope, Snapshot } from '@tongpiao/persistence';
import { route, verifyTicket, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { admit, letInBefore, type Verdict } from '../gate/admit.ts';
import type { ScanRequests } from '../gate/scan-requests.ts';
import { GATE_WORDS } from '../gate/gate-words.ts';
import type { Entrance } from '../occupancy/entrance.ts';
import { admission, placesLeft } from '../right/admission.policy.ts';
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

/** Of one person; nobody holds more for three days. */
const DOCUMENT_TICKETS_MAX = 50;
const LIVING = ['issued', 'checked_in'] as const;

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
      const at = { at: now.toISOString(), gateId, siteId: gate.siteId, date: today };
      const request = parts.requests.of(`${context.callerKey}:${context.idempotencyKey}`, context.body);
      const found = await find(parts, scope, shown, documentIndex, at);
      const scan: Scan = { ...at, people: context.body.people, documentIndex };
      if (found.kind === 'right') {
        const { right, revision, number } = found;
        const verdict = await admit(parts, { scope, gate, right, request, scan: { ...scan, revision, number } });
        return { status: 200, body: bodyOf(foundation, verdict) };
      }
      const before = await letInBefore(parts.rights, { scope, scan, request });
      const verdict: Verdict =
        before === undefined
          ? { admitted: false, reason: found.reason, right: { status: 'none' } }
          : { admitted: true, right: before };
      return { status: 200, body: bodyOf(foundation, verdict) };
    },
  });
}

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
  return (
    (await findByDocument(parts.rights, scope, { ...at, documentIndex })) ?? { kind: 'refused', reason: 'unknown' }
  );
}

/** A person may hold many tickets: one that opens this gate now is meant, else the newest that tells why none does. */
async function findByDocument(rights: Rights, scope: Scope, scan: Scan): Promise<Found | undefined> {
  const own = { 'state.traveller.idNumber.index': scan.documentIndex };
  const options = { sort: { 'state.date': -1 }, limit: DOCUMENT_TICKETS_MAX } as const;
  const today = localDate(scan.date);
  // What opens a gate is of these days (SAL-03); later ones, however many, do not stand in its way.
  const dates = [addDays(today, -1), today, addDays(today, 1)];
  const near = await rights.find(
    scope,
    { ...own, 'state.date': { $in: dates }, 'state.status': { $in: LIVING } },
    options,
  );
  const opening = near.find(({ state }) => admission(state, scan).admitted);
  if (opening !== undefined) return { kind: 'right', right: opening };
  const all = [...near, ...(await rights.find(scope, own, options))];
  const ofToday = all.find(({ state }) => state.status !== 'none' && state.date === scan.date);
  const [first] = all;
  return first === undefined ? undefined : { kind: 'right', right: ofToday ?? first };
}

function bodyOf(foundation: Foundation, verdict: Verdict): AnswerBody {
  if (verdict.admitted) return { outcome: 'admitted', message: GATE_WORDS.admitted, ...ticketPart(verdict.right) };
  const { reason, refusal, right } = verdict;
  const use = refusal?.lastUse;
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
    ...ticketPart(right),
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
