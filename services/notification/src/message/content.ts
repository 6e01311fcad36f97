// What is personal about a message, as one sealed value beside the record: to whom, the values of the
// template, and the tickets that go along as pages.
import type { PrintableTicket } from '@tongpiao/documents/ticket';
import { isFen, type Fen } from '@tongpiao/kernel';
import type { RecordKey } from '@tongpiao/persistence';
import { sha256 } from '@tongpiao/persistence';
import { z } from 'zod';
import type { Sealed } from './message.store.ts';

const bilingual = z.object({ zh: z.string(), en: z.string() });
const pageSchema: z.ZodType<PrintableTicket> = z.object({
  issuer: bilingual,
  site: bilingual.optional(),
  product: bilingual,
  ticketType: bilingual,
  printedNumber: z.string(),
  qr: z.string(),
  date: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  validFrom: z.string().optional(),
  validUntil: z.string().optional(),
  timeZone: z.string(),
  amount: z.custom<Fen>(isFen, 'not an amount in fen'),
  entries: z.number(),
  admits: z.number(),
  realName: z.boolean(),
  traveller: z.object({ name: z.string(), idType: z.string(), idNumber: z.string() }).optional(),
  showAtGate: z.array(z.string()),
  orderId: z.string(),
  mark: bilingual.extend({ on: z.string().optional() }).optional(),
});

const contentSchema = z.object({
  to: z.string(),
  /** Shown as the sender of an SMS. */
  signature: z.string(),
  values: z.record(z.string(), z.string()),
  items: z.array(z.record(z.string(), z.string())).optional(),
  pages: z.array(pageSchema).optional(),
});
export type MessageContent = z.infer<typeof contentSchema>;

export function sealContent(key: RecordKey, content: MessageContent): { sealed: Sealed; contentHash: string } {
  const text = key.seal(JSON.stringify(content));
  return { sealed: { content: text, key: key.wrapped }, contentHash: sha256(text) };
}

export function openContent(key: RecordKey, sealed: Sealed): MessageContent {
  return contentSchema.parse(JSON.parse(key.open(sealed.content)));
}
