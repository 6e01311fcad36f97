// REI-05: one open application per ticket. A small document per right names the case that has it; nobody has to give it back in time:
// when another comes, the holder is looked at. A case that is over makes room, and so does one whose applicant has proven nothing: a
// stranger with a photo of a ticket must not keep its owner from applying (REI-04). Whoever proves it takes the claim again.
import { openRecords, type Database, type Scope } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';
import type { Applications } from '../stores.ts';

const claimSchema = z.object({ _id: z.string(), tenantId: z.string(), applicationId: z.string(), at: z.date() });

export type OpenCases = {
  /** @returns the application that has the ticket: the one that asked, or another that is still open */
  take(scope: Scope, rightId: string, applicationId: string, now: Date): Promise<string>;
};

/** A case that is not stored this long after its claim never will be: its request died in between. */
const UNBORN_MS = 60_000;
const TRIES = 4;
/** In these statuses a case does not have its ticket. */
export const GIVES_WAY: ReadonlySet<string> = new Set(['submitted', 'reissued', 'refused', 'withdrawn', 'closed']);

export async function openOpenCases(database: Database, applications: Pick<Applications, 'load'>): Promise<OpenCases> {
  const schema = new Schema(
    { _id: String, tenantId: { type: String, required: true }, applicationId: String, at: Date },
    { versionKey: false },
  );
  const records = await openRecords(database.connection, 'open_cases', schema, (found) => claimSchema.parse(found));

  async function isFree(scope: Scope, applicationId: string, at: Date, now: Date): Promise<boolean> {
    const holder = (await applications.load(scope, applicationId))?.state;
    if (holder === undefined || holder.status === 'none') return now.getTime() - at.getTime() > UNBORN_MS;
    return GIVES_WAY.has(holder.status);
  }

  return {
    async take(scope, rightId, applicationId, now) {
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        const claim = { _id: rightId, tenantId: scope.tenantId, applicationId, at: now };
        if (await records.insert(scope, claim)) return applicationId;
        const held = await records.findOne(scope, { _id: rightId });
        if (held === undefined) continue;
        if (held.applicationId === applicationId) return applicationId;
        if (!(await isFree(scope, held.applicationId, held.at, now))) return held.applicationId;
        const taken = await records.update(
          scope,
          { _id: rightId, applicationId: held.applicationId },
          { $set: { applicationId, at: now } },
        );
        if (taken === 1) return applicationId;
      }
      throw new Error(`the claim on ${rightId} changed ${TRIES} times`);
    },
  };
}
