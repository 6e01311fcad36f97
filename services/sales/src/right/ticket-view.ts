// A ticket as the API shows it: personal values masked (PLA-11). Asked by a former number it shows that ticket, dead, and which one came
// after it; nobody takes the new one for the old.
import { idTypeSchema, ticketStatusSchema } from '@tongpiao/contracts';
import { parseTicketNumber, printTicketNumber } from '@tongpiao/kernel';
import { z } from 'zod';
import type { PastTicket, SoldRight } from './right.ts';

const bilingual = z.object({ zh: z.string(), en: z.string() });
const money = z.object({ amount: z.int(), currency: z.literal('CNY') });

const ticketView = z.object({
  number: z.string(),
  printedNumber: z.string(),
  status: ticketStatusSchema,
  revision: z.int(),
  orderId: z.string(),
  product: bilingual,
  ticketType: bilingual,
  ticketTypeId: z.string(),
  sessionId: z.string(),
  siteId: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  validFrom: z.string(),
  validUntil: z.string(),
  amount: money,
  entries: z.int(),
  uses: z.array(z.object({ at: z.string(), gateId: z.string(), people: z.int() })),
  showAtGate: z.array(z.string()),
  traveller: z.object({ name: z.string(), idType: idTypeSchema, idNumber: z.string() }).optional().describe('Masked.'),
  refund: z
    .object({ id: z.string(), at: z.string(), fee: money, amount: money, reason: z.string() })
    .optional()
    .describe('What came of giving it back.'),
  offer: z
    .object({ kind: z.enum(['cancelled', 'reduced']), decideBy: z.string() })
    .optional()
    .describe('Its session was taken away: until then it can be given back or exchanged free of charge.'),
  history: z
    .array(z.object({ number: z.string(), revision: z.int(), status: ticketStatusSchema, at: z.string() }))
    .describe('Tickets that this right had before.'),
  qr: z.string().optional().describe('Not of a former ticket.'),
});
type TicketView = z.input<typeof ticketView>;

const cny = (amount: number): z.input<typeof money> => ({ amount, currency: 'CNY' });

const formerView = ticketView
  .pick({
    number: true,
    printedNumber: true,
    status: true,
    revision: true,
    orderId: true,
    sessionId: true,
    amount: true,
  })
  .extend({ endedAt: z.string(), replacedBy: z.string().describe('Number of the ticket that came after it.') });

export const anyTicketView = z.union([ticketView, formerView]);

/** @param number by which it was asked for */
export function viewTicket(right: SoldRight, number: string): z.input<typeof anyTicketView> {
  const parsed = parseTicketNumber(number);
  const index = right.past.findIndex((old) => parsed.ok && old.number === parsed.number);
  const former = right.past[index];
  return former === undefined ? viewCurrent(right) : viewFormer(right, former, right.past[index + 1]?.number);
}

function printed(number: string): string {
  const parsed = parseTicketNumber(number);
  return parsed.ok ? printTicketNumber(parsed.number) : number;
}

function viewFormer(right: SoldRight, former: PastTicket, next: string | undefined): z.input<typeof formerView> {
  const { number, status, revision, sessionId, amount, at } = former;
  return {
    number,
    printedNumber: printed(number),
    status,
    revision,
    orderId: right.orderId,
    sessionId,
    amount: cny(amount),
    endedAt: at,
    replacedBy: next ?? right.number,
  };
}

function viewCurrent(right: SoldRight): TicketView {
  const { number, status, revision, orderId, ticketTypeId, sessionId, siteId, startsAt, endsAt } = right;
  const { validFrom, validUntil, entries, uses, showAtGate, traveller, refund, offer, past, qr } = right;
  return {
    number,
    printedNumber: printed(number),
    status,
    revision,
    orderId,
    product: right.productName,
    ticketType: right.ticketTypeName,
    ticketTypeId,
    sessionId,
    siteId,
    startsAt,
    endsAt,
    validFrom,
    validUntil,
    amount: cny(right.amount),
    entries,
    uses: uses.map(({ at, gateId, people }) => ({ at, gateId, people })),
    showAtGate: [...showAtGate],
    ...(traveller === undefined
      ? {}
      : {
          traveller: {
            name: traveller.name.masked,
            idType: idTypeSchema.parse(traveller.idType),
            idNumber: traveller.idNumber.masked,
          },
        }),
    ...(refund === undefined
      ? {}
      : {
          refund: {
            id: refund.refundId,
            at: refund.at,
            fee: cny(refund.fee),
            amount: cny(refund.returned),
            reason: refund.reason,
          },
        }),
    ...(offer === undefined ? {} : { offer: { kind: offer.kind, decideBy: offer.decideBy } }),
    history: past.map((old) => ({ number: old.number, revision: old.revision, status: old.status, at: old.at })),
    qr,
  };
}
