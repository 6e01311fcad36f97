// What an uploaded file is, by its content and nothing else (REI-03). It is never unpacked: kind and size in pixels stand in its first
// bytes, so a picture of a few kilobytes that would unpack into gigabytes costs no more than any other.
import { DomainError } from '@tongpiao/kernel';
import { fileTypeFromBuffer } from 'file-type';
import { imageSize } from 'image-size';
import { FILE_TYPES, type FileType } from '../application/application.ts';
import type { AttachmentRules } from '../policy/policy.ts';
import { wholenessOf } from './whole-file.ts';

export type InspectedFile = { readonly type: FileType; readonly pixels?: number };

/** As much as file-type wants to see; archives, which it would look into, are not ours and get no further. */
const SIGNATURE_BYTES = 4_100;

/** @throws DomainError that says what is wrong with it */
export async function inspectFile(bytes: Buffer, rules: Pick<AttachmentRules, 'maxPixels'>): Promise<InspectedFile> {
  if (bytes.length === 0) throw new DomainError('reissue.attachment-empty', 'There is nothing in the file.');
  const found = await fileTypeFromBuffer(bytes.subarray(0, SIGNATURE_BYTES));
  const mime = found?.mime === 'image/heif' ? 'image/heic' : found?.mime;
  const type = FILE_TYPES.find((known) => known === mime);
  if (type === undefined) throw new DomainError('reissue.attachment-type', 'Not a photo or PDF.');
  const wholeness = wholenessOf(type, bytes);
  if (wholeness === 'truncated')
    throw new DomainError('reissue.attachment-truncated', 'The file stops before its end.');
  const pixels = type === 'application/pdf' ? undefined : pixelsOf(bytes);
  if (wholeness === 'damaged' || pixels === 0)
    throw new DomainError('reissue.attachment-damaged', 'Parts of the file do not fit together.');
  if (pixels === undefined) return { type };
  const { maxPixels } = rules;
  if (pixels > maxPixels)
    throw new DomainError('reissue.attachment-pixels', 'The image is too large.', { pixels, maxPixels });
  return { type, pixels };
}

/** Of the largest image in the file, by its header; 0 when it does not say. */
function pixelsOf(bytes: Buffer): number {
  try {
    const { width, height, images = [] } = imageSize(bytes);
    return Math.max(width * height, ...images.map((image) => image.width * image.height));
  } catch {
    // The library throws plain errors for headers that make no sense.
    return 0;
  }
}
