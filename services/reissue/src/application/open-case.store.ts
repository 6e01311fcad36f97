// REI-05: one open application per ticket. A small document per right names the case that has it; nobody has to give it back in time:
// when another comes, the holder is looked at. A case that is over makes room, and so does one whose applicant has proven nothing: a
// stranger with a photo of a ticket must not keep its owner from applying (REI-04). Whoever proves it, or appeals, takes the claim again, and
// says that the case is opening: between that and the case's own write nobody else takes it.
import { DomainError } from '@tongpiao/kernel';
import { openRecords, type Database, type Scope } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';
import type { Applications } from '../stores.ts';

const claimSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  applicationId: z.string(),
  at: z.date(),
  opening: z.literal(true).optional(),
});
type Claim = z.infer<typeof claimSchema>;

export type OpenCases = {
  /** @returns the application that has the ticket: the one that asked, or another that is still open */
  take(scope: Scope, rightId: string, applicationId: string, now: Date): Promise<string>;
  /**
   * As `take`, for a case that does not have its ticket yet and is about to.
   * @param write what makes it open, or does not: then the ticket is free for others at once
   * @throws DomainError `reissue.already-open` when another one has the ticket
   */
  opening<Answer>(
    scope: Scope,
    rightId: string,
    applicationId: string,
    now: Date,
    write: () => Promise<Answer>,
  ): Promise<Answer>;
};

/** A case that is not stored this long after its claim never will be: its request died in between. */
const UNBORN_MS = 60_000;
/** Nor will one that has not opened so long after it was about to: a write that meets a fail-over waits for half of this. */
const OPENING_MS = 60_000;
const TRIES = 4;
/** In these statuses a case does not have its ticket. */
export const GIVES_WAY: ReadonlySet<string> = new Set(['submitted', 'reissued', 'refused', 'withdrawn', 'closed']);

export async function openOpenCases(database: Database, applications: Pick<Applications, 'load'>): Promise<OpenCases> {
  const schema = new Schema(
    { _id: String, tenantId: { type: String, required: true }, applicationId: String, at: Date, opening: Boolean },
    { versionKey: false },
  );
  const records = await openRecords(database.connection, 'open_cases', schema, (found) => claimSchema.parse(found));

  async function isFree(scope: Scope, { applicationId, at, opening }: Claim, now: Date): Promise<boolean> {
    const holder = (await applications.load(scope, applicationId))?.state;
    const age = now.getTime() - at.getTime();
    if (holder === undefined || holder.status === 'none') return age > UNBORN_MS;
    return GIVES_WAY.has(holder.status) && (opening !== true || age > OPENING_MS);
  }

  async function take(
    scope: Scope,
    rightId: string,
    applicationId: string,
    now: Date,
    opening?: true,
  ): Promise<string> {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const claimed = { applicationId, at: now, ...(opening === undefined ? {} : { opening }) };
      if (await records.insert(scope, { _id: rightId, tenantId: scope.tenantId, ...claimed })) return applicationId;
      const held = await records.findOne(scope, { _id: rightId });
      if (held === undefined) continue;
      if (held.applicationId === applicationId) {
        if (opening === undefined) return applicationId;
      } else if (!(await isFree(scope, held, now))) return held.applicationId;
      const seen = { _id: rightId, applicationId: held.applicationId, at: held.at };
      const taken = await records.update(
        scope,
        { ...seen, opening: held.opening ?? { $exists: false } },
        { $set: claimed, ...(opening === undefined ? { $unset: { opening: '' } } : {}) },
      );
      if (taken === 1) return applicationId;
    }
    throw new Error(`the claim on ${rightId} changed ${TRIES} times`);
  }

  return {
    take: (scope, rightId, applicationId, now) => take(scope, rightId, applicationId, now),
    async opening(scope, rightId, applicationId, now, write) {
      const holder = await take(scope, rightId, applicationId, now, true);
      if (holder !== applicationId)
        throw new DomainError('reissue.already-open', 'Another application for this ticket is open.');
      try {
        return await write();
      } finally {
        await records.update(scope, { _id: rightId, applicationId }, { $unset: { opening: '' } });
      }
    },
  };
}
