// POST /api/v1/reissue-applications/{id}/verification: the applicant proves that the ticket is theirs, by a code to the telephone of the
// purchase, by the document on the ticket, by the order's token or as its signed-in buyer; staff may take another proof of purchase at a counter (REI-02, REI-04). Only what is
// proven freezes a ticket and counts as the one open application.
import { randomInt } from 'node:crypto';
import { DomainError, ID_TYPES, type IdType } from '@tongpiao/kernel';
import { mac, sha256, type Scope } from '@tongpiao/persistence';
import { route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { staffWith } from '../access/acting.ts';
import { APPLICANT_OR_STAFF, seenApplication, type SeenApplication } from '../access/may-see-application.ts';
import { applicationView, viewApplication } from '../application/application-view.ts';
import type { ApplicationCommand, ApplicationEvent, ApplicationState } from '../application/application.ts';
import type { OpenCases } from '../application/open-case.store.ts';
import type { Applications } from '../stores.ts';
import type { SoldTicket, Tickets } from '../views/tickets.store.ts';

export const documentSchema = z.strictObject({ idType: z.enum(ID_TYPES), idNumber: z.string().trim().min(3).max(30) });
type ShownDocument = { readonly idType: IdType; readonly idNumber: string };

/** As sales hands it out with an order. */
export const orderTokenSchema = z.string().min(20).max(300).startsWith('tpo_');

const body = z.union([
  z.strictObject({ send: z.literal('code') }).describe('Sends a code to the telephone of the purchase.'),
  z.strictObject({ code: z.string().regex(/^\d{6}$/) }),
  z
    .strictObject({ document: documentSchema })
    .describe('The document on a real-name ticket; such a ticket needs it, whatever else has proven it.'),
  z.strictObject({ orderToken: orderTokenSchema }).describe('The token that opens the order.'),
  z.strictObject({ login: z.literal(true) }).describe('The buyer is signed in.'),
  z
    .strictObject({ purchaseProof: z.string().trim().min(5).max(300) })
    .describe('Staff only: which proof of purchase was seen, e.g. a payment record.'),
]);

type Answered = { readonly state: ApplicationState };
export type OwnershipProver = {
  byDocument(scope: Scope, id: string, document: ShownDocument): Promise<Answered>;
  byCode(scope: Scope, id: string, code: string): Promise<Answered>;
  /** The telephone of the purchase was shown before, with a code to it. */
  byPhone(scope: Scope, id: string): Promise<Answered>;
  byOrderToken(scope: Scope, id: string, token: string): Promise<Answered>;
  byLogin(scope: Scope, id: string, userId: string): Promise<Answered>;
  /** @param words which proof it was */
  byPurchaseProof(seen: SeenApplication, staffId: string, words: string): Promise<Answered>;
  sendCode(seen: SeenApplication): Promise<Answered>;
};

type Parts = { readonly applications: Applications; readonly openCases: OpenCases; readonly tickets: Tickets };
type Proof = Omit<Extract<ApplicationCommand, { type: 'ProveOwnership' }>, 'type' | 'at'>;

export function createOwnershipProver(
  foundation: Foundation,
  { applications, openCases, tickets }: Parts,
): OwnershipProver {
  const { vault, clock } = foundation;
  const codeKey = vault.serviceKey('proof-codes');
  const hashOf = (id: string, code: string): string => mac(codeKey, `${id}|${code}`).toString('base64url');

  async function prove(scope: Scope, id: string, proof: Proof): Promise<Answered> {
    const state = (await applications.load(scope, id))?.state;
    const command = { type: 'ProveOwnership', ...proof, at: clock().toISOString() } as const;
    const write = (): Promise<Answered & { readonly events: readonly ApplicationEvent[] }> =>
      applications.handle(scope, id, command);
    const handled =
      state?.status === 'submitted'
        ? // The one open application is the first that is proven (REI-05).
          await openCases.opening(scope, state.ticket.rightId, id, clock(), write)
        : await write();
    if (handled.events.some(({ type }) => type === 'ProofMissed'))
      throw new DomainError('reissue.proof-wrong', 'That does not fit the purchase.');
    return handled;
  }

  /** What sales has told of whoever bought the ticket. */
  async function buyerOf(scope: Scope, id: string): Promise<Pick<SoldTicket, 'userId' | 'accessHash'>> {
    const state = (await applications.load(scope, id))?.state;
    if (state === undefined || state.status === 'none') return {};
    return (await tickets.byRight(scope, state.ticket.rightId))?.sold ?? {};
  }

  return {
    byPhone: (scope, id) => prove(scope, id, { how: 'code', shown: { matches: true } }),
    async byOrderToken(scope, id, token) {
      const { accessHash } = await buyerOf(scope, id);
      return prove(scope, id, { how: 'order-token', shown: { matches: accessHash === sha256(token) } });
    },
    async byLogin(scope, id, userId) {
      const buyer = await buyerOf(scope, id);
      return prove(scope, id, { how: 'login', shown: { matches: buyer.userId === userId } });
    },
    async byDocument(scope, id, { idType, idNumber }) {
      const state = (await applications.load(scope, id))?.state;
      const own = state === undefined || state.status === 'none' ? undefined : state.traveller?.idNumber.index;
      const shown = await vault.blindIndex(scope, 'document', `${idType}:${idNumber.toUpperCase()}`);
      return prove(scope, id, { how: 'document', shown: { matches: own === shown } });
    },
    byCode: (scope, id, code) => prove(scope, id, { how: 'code', shown: { codeHash: hashOf(id, code) } }),
    async byPurchaseProof({ scope, id, snapshot }, by, plain) {
      const key = await applications.recordKey(scope, snapshot);
      // It may name anybody.
      const words = { sealed: key.seal(plain), masked: '***' };
      return prove(scope, id, { how: 'purchase-proof', shown: { matches: true }, by, words });
    },
    async sendCode({ scope, id, snapshot }) {
      const code = String(randomInt(1_000_000)).padStart(6, '0');
      const key = await applications.recordKey(scope, snapshot);
      const sealed = { sealed: key.seal(code), masked: '******' };
      const command = { type: 'SendCode', code: sealed, hash: hashOf(id, code), at: clock().toISOString() } as const;
      return applications.handle(scope, id, command);
    },
  };
}

export function proveOwnership(
  foundation: Foundation,
  parts: { readonly applications: Applications; readonly prover: OwnershipProver },
): Route {
  const { prover } = parts;

  async function answer(
    seen: SeenApplication,
    given: z.output<typeof body>,
    { staffId, userId }: { staffId: string | undefined; userId: string | undefined },
  ): Promise<Answered> {
    const { scope, id } = seen;
    if ('send' in given) return prover.sendCode(seen);
    if ('code' in given) return prover.byCode(scope, id, given.code);
    if ('document' in given) return prover.byDocument(scope, id, given.document);
    if ('orderToken' in given) return prover.byOrderToken(scope, id, given.orderToken);
    if ('login' in given) {
      if (userId === undefined) throw new DomainError('platform.unauthenticated', 'Sign in as the buyer.');
      return prover.byLogin(scope, id, userId);
    }
    if (staffId === undefined) throw new DomainError('platform.forbidden', 'Staff see other proofs of purchase.');
    return prover.byPurchaseProof(seen, staffId, given.purchaseProof);
  }

  return route({
    method: 'post',
    path: '/api/v1/reissue-applications/:id/verification',
    summary: 'Proves that the ticket is the applicant’s; first, if need be, asks for a code.',
    tags: ['reissue'],
    access: APPLICANT_OR_STAFF,
    body,
    problems: [
      ...['reissue.proof-wrong', 'reissue.no-code', 'reissue.code-over', 'reissue.code-too-soon'],
      ...[
        'reissue.document-needed',
        'reissue.too-many-codes',
        'reissue.already-proven',
        'reissue.already-open',
        'reissue.case-ended',
      ],
    ],
    // Sending is limited by the case itself, and proving twice is proven.
    idempotent: false,
    responses: { 200: applicationView },
    async handler(context) {
      const seen = await seenApplication(context, parts.applications, foundation.clock(), context.params.id);
      const { principal } = context;
      const staffId = staffWith(principal, 'reissue:applications:create')?.id;
      const userId = principal.type === 'user' && staffId === undefined ? principal.id : undefined;
      const { state } = await answer(seen, context.body, { staffId, userId });
      if (state.status === 'none') throw new Error('an application vanished');
      return { status: 200, body: viewApplication(seen.id, seen.scope.tenantId, state, seen.staff, seen.open) };
    },
  });
}
