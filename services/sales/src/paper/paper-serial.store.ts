// Which ticket a numbered sheet of paper became (SAL-32): one small document per serial and tenant, whose id makes it unique, whatever
// two counters do at once. It is not an index on rights, because a right forgets the print of a ticket that was exchanged or replaced,
// while that sheet is still out there. As with claims, nobody has to give a serial back in time: who finds it taken looks whether
// the ticket was printed on it after all.
import { randomUUID } from 'node:crypto';
import { openRecords, type Database, type Records, type Scope } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';

export type PaperWish = {
  readonly serial: string;
  readonly rightId: string;
  /** The ticket, not its right: after an exchange the right has another one. */
  readonly number: string;
};

/** Whether the ticket may have been printed on the sheet. */
export type PrintFate = (scope: Scope, wish: PaperWish) => Promise<boolean>;

export type PaperSerials = {
  /** @returns undefined where another ticket has the serial; the same ticket gets it again */
  take(scope: Scope, wish: PaperWish, at: Date): Promise<Taken | undefined>;
};
type Taken = {
  /** For a print that was refused; what somebody else has taken up meanwhile stays theirs. */
  giveBack(): Promise<void>;
};

const serialSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  serial: z.string(),
  rightId: z.string(),
  number: z.string(),
  /** Whose request took it: each has its own. */
  taking: z.string(),
  at: z.date(),
});
type PaperSerial = z.infer<typeof serialSchema>;

/** A ticket that is not printed this long after its serial was taken never will be: the server gives a request up after 40 s. */
const UNPRINTED_MS = 60_000;
/** Each try loses to somebody who got further; a serial has one ticket, so this is not met twice. */
const TRIES = 4;

export async function openPaperSerials(database: Database, mayBePrinted: PrintFate): Promise<PaperSerials> {
  const schema = new Schema(
    {
      _id: String,
      tenantId: { type: String, required: true },
      serial: String,
      rightId: String,
      number: String,
      taking: String,
      at: Date,
    },
    { versionKey: false },
  );
  const records = await openRecords(database.connection, 'paper_serials', schema, (document) =>
    serialSchema.parse(document),
  );
  return paperSerials(records, mayBePrinted);
}

function paperSerials(records: Records<PaperSerial>, mayBePrinted: PrintFate): PaperSerials {
  async function isFree(scope: Scope, held: PaperSerial, wish: PaperWish, at: Date): Promise<boolean> {
    if (held.number === wish.number) return true;
    return at.getTime() - held.at.getTime() > UNPRINTED_MS && !(await mayBePrinted(scope, held));
  }

  return {
    async take(scope, { serial, rightId, number }, at) {
      const _id = `${scope.tenantId}:${serial}`;
      const taking = randomUUID();
      const mine = { rightId, number, taking, at };
      const taken: Taken = {
        giveBack: async () => {
          await records.remove(scope, { _id, taking });
        },
      };
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        if (await records.insert(scope, { _id, tenantId: scope.tenantId, serial, ...mine })) return taken;
        const held = await records.findOne(scope, { _id });
        // Given back in between.
        if (held === undefined) continue;
        if (!(await isFree(scope, held, { serial, rightId, number }, at))) return undefined;
        if ((await records.update(scope, { _id, taking: held.taking }, { $set: mine })) === 1) return taken;
      }
      return undefined;
    },
  };
}
