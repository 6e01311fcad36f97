// POST /api/v1/reissue-applications: somebody asks for a new ticket, in whatever channel (REI-01, REI-02). The case's id follows from
// caller and Idempotency-Key, so a retry finds the same case; what can never be reissued is refused at once, and says why (REI-04).
import { reissueKindSchema } from '@tongpiao/contracts';
import { DomainError, formatId, ID_TYPES, parsePhone, type TenantId } from '@tongpiao/kernel';
import { Scope, type RecordKey } from '@tongpiao/persistence';
import {
  derivedBytes,
  InvalidRequest,
  may,
  route,
  type Foundation,
  type RequestContext,
  type Route,
} from '@tongpiao/service-shell';
import { z } from 'zod';
import { actorOf, staffWith } from '../access/acting.ts';
import type { ApplicationAccess } from '../access/application-access.ts';
import { applicationView, viewApplication } from '../application/application-view.ts';
import type { ApplicationState, CaseFacts, Channel, Person } from '../application/application.ts';
import type { OpenCases } from '../application/open-case.store.ts';
import { currentPolicy, type Policies } from '../policy/policy.store.ts';
import type { Applications } from '../stores.ts';
import type { SoldTicket, Tickets } from '../views/tickets.store.ts';
import { copiedFacts, correctedPerson } from './case-facts.ts';
import { mustBeReissuable, type FoundTicket, type TicketFinder } from './find-ticket.ts';
import type { PhoneCodes } from './phone-code.ts';
import { documentSchema, orderTokenSchema, type OwnershipProver } from './prove-ownership.ts';

const body = z.strictObject({
  tenantId: z.string().max(60).optional().describe('Whose ticket: needed to look by telephone or document.'),
  ticket: z
    .strictObject({
      number: z.string().min(8).max(40).optional(),
      orderId: z.string().min(8).max(60).optional(),
      phone: z.string().min(5).max(30).optional(),
      document: documentSchema.optional(),
      date: z.iso.date().optional().describe('Day of travel.'),
      purchasedOn: z.iso.date().optional().describe('Day of the purchase.'),
    })
    .refine(
      ({ number, orderId, phone, document, date, purchasedOn }) =>
        number !== undefined ||
        orderId !== undefined ||
        ((phone !== undefined || document !== undefined) && (date !== undefined || purchasedOn !== undefined)),
      'number, orderId, or date or purchasedOn with phone or document',
    ),
  kind: reissueKindSchema,
  reason: z.enum(['lost', 'damaged', 'not-received', 'wrong-data', 'system-fault', 'other']),
  note: z.string().trim().min(1).max(1_000).optional(),
  correction: z
    .strictObject({
      name: z.string().trim().min(1).max(60).optional(),
      idType: z.enum(ID_TYPES).optional(),
      idNumber: z.string().trim().min(3).max(30).optional(),
    })
    .optional()
    .describe('REI-31: what is wrong on the ticket, as it should read.'),
  proof: z
    .union([
      z.strictObject({ document: documentSchema }).describe('Of a real-name ticket.'),
      z.strictObject({ orderToken: orderTokenSchema }).describe('The token that opens the order.'),
      z
        .strictObject({ phoneCode: z.string().regex(/^\d{6}$/) })
        .describe('Where the ticket is named by its telephone.'),
    ])
    .optional()
    .describe('Proves at once that the ticket is the applicant’s; a signed-in buyer needs none.'),
  channel: z.enum(['counter', 'hotline']).optional().describe('For staff: where the applicant spoke to them.'),
});
type Body = z.output<typeof body>;

const answer = applicationView.extend({ accessToken: z.string().describe('Bearer token for this one application.') });
const ROUTE = 'POST /api/v1/reissue-applications';

type Parts = {
  readonly applications: Applications;
  readonly policies: Policies;
  readonly tickets: Tickets;
  readonly finder: TicketFinder;
  readonly openCases: OpenCases;
  readonly access: ApplicationAccess;
  readonly prover: OwnershipProver;
  readonly phoneCodes: PhoneCodes;
};

