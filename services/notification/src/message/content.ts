// What is personal about a message, as one sealed value beside the record: to whom, and the values of the template.
import type { RecordKey } from '@tongpiao/persistence';
import { sha256 } from '@tongpiao/persistence';
import { z } from 'zod';
import type { Sealed } from './message.store.ts';

const contentSchema = z.object({
  to: z.string(),
  /** Shown as the sender of an SMS. */
  signature: z.string(),
  values: z.record(z.string(), z.string()),
  items: z.array(z.record(z.string(), z.string())).optional(),
});
export type MessageContent = z.infer<typeof contentSchema>;

export function sealContent(key: RecordKey, content: MessageContent): { sealed: Sealed; contentHash: string } {
  const text = key.seal(JSON.stringify(content));
  return { sealed: { content: text, key: key.wrapped }, contentHash: sha256(text) };
}

export function openContent(key: RecordKey, sealed: Sealed): MessageContent {
  return contentSchema.parse(JSON.parse(key.open(sealed.content)));
}
