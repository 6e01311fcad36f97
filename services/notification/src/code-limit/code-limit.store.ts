// Who was sent codes lately: one small document per receiver, changed under a version guard, so that two requests at the same time on
// two instances cannot both be the last one allowed. No audit trail: the messages themselves are that.
import { openRecords, type Database, type Records, type Scope } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';
import { fullWindow, REMEMBERED_MS, type Window } from './code-limit.policy.ts';

const limitSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  version: z.number(),
  expiresAt: z.date(),
  sent: z.array(z.object({ messageId: z.string(), at: z.number() })),
});
type LimitRecord = z.infer<typeof limitSchema>;

export type CodeLimits = {
  /** Counts a code unless a window is full. The same message counts once. @returns the window that is full, if one is */
  count(scope: Scope, receiverIndex: string, messageId: string, now: Date): Promise<Window['name'] | undefined>;
};

/** Requests for one receiver come one by one; more conflicts than this in a row are a bug. */
const CONFLICT_TRIES = 20;

export async function openCodeLimits(database: Database): Promise<CodeLimits> {
  const schema = new Schema(
    {
      _id: String,
      tenantId: { type: String, required: true },
      version: Number,
      expiresAt: Date,
      sent: [Schema.Types.Mixed],
    },
    { versionKey: false },
  );
  schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
  const records = await openRecords(database.connection, 'code_limits', schema, (document) =>
    limitSchema.parse(document),
  );
  return { count: (scope, receiverIndex, messageId, now) => count(records, scope, receiverIndex, messageId, now) };
}

async function count(
  records: Records<LimitRecord>,
  scope: Scope,
  receiverIndex: string,
  messageId: string,
  now: Date,
): Promise<Window['name'] | undefined> {
  const _id = `${scope.tenantId}:${receiverIndex}`;
  for (let attempt = 0; attempt < CONFLICT_TRIES; attempt += 1) {
    const known = await records.findOne(scope, { _id });
    if (known?.sent.some((sent) => sent.messageId === messageId) === true) return undefined;
    const recent = (known?.sent ?? []).filter(({ at }) => at > now.getTime() - REMEMBERED_MS);
    const full = fullWindow(
      recent.map(({ at }) => at),
      now.getTime(),
    );
    if (full !== undefined) return full;
    const sent = [...recent, { messageId, at: now.getTime() }];
    const expiresAt = new Date(now.getTime() + REMEMBERED_MS);
    const written =
      known === undefined
        ? await records.insert(scope, { _id, tenantId: scope.tenantId, version: 1, expiresAt, sent })
        : (await records.update(
            scope,
            { _id, version: known.version },
            { $set: { sent, expiresAt, version: known.version + 1 } },
          )) === 1;
    if (written) return undefined;
  }
  throw new Error(`code limit of a receiver: ${CONFLICT_TRIES} version conflicts in a row`);
}
