// Rights on disk. The ticket number is unique: a second living ticket for it cannot be stored.
import { refundReasonSchema, ticketStatusSchema } from '@tongpiao/contracts';
import { isFen, type Fen } from '@tongpiao/kernel';
import { personalValueSchema, type AggregateSpec } from '@tongpiao/persistence';
import { z } from 'zod';
import { rightDecider } from './right.decider.ts';
import { rightMessages } from './right.messages.ts';
import type { RefusalReason, RightCommand, RightEvent, RightState } from './right.ts';

const bilingual = z.object({ zh: z.string(), en: z.string() });
const fenSchema = z.custom<Fen>(isFen, 'not an amount in fen');

export const REFUSAL_REASONS = [
  'unknown',
  'forged',
  'refunded',
  'exchanged',
  'voided',
  'superseded',
  'frozen',
  'expired',
  'already-used',
  'wrong-site',
  'wrong-gate',
  'wrong-day',
  'too-early',
  'too-late',
  'too-soon-again',
  'too-many-people',
  'wrong-person',
  'session-cancelled',
  'capacity',
] as const satisfies readonly RefusalReason[];

const rightState: z.ZodType<RightState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({
    status: ticketStatusSchema,
    revision: z.number().int().positive(),
    uses: z.array(
      z.object({
        at: z.string(),
        gateId: z.string(),
        people: z.number().int().positive(),
        scanId: z.string().optional(),
        request: z.string().optional(),
      }),
    ),
    past: z.array(
      z.object({
        number: z.string(),
        revision: z.number().int(),
        status: z.enum(['exchanged', 'superseded']),
        sessionId: z.string(),
        siteId: z.string(),
        date: z.string(),
        amount: fenSchema,
        startsAt: z.string().optional(),
        endsAt: z.string().optional(),
        cause: z.string(),
        at: z.string(),
        frozenAt: z.string().optional(),
        disruptionId: z.string().optional(),
        waived: fenSchema.optional(),
      }),
    ),
    prints: z.array(z.object({ serial: z.string(), by: z.string(), at: z.string() })),
    handedIn: z.array(
      z.object({
        scanId: z.string(),
        at: z.string(),
        gateId: z.string(),
        people: z.number().int().positive(),
        decided: z.enum(['admitted', 'refused']),
        truth: z.enum(['admissible', ...REFUSAL_REASONS]),
        former: z.string().optional(),
        late: z.literal(true).optional(),
      }),
    ),
    formerShown: z
      .array(
        z.object({
          number: z.string(),
          became: z.enum(['exchanged', 'superseded']),
          gateId: z.string(),
          at: z.string(),
        }),
      )
      .optional(),
    refusedScans: z.array(z.object({ gateId: z.string(), reason: z.enum(REFUSAL_REASONS), at: z.string() })).optional(),
    refund: z
      .object({
        refundId: z.string(),
        fee: fenSchema,
        returned: fenSchema,
        reason: refundReasonSchema,
        disruptionId: z.string().optional(),
        at: z.string(),
      })
      .optional(),
    offer: z
      .object({
        disruptionId: z.string(),
        kind: z.enum(['cancelled', 'reduced']),
        decideBy: z.string(),
        offeredAt: z.string().optional(),
        cancelledAt: z.string().optional(),
      })
      .optional(),
    freeze: z
      .object({ applicationId: z.string(), at: z.string(), before: z.enum(['issued', 'checked_in']) })
      .optional(),
    refusedReissues: z.array(z.object({ code: z.string(), reason: z.string() })).optional(),
    refusedExchanges: z.array(z.object({ exchangeId: z.string(), reason: z.string() })).optional(),
    refusedRefunds: z.array(z.object({ refundId: z.string(), reason: z.string() })).optional(),
    soldAt: z.string(),
    ruledFrom: z.string().optional(),
    holdId: z.string(),
    admits: z.number().int().positive(),
    gateIds: z.array(z.string()).optional(),
    minutesBetweenEntries: z.number().int().positive().optional(),
    orderId: z.string(),
    lineId: z.string(),
    number: z.string(),
    qr: z.string(),
    productId: z.string(),
    productName: bilingual,
    ticketTypeId: z.string(),
    ticketTypeName: bilingual,
    sessionId: z.string(),
    siteId: z.string(),
    date: z.string(),
    startsAt: z.string(),
    endsAt: z.string(),
    validFrom: z.string(),
    validUntil: z.string(),
    amount: fenSchema,
    entries: z.number().int().positive(),
    realName: z.boolean(),
    showAtGate: z.array(z.string()),
    traveller: z.object({ name: personalValueSchema, idType: z.string(), idNumber: personalValueSchema }).optional(),
  }),
]);

export const rightSpec: AggregateSpec<RightState, RightCommand, RightEvent> = {
  service: 'sales',
  collection: 'rights',
  decider: rightDecider,
  state: rightState,
  messages: rightMessages,
  indexes: [
    { fields: { 'state.number': 1 }, unique: true },
    // A number that was exchanged or replaced is answered with what became of it.
    { fields: { 'state.past.number': 1 }, unique: true, where: { 'state.past.number': { $exists: true } } },
    { fields: { 'state.orderId': 1 } },
    // PLA-12: those with somebody to erase, longest untouched first.
    { fields: { changedAt: 1 }, where: { key: { $exists: true } } },
    // A gate's Idempotency-Key lets in one credential, whatever ticket another one would lead to (PLA-32).
    { fields: { 'state.uses.request': 1 }, unique: true, where: { 'state.uses.request': { $exists: true } } },
    // Who holds tickets for a session, last sold first (SAL-52, INV-20).
    { fields: { 'state.sessionId': 1, 'state.soldAt': -1, _id: 1 } },
    // What expires next (FIN-12).
    { fields: { 'state.status': 1, 'state.validUntil': 1 } },
    // What changed at a site since a gate last asked: tickets, and those that are not for it any more (SAL-41).
    { fields: { 'state.siteId': 1, 'state.date': 1, changedAt: 1, _id: 1 } },
    {
      fields: { 'state.past.siteId': 1, 'state.past.date': 1, changedAt: 1, _id: 1 },
      where: { 'state.past.number': { $exists: true } },
    },
    // How far the work on a disrupted session is, and who is to get the money back (SAL-52).
    {
      fields: { 'state.offer.disruptionId': 1, 'state.status': 1, _id: 1 },
      where: { 'state.offer.disruptionId': { $exists: true } },
    },
    {
      fields: { 'state.past.disruptionId': 1 },
      where: { 'state.past.disruptionId': { $exists: true } },
    },
    {
      fields: { 'state.traveller.idNumber.index': 1, 'state.date': 1 },
      where: { 'state.traveller': { $exists: true } },
    },
  ],
};
