// The bytes of attachments, in pieces, each sealed with the data key of its case: whoever erases that key erases them too, and rotation
// re-wraps one key (PLA-10, PLA-12). Every upload has a blob of its own; the case's journal names the one that counts. A blob stays
// open until then: what a crash left behind is found by that mark and removed.
import { newId, openRecords, type Database, type Records, type RecordKey, type Scope } from '@tongpiao/persistence';
import { mongo, Schema } from 'mongoose';
import { z } from 'zod';

/** Far below the 16 MB of a document, and little enough to be written beside what else is going on. */
const PIECE_BYTES = 262_144;
/** 20 MB, the most that may be uploaded. */
const PIECES_MAX = 100;

const pieceSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  blob: z.string(),
  piece: z.number().int().nonnegative(),
  of: z.number().int().positive(),
  applicationId: z.string(),
  /** On the first piece, until the case has the file. */
  openSince: z.date().optional(),
  sealed: z.instanceof(mongo.Binary).transform((binary): Buffer => Buffer.from(binary.buffer)),
});
const openSchema = pieceSchema.pick({ tenantId: true, blob: true, applicationId: true });
type OpenBlob = z.output<typeof openSchema>;

export type AttachmentBytes = {
  /** @returns the blob's name */
  keep(scope: Scope, applicationId: string, key: RecordKey, bytes: Buffer, now: Date): Promise<string>;
  /** The case has the file. */
  settle(scope: Scope, blob: string): Promise<void>;
  /** @throws Error when a piece is missing or is not what was stored */
  read(scope: Scope, blob: string, key: RecordKey): Promise<Buffer>;
  remove(scope: Scope, blob: string): Promise<void>;
  /** Blobs that have been waiting for their case since before then. */
  openBefore(scope: Scope, before: Date, limit: number): Promise<readonly OpenBlob[]>;
};

export async function openAttachmentBytes(database: Database): Promise<AttachmentBytes> {
  const schema = new Schema(
    {
      _id: String,
      tenantId: { type: String, required: true },
      blob: String,
      piece: Number,
      of: Number,
      applicationId: String,
      openSince: Date,
      sealed: Buffer,
    },
    { versionKey: false },
  );
  schema.index({ tenantId: 1, blob: 1, piece: 1 }, { unique: true });
  schema.index({ openSince: 1 }, { partialFilterExpression: { openSince: { $exists: true } } });
  const { connection } = database;
  const collection = 'attachment_pieces';
  const pieces = await openRecords(connection, collection, schema, (found) => pieceSchema.parse(found));
  const open = await openRecords(connection, collection, schema, (found) => ({
    _id: '',
    ...openSchema.parse(found),
  }));
  return attachmentBytes(pieces, open);
}

type Stored = z.output<typeof pieceSchema>;

/** A piece cannot stand for another, nor in another blob, nor can a blob lose its last ones. */
const placeOf = (blob: string, piece: number, of: number): string => `${blob}:${piece}/${of}`;
const firstOf = (blob: string): { _id: string } => ({ _id: `${blob}:0` });

function attachmentBytes(pieces: Records<Stored>, open: Records<OpenBlob & { _id: string }>): AttachmentBytes {
  return {
    async keep(scope, applicationId, key, bytes, now) {
      const blob = newId('blb', scope.tenantId);
      const of = Math.max(1, Math.ceil(bytes.length / PIECE_BYTES));
      // One after another, the first one first: it has the mark by which the rest is found again.
      for (let piece = 0; piece < of; piece += 1) {
        const part = bytes.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES);
        const document = {
          ...{ _id: `${blob}:${piece}`, tenantId: scope.tenantId, blob, piece, of, applicationId },
          ...(piece === 0 ? { openSince: now } : {}),
          sealed: key.sealBytes(part, placeOf(blob, piece, of)),
        };
        await pieces.insert(scope, document);
      }
      return blob;
    },
    async settle(scope, blob) {
      await pieces.update(scope, firstOf(blob), { $unset: { openSince: 1 } });
    },
    async read(scope, blob, key) {
      const found = await pieces.find(scope, { blob }, { sort: { piece: 1 }, limit: PIECES_MAX });
      const of = found[0]?.of;
      if (of === undefined || of !== found.length) throw new Error(`blob ${blob} has ${found.length} of ${of} pieces`);
      return Buffer.concat(found.map(({ piece, sealed }) => key.openBytes(sealed, placeOf(blob, piece, of))));
    },
    async remove(scope, blob) {
      // The first one last: a removal that breaks off is found again.
      await pieces.remove(scope, { blob, piece: { $gt: 0 } });
      await pieces.remove(scope, firstOf(blob));
    },
    openBefore: (scope, before, limit) =>
      open.find(
        scope,
        { openSince: { $lt: before } },
        { sort: { openSince: 1 }, limit, projection: { tenantId: 1, blob: 1, applicationId: 1 } },
      ),
  };
}
