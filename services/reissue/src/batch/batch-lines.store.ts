// The lines of batches: one small record each, because a list of fifty thousand fits into no document. A line says what was found when it
// was checked and which case came of it; how that case ends is the case's own to say.
import { ID_TYPES } from '@tongpiao/kernel';
import { openRecords, personalValueSchema, type Database, type Filter, type Scope } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';

const lineSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  batchId: z.string(),
  line: z.number().int().positive(),
  number: z.string(),
  /** REI-31: under the key of the batch. */
  correction: z
    .object({
      name: personalValueSchema.optional(),
      idType: z.enum(ID_TYPES).optional(),
      idNumber: personalValueSchema.optional(),
    })
    .optional(),
  state: z.enum(['unchecked', 'ready', 'refused', 'begun']),
  /** Why it is refused: a problem's code. */
  reason: z.string().optional(),
  applicationId: z.string().optional(),
});
export type BatchLine = z.output<typeof lineSchema>;
export type LineState = BatchLine['state'];
export type NewLine = Pick<BatchLine, 'line' | 'number' | 'correction' | 'state' | 'reason'>;

/** What has become of a line in a step. */
export type LineOutcome = {
  readonly line: number;
  readonly state: 'ready' | 'refused' | 'begun';
  readonly reason?: string | undefined;
  readonly applicationId?: string | undefined;
};

type LineCounts = Readonly<Record<LineState, number>> & {
  /** Refused lines by their reason. */
  readonly reasons: Readonly<Record<string, number>>;
};

export type BatchLines = {
  /** Stores what is not there yet. */
  add(scope: Scope, batchId: string, lines: readonly NewLine[]): Promise<void>;
  /** The next lines in this state behind that one, in the order of the list. */
  next(scope: Scope, batchId: string, state: LineState, after: number, limit: number): Promise<readonly BatchLine[]>;
  page(
    scope: Scope,
    batchId: string,
    states: readonly LineState[] | undefined,
    after: number,
    limit: number,
  ): Promise<readonly BatchLine[]>;
  /** A line that has begun stays so. */
  settle(scope: Scope, batchId: string, outcome: LineOutcome): Promise<void>;
  count(scope: Scope, batchId: string): Promise<LineCounts>;
  /** PLA-12: that lines were corrected stays, how does not. */
  erase(scope: Scope, batchId: string): Promise<void>;
};

/** Written in one go while others wait for their turn. */
const ADDED_AT_ONCE = 1_000;

const countedSchema = z.object({
  _id: z.object({ state: lineSchema.shape.state, reason: z.string().nullish() }),
  count: z.number(),
});

export async function openBatchLines(database: Database): Promise<BatchLines> {
  const { Mixed } = Schema.Types;
  const schema = new Schema(
    {
      _id: String,
      tenantId: { type: String, required: true },
      batchId: String,
      line: Number,
      number: String,
      correction: Mixed,
      state: String,
      reason: String,
      applicationId: String,
    },
    { versionKey: false },
  );
  schema.index({ tenantId: 1, batchId: 1, line: 1 });
  schema.index({ tenantId: 1, batchId: 1, state: 1, line: 1, reason: 1 });
  const records = await openRecords(database.connection, 'batch_lines', schema, (found) => lineSchema.parse(found));
  const idOf = (batchId: string, line: number): string => `${batchId}:${line}`;
  const find = (scope: Scope, filter: Filter, limit: number): Promise<BatchLine[]> =>
    records.find(scope, filter, { sort: { line: 1 }, limit });

  return {
    async add(scope, batchId, lines) {
      for (let from = 0; from < lines.length; from += ADDED_AT_ONCE)
        await records.insertMissing(
          scope,
          lines.slice(from, from + ADDED_AT_ONCE).map((line) => ({
            ...line,
            ...{ _id: idOf(batchId, line.line), tenantId: scope.tenantId, batchId },
          })),
        );
    },
    next: (scope, batchId, state, after, limit) => find(scope, { batchId, state, line: { $gt: after } }, limit),
    page: (scope, batchId, states, after, limit) =>
      find(
        scope,
        { batchId, line: { $gt: after }, ...(states === undefined ? {} : { state: { $in: states } }) },
        limit,
      ),
    async settle(scope, batchId, { line, state, reason, applicationId }) {
      await records.update(
        scope,
        { _id: idOf(batchId, line), state: { $ne: 'begun' } },
        {
          $set: {
            state,
            ...(reason === undefined ? {} : { reason }),
            ...(applicationId === undefined ? {} : { applicationId }),
          },
        },
      );
    },
    async erase(scope, batchId) {
      // The server does it by itself: some seconds for the longest list.
      await records.updateMany(scope, { batchId, correction: { $exists: true } }, { $set: { correction: {} } });
    },
    async count(scope, batchId) {
      const groups = await records.aggregate(scope, [
        { $match: { batchId } },
        { $group: { _id: { state: '$state', reason: '$reason' }, count: { $sum: 1 } } },
      ]);
      const counts = { unchecked: 0, ready: 0, refused: 0, begun: 0 };
      const reasons: Record<string, number> = {};
      for (const group of groups) {
        const { _id, count } = countedSchema.parse(group);
        counts[_id.state] += count;
        if (_id.state === 'refused' && typeof _id.reason === 'string') reasons[_id.reason] = count;
      }
      return { ...counts, reasons };
    },
  };
}
