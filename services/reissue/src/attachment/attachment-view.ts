// An attachment as it is shown, without where its bytes lie.
import { z } from 'zod';
import { ATTACHMENT_SUBJECTS, FILE_TYPES, type Attachment, type FileType } from '../application/application.ts';

export const attachmentView = z.object({
  id: z.string(),
  about: z.enum(ATTACHMENT_SUBJECTS),
  type: z.enum(FILE_TYPES),
  bytes: z.int(),
  sha256: z.string().describe('Hexadecimal, of the file as it came.'),
  pixels: z.int().optional(),
  addedAt: z.string(),
});

export function viewAttachment(attachment: Attachment): z.input<typeof attachmentView> {
  const { id, about, type, bytes, sha256, pixels, at: addedAt } = attachment;
  return { id, about, type, bytes, sha256, ...(pixels === undefined ? {} : { pixels }), addedAt };
}

const ENDINGS: Readonly<Record<FileType, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/heic': 'heic',
  'application/pdf': 'pdf',
};

/** Ours, not the sender's: a name is personal, and a path in it an attack. */
export function fileNameOf({ id, type }: Pick<Attachment, 'id' | 'type'>): string {
  return `${id}.${ENDINGS[type]}`;
}
