// Reads rights for manifests: the few fields that gates are told of, in the order of their changes, in portions that hold no request up.
// It looks at the collection of rights and never writes; a right has one door for writing, its aggregate.
import { ticketStatusSchema } from '@tongpiao/contracts';
import { openRecords, wrappedKeySchema, type Database, type Filter, type Scope } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';
import { changesAfter, IN_ORDER_OF_CHANGE, positionOf } from './changes.ts';
import type { SealedDocument } from './gate-documents.ts';
import type { ManifestPosition } from './manifest-cursor.ts';
import type { ListedRight, ManifestDay } from './manifest-rows.ts';

type ReadRight = ListedRight & { readonly document?: SealedDocument | undefined };
type ManifestReading = {
  readonly rights: readonly ReadRight[];
  /** Where to go on; undefined at the end. */
  readonly reached: ManifestPosition | undefined;
};
export type ManifestReader = {
  /** @param from where a reading goes on; undefined at its beginning */
  read(
    scope: Scope,
    day: ManifestDay,
    sinceMs: number,
    from: ManifestPosition | undefined,
    limit: number,
  ): Promise<ManifestReading>;
};

const bilingual = z.object({ zh: z.string(), en: z.string() });
const documentSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  changedAt: z.date(),
  // Gone when the traveller's data were erased.
  key: wrappedKeySchema.optional(),
  state: z.object({
    number: z.string(),
    revision: z.number(),
    status: ticketStatusSchema,
    siteId: z.string(),
    date: z.string(),
    validFrom: z.string(),
    validUntil: z.string(),
    entries: z.number(),
    admits: z.number(),
    gateIds: z.array(z.string()).optional(),
    minutesBetweenEntries: z.number().optional(),
    realName: z.boolean(),
    offer: z.object({ kind: z.enum(['cancelled', 'reduced']) }).optional(),
    showAtGate: z.array(z.string()),
    productName: bilingual,
    ticketTypeName: bilingual,
    uses: z.array(z.object({ at: z.string(), gateId: z.string(), people: z.number() })),
    past: z.array(
      z.object({
        number: z.string(),
        revision: z.number(),
        status: z.enum(['exchanged', 'superseded']),
        siteId: z.string(),
        date: z.string(),
      }),
    ),
    traveller: z
      .object({ idType: z.string(), idNumber: z.object({ sealed: z.string(), index: z.string().optional() }) })
      .optional(),
  }),
});

type Found = z.output<typeof documentSchema>;

const PROJECTION: Readonly<Record<string, 1>> = Object.fromEntries([
  ['tenantId', 1],
  ['changedAt', 1],
  ['key', 1],
  ...Object.keys(documentSchema.shape.state.shape).map((field) => [`state.${field}`, 1] as const),
]);
/** Parsing a portion takes a few milliseconds; between two of them others have their turn. */
const PORTION = 500;

/** After the rights themselves were opened: their store makes the indexes. */
export async function openManifestReader(database: Database): Promise<ManifestReader> {
  const records = await openRecords(database.connection, 'rights', new Schema({}), (document) =>
    documentSchema.parse(document),
  );
  return {
    async read(scope, day, sinceMs, from, limit) {
      const ask = (filter: Filter, most: number): Promise<Found[]> =>
        records.find(scope, filter, { sort: IN_ORDER_OF_CHANGE, limit: most, projection: PROJECTION });
      const streams = streamsOf(day);
      const rights: ReadRight[] = [];
      let { stream, after } = from ?? { stream: 0, after: undefined };
      for (;;) {
        const filter = streams[stream];
        if (filter === undefined) return { rights, reached: undefined };
        if (rights.length >= limit) return { rights, reached: { stream, after } };
        const wanted = Math.min(PORTION, limit - rights.length);
        const found = await changesAfter<Found>(ask, filter, sinceMs, after, wanted);
        for (const right of found) rights.push(readRight(right));
        after = positionOf(found[found.length - 1]) ?? after;
        if (found.length < wanted) {
          stream += 1;
          after = undefined;
        }
      }
    },
  };
}

function readRight({ state: { traveller, ...right }, key }: Found): ReadRight {
  if (traveller === undefined || key === undefined) return right;
  const { idType, idNumber } = traveller;
  return { ...right, document: { idType, ...idNumber, key } };
}

/** Per day tickets that may open a gate there, and tickets that were for it and are no longer: each follows an index by its changes. */
function streamsOf({ siteId, dates, from, until }: ManifestDay): readonly Filter[] {
  return [
    ...dates.map((date) => ({
      'state.siteId': siteId,
      'state.date': date,
      'state.validUntil': { $gte: from },
      'state.validFrom': { $lt: until },
    })),
    ...dates.map((date) => ({
      'state.past': { $elemMatch: { siteId, date } },
      'state.past.number': { $exists: true },
    })),
  ];
}