export function submitApplication(foundation: Foundation, parts: Parts): Route {
  const { vault, clock } = foundation;
  const { applications, openCases, access } = parts;
  const idKey = vault.serviceKey('application-ids');

  return route({
    method: 'post',
    path: '/api/v1/reissue-applications',
    summary: 'Applies for a new ticket: a lost or damaged one anew, or one with wrong data put right.',
    description: 'The case is open once ownership is proven; see …/verification. Only then is a lost ticket frozen.',
    tags: ['reissue'],
    access: 'public',
    body,
    problems: [
      ...['reissue.ticket-not-found', 'reissue.ticket-ambiguous', 'reissue.tenant-required', 'reissue.ticket-used'],
      ...['reissue.ticket-refunded', 'reissue.ticket-exchanged', 'reissue.ticket-superseded', 'reissue.ticket-expired'],
      ...['reissue.phone-unproven', 'reissue.proof-wrong', 'reissue.code-over'],
      ...['reissue.already-open', 'reissue.correction-empty', 'reissue.correction-needless', 'reissue.no-traveller'],
    ],
    responses: { 201: answer },
    async handler(context) {
      const now = clock();
      const who = applicantOf(context);
      const looking =
        who.enteredBy === undefined
          ? context.scopeAcrossTenants('an applicant names a ticket, and the ticket its tenant')
          : context.scope();
      const tenantId = who.enteredBy === undefined ? context.body.tenantId : looking.tenantId;
      const request = { key: context.idempotencyKey, fingerprint: context.fingerprint };
      const idIn = (tenant: TenantId): string =>
        formatId('rei', tenant, derivedBytes(idKey, context.callerKey, ROUTE, context.idempotencyKey));

      /** PLA-32: what was shown with a request has been spent by then, and its ticket may be another's by now: its case answers. */
      async function repeated(scope: Scope): Promise<Answer | undefined> {
        const id = idIn(scope.tenantId);
        const known = await applications.load(scope, id);
        if (known === undefined || known.state.status === 'none') return undefined;
        const { state } = await applications.handle(scope, id, isThere, { request });
        const proving =
          state.status === 'submitted' ? await parts.tickets.byRight(scope, state.ticket.rightId) : undefined;
        const shown = proving === undefined ? undefined : await proven(parts, context.body, scope, proving, id, who);
        return answered(scope, id, shown?.state ?? state);
      }

      function answered(scope: Scope, id: string, state: ApplicationState): Answer {
        if (state.status === 'none') throw new Error('an application was submitted and is not there');
        return {
          status: 201,
          body: {
            ...viewApplication(id, scope.tenantId, state, who.staff),
            accessToken: access.tokenOf(id, scope.tenantId),
          },
          headers: { Location: `/api/v1/reissue-applications/${id}` },
        };
      }

      const asked = foundation.tenants.get(tenantId ?? '');
      const before =
        asked === undefined ? undefined : await repeated(Scope.ofTenant(tenantId as TenantId, context.origin()));
      if (before !== undefined) return before;
      if (!who.staff) await mustHoldPhone(foundation, parts, context, tenantId);
      const found = await parts.finder.find(looking, context.body.ticket, tenantId as TenantId | undefined, who.sells);
      const { scope, ticket } = found;
      const again = scope.tenantId === tenantId ? undefined : await repeated(scope);
      if (again !== undefined) return again;
      const id = idIn(scope.tenantId);
      await mustBeReissuable(parts.tickets, found, now);
      const recordKey = await vault.newRecordKey(scope);
      const facts = await factsOf(foundation, parts, context, { found, scope, id, recordKey, now, who });
      // Last: what is refused for what it says must not keep the same applicant from saying it right.
      const holder = await openCases.take(scope, ticket._id, id, now);
      if (holder !== id) throw new DomainError('reissue.already-open', 'Another application for this ticket is open.');
      const { state } = await applications.handle(
        scope,
        id,
        { type: 'SubmitApplication', facts },
        { request, recordKey },
      );
      const shown = await proven(parts, context.body, scope, ticket, id, who);
      return answered(scope, id, shown?.state ?? state);
    },
  });
}

type Answer = {
  readonly status: 201;
  readonly body: z.input<typeof answer>;
  readonly headers: Readonly<Record<string, string>>;
};

/** A case that is there was made by this request, or by another one under the same key. */
function isThere(): never {
  throw new Error('a case was made by no request');
}

/** REI-02: a telephone and a day name a ticket for whoever holds the telephone; a stranger does not learn whether it has bought one. */
async function mustHoldPhone(
  foundation: Foundation,
  { phoneCodes }: Pick<Parts, 'phoneCodes'>,
  context: RequestContext<unknown, unknown, Body>,
  tenantId: string | undefined,
): Promise<void> {
  const { ticket, proof } = context.body;
  const { number, orderId, document, phone: given } = ticket;
  if (given === undefined || number !== undefined || orderId !== undefined || document !== undefined) return;
  if (tenantId === undefined) throw new DomainError('reissue.tenant-required', 'Say whose ticket it is.');
  foundation.tenants.require(tenantId);
  const phone = parsePhone(given);
  if (proof === undefined || !('phoneCode' in proof) || !phone.ok)
    throw new DomainError('reissue.phone-unproven', 'Ask for a code to this telephone first.');
  await phoneCodes.check(Scope.ofTenant(tenantId as TenantId, context.origin()), phone.phone, proof.phoneCode);
}

/** @returns undefined where nothing was shown yet: then the verification comes */
async function proven(
  { prover }: Pick<Parts, 'prover'>,
  { proof, ticket: named }: Body,
  scope: Scope,
  { sold }: { readonly sold: SoldTicket },
  id: string,
  { userId }: Applicant,
): Promise<Awaited<ReturnType<OwnershipProver['byPhone']>> | undefined> {
  if (proof === undefined)
    return userId !== undefined && sold.userId === userId ? prover.byLogin(scope, id, userId) : undefined;
  if ('document' in proof) return prover.byDocument(scope, id, proof.document);
  if ('orderToken' in proof) return prover.byOrderToken(scope, id, proof.orderToken);
  // It was compared before the ticket was looked for; with a ticket that is named otherwise it proves nothing.
  return named.number === undefined && named.orderId === undefined && named.document === undefined
    ? prover.byPhone(scope, id)
    : undefined;
}

