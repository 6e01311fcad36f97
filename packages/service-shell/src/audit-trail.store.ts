// The audit trail on disk (PLA-21): who has seen or taken away personal data, and who was refused a record. Entries are only ever added. Each
// bears a seal under a key of the service, so that one that was changed in the database is seen; one that was deleted there is not.
import { mac, newId, openRecords, type Database, type Scope, type SecretKey } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';

/**
 * `read`: looked for or shown, masked. `reveal`: shown in plain. `export`: taken away as a file or as figures. `refused`: asked for a record
 * that is not theirs. `erased`: personal data that were forgotten because their time was over.
 */
export const TRAIL_KINDS = ['read', 'reveal', 'export', 'refused', 'erased'] as const;
export type TrailKind = (typeof TRAIL_KINDS)[number];

/** Never personal values: ids, counts, the purpose that was stated. */
export type TrailDetail = Readonly<Record<string, string | number>>;

const entrySchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  at: z.date(),
  by: z.string(),
  channel: z.string(),
  address: z.string().optional(),
  what: z.enum(TRAIL_KINDS),
  subject: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
  request: z.string(),
  seal: z.string(),
});
type Stored = z.infer<typeof entrySchema>;

type TrailEntry = Omit<Stored, '_id' | 'seal'> & { readonly id: string; readonly intact: boolean };

type TrailFilter = {
  readonly by?: string | undefined;
  readonly subject?: string | undefined;
  readonly what?: TrailKind | undefined;
  readonly from?: Date | undefined;
  readonly before?: Date | undefined;
  /** Where the last page ended. */
  readonly after?: { readonly at: Date; readonly id: string } | undefined;
};

export type TrailStore = {
  add(scope: Scope, at: Date, entry: Pick<Stored, 'what' | 'subject' | 'detail'>): Promise<void>;
  /** Newest first. */
  search(scope: Scope, filter: TrailFilter, limit: number): Promise<readonly TrailEntry[]>;
};

/** Three years: longer than any complaint about a look takes, and no heap for ever. */
const KEPT_SECONDS = 3 * 366 * 86_400;

export async function openTrailStore(database: Database, key: SecretKey): Promise<TrailStore> {
  const schema = new Schema(
    {
      _id: String,
      tenantId: { type: String, required: true },
      at: Date,
      by: String,
      channel: String,
      address: String,
      what: String,
      subject: String,
      detail: Schema.Types.Mixed,
      request: String,
      seal: String,
    },
    { versionKey: false },
  );
  schema.index({ tenantId: 1, at: -1, _id: -1 });
  schema.index({ tenantId: 1, by: 1, at: -1, _id: -1 });
  schema.index({ tenantId: 1, subject: 1, at: -1, _id: -1 });
  // For the platform's auditors, who look across tenants.
  schema.index({ at: -1, _id: -1 });
  schema.index({ at: 1 }, { expireAfterSeconds: KEPT_SECONDS });
  const entries = await openRecords(database.connection, 'audit_trail', schema, (found) => entrySchema.parse(found));
  const sealOf = (entry: Omit<Stored, 'seal'>): string => mac(key, textOf(entry)).toString('base64url');
  return {
    async add(scope, at, { what, subject, detail }) {
      const { tenantId } = scope;
      const { by, channel, address, cause: request } = scope.origin;
      const whence = address === undefined ? {} : { address };
      const entry = {
        _id: newId('aud', tenantId),
        tenantId,
        at,
        by,
        channel,
        ...whence,
        what,
        subject,
        detail,
        request,
      };
      await entries.insert(scope, { ...entry, seal: sealOf(entry) });
    },
    async search(scope, { by, subject, what, from, before, after }, limit) {
      const time = { ...(from === undefined ? {} : { $gte: from }), ...(before === undefined ? {} : { $lt: before }) };
      const older =
        after === undefined ? {} : { $or: [{ at: { $lt: after.at } }, { at: after.at, _id: { $lt: after.id } }] };
      const filter = {
        ...(by === undefined ? {} : { by }),
        ...(subject === undefined ? {} : { subject }),
        ...(what === undefined ? {} : { what }),
        ...(Object.keys(time).length === 0 ? {} : { at: time }),
        ...older,
      };
      const found = await entries.find(scope, filter, { sort: { at: -1, _id: -1 }, limit });
      return found.map(({ seal, ...entry }) => {
        const { _id: id, ...shown } = entry;
        return { id, ...shown, intact: sealOf(entry) === seal };
      });
    },
  };
}

/** Always in the same order, whatever order the database keeps fields in. */
function textOf(entry: Omit<Stored, 'seal'>): string {
  const { _id, tenantId, at, by, channel, address = '', what, subject, detail, request } = entry;
  const details = Object.entries(detail).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([_id, tenantId, at.toISOString(), by, channel, address, what, subject, details, request]);
}
