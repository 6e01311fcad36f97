// Rights on disk. The ticket number is unique: a second living ticket for it cannot be stored.
import { ticketStatusSchema } from '@tongpiao/contracts';
import { isFen, type Fen } from '@tongpiao/kernel';
import { personalValueSchema, type AggregateSpec } from '@tongpiao/persistence';
import { z } from 'zod';
import { rightDecider } from './right.decider.ts';
import { rightMessages } from './right.messages.ts';
import type { RightCommand, RightEvent, RightState } from './right.ts';

const bilingual = z.object({ zh: z.string(), en: z.string() });

const rightState: z.ZodType<RightState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({
    status: ticketStatusSchema,
    revision: z.number().int().positive(),
    uses: z.array(z.object({ at: z.string(), gateId: z.string() })),
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
    amount: z.custom<Fen>(isFen, 'not an amount in fen'),
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
    { fields: { 'state.orderId': 1 } },
    {
      fields: { 'state.traveller.idNumber.index': 1, 'state.date': 1 },
      where: { 'state.traveller': { $exists: true } },
    },
  ],
};