type Applicant = {
  readonly enteredBy?: string;
  readonly userId?: string;
  readonly staff: boolean;
  /** Whose tickets it may name: a reseller's are those of its channel. */
  readonly sells?: string;
};

/** Staff enter it for somebody; a machine passes on what somebody says; a signed-in traveller applies for themselves; a guest has the token of the answer. */
function applicantOf({ principal }: Pick<RequestContext, 'principal'>): Applicant {
  const staff = staffWith(principal, 'reissue:applications:create');
  if (staff !== undefined) return { enteredBy: staff.id, staff: true };
  if (principal.type !== 'apiKey')
    return { staff: false, ...(principal.type === 'user' ? { userId: principal.id } : {}) };
  if (!may(principal, 'reissue:applications:create'))
    throw new DomainError('platform.forbidden', 'This key enters no applications.');
  return { enteredBy: actorOf(principal), staff: false, ...(principal.kind === 'ota' ? { sells: 'ota' } : {}) };
}

type Making = {
  readonly who: Applicant;
  readonly found: FoundTicket;
  readonly scope: Scope;
  readonly id: string;
  readonly recordKey: RecordKey;
  readonly now: Date;
};

async function factsOf(
  foundation: Foundation,
  { policies, tickets, access }: Parts,
  context: RequestContext<unknown, unknown, Body>,
  making: Making,
): Promise<CaseFacts> {
  const { found, scope, id, recordKey, now, who } = making;
  const { enteredBy, userId } = who;
  const { ticket } = found;
  const { kind, reason, note } = context.body;
  const reissues = (await tickets.numbersOf(scope, ticket._id)).filter(
    ({ ended }) => ended?.how === 'superseded',
  ).length;
  const device = enteredBy === undefined ? deviceOf(context) : undefined;
  const copied = await copiedFacts(foundation, { scope, ticket, reissues, recordKey });
  const { traveller, contact } = copied;
  const correction = await correctionOf(foundation, scope, context.body, traveller, recordKey, now);
  return {
    ...{ kind, reason },
    ...(enteredBy === undefined ? {} : { enteredBy }),
    ...(userId === undefined ? {} : { userId }),
    channel: channelOf(context),
    language: context.language,
    ...copied,
    ...(correction === undefined ? {} : { correction }),
    ...(note === undefined ? {} : { note: { sealed: recordKey.seal(note), masked: '***' } }),
    personIndex: traveller?.idNumber.index ?? contact.phone.index ?? id,
    addressIndex: await foundation.vault.blindIndex(scope, 'address', context.request.address),
    ...(device === undefined ? {} : { deviceIndex: await foundation.vault.blindIndex(scope, 'device', device) }),
    accessHash: access.hashOf(access.tokenOf(id, scope.tenantId)),
    submittedAt: now.toISOString(),
    policy: await currentPolicy(policies, scope),
  };
}

/** REI-31: what is right already stays, what was given replaces it. */
async function correctionOf(
  foundation: Foundation,
  scope: Scope,
  { kind, correction }: Body,
  traveller: Person | undefined,
  key: RecordKey,
  now: Date,
): Promise<Person | undefined> {
  if (kind === 'replacement') {
    if (correction !== undefined)
      throw new DomainError('reissue.correction-needless', 'A replacement corrects nothing.');
    return undefined;
  }
  if (traveller === undefined) throw new DomainError('reissue.no-traveller', 'No name is kept with this ticket.');
  if (correction === undefined || Object.keys(correction).length === 0)
    throw new DomainError('reissue.correction-empty', 'Nothing to correct was given.');
  const corrected = await correctedPerson(foundation, { scope, traveller, key, now }, correction);
  if (corrected === undefined) {
    const message = { zh: '证件号码无效', en: 'not a valid document number' };
    throw new InvalidRequest([{ in: 'body', field: '/correction/idNumber', message }]);
  }
  return corrected;
}

/** REI-11: a name that an app or browser keeps for itself; what cannot be one is none. */
function deviceOf(context: Pick<RequestContext, 'header'>): string | undefined {
  const given = context.header('x-device-id')?.trim();
  return given !== undefined && /^[\w.:-]{8,100}$/.test(given) ? given : undefined;
}

function channelOf(context: RequestContext<unknown, unknown, Body>): Channel {
  const { principal, body: given } = context;
  if (principal.type === 'apiKey') return principal.kind === 'ota' ? 'ota' : 'kiosk';
  if (staffWith(principal, 'reissue:applications:create') !== undefined) return given.channel ?? 'counter';
  return context.channel === 'app' ? 'app' : 'web';
}
