// Reissue's copy of sales' tickets: what was sold to whom, under this service's own keys, and what has become of it since. What was sold
// and what happened afterwards may come in any order: the first is set once, the second is guarded by the right's sequence.
import { isFen, localDateOf, type Fen, type TenantId } from '@tongpiao/kernel';
import { idTypeSchema, languageSchema } from '@tongpiao/contracts';
import {
  applyToView,
  openRecords,
  personalValueSchema,
  wrappedKeySchema,
  withoutPerson,
  type Change,
  type Records,
  type Scope,
} from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import { Schema } from 'mongoose';
import { z } from 'zod';

const fenSchema = z.custom<Fen>(isFen, 'not an amount in fen');
const bilingual = z.object({ zh: z.string(), en: z.string() });
const personSchema = z.object({ name: personalValueSchema, idType: idTypeSchema, idNumber: personalValueSchema });

const soldSchema = z.object({
  orderId: z.string(),
  number: z.string(),
  siteId: z.string(),
  productId: z.string(),
  productKind: z.string().optional(),
  product: bilingual,
  ticketTypeId: z.string(),
  ticketType: bilingual,
  date: z.string(),
  startsAt: z.string(),
  validUntil: z.string(),
  amount: fenSchema,
  realName: z.boolean(),
  language: languageSchema,
  channel: z.string(),
  placedAt: z.string(),
  contact: z.object({ name: personalValueSchema, phone: personalValueSchema, email: personalValueSchema.optional() }),
  traveller: personSchema.optional(),
  /** By what the buyer is known without a code (REI-04). */
  userId: z.string().optional(),
  accessHash: z.string().optional(),
});
export type SoldTicket = z.infer<typeof soldSchema>;

/** After an exchange the ticket is for another time and price. */
const movedSchema = z.object({
  /** Day at the site. */
  date: z.string().optional(),
  startsAt: z.string().optional(),
  validUntil: z.string().optional(),
  amount: fenSchema.optional(),
});

const ticketSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  sequence: z.number(),
  status: z.enum(['living', 'used', 'refunded', 'expired']),
  /** The number that is good now; absent: the one that was sold. */
  number: z.string().optional(),
  revision: z.number().int().positive().optional(),
  moved: movedSchema.optional(),
  sold: soldSchema.optional(),
  key: wrappedKeySchema.optional(),
  /** REI-31: a case has put the traveller's data right. */
  corrected: z
    .object({
      key: wrappedKeySchema,
      traveller: personSchema,
      /** Of the reissue that has put them right. */
      sequence: z.number().optional(),
    })
    .optional(),
});
type TicketView = z.infer<typeof ticketSchema>;
/** As it was sold; who has it may have been erased. */
export type TicketOnFile = TicketView & { sold: SoldTicket };
export type KnownTicket = TicketOnFile & { key: NonNullable<TicketView['key']> };

const numberSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  rightId: z.string(),
  /** A former number: what became of it, and what came after it (REI-34). */
  ended: z
    .object({
      how: z.enum(['exchanged', 'superseded']),
      successor: z.string(),
      at: z.string(),
      applicationId: z.string().optional(),
    })
    .optional(),
});
export type TicketNumberView = z.infer<typeof numberSchema>;

type Correction = NonNullable<TicketView['corrected']> & { readonly sequence: number };
type Happening = Pick<TicketView, 'sequence' | 'status'> & Partial<Pick<TicketView, 'number' | 'revision' | 'moved'>>;

export type Tickets = {
  record(scope: Scope, tickets: readonly Recorded[]): Promise<void>;
  happened(scope: Scope, rightId: string, what: Happening): Promise<void>;
  replaced(
    scope: Scope,
    rightId: string,
    previous: string,
    ended: NonNullable<TicketNumberView['ended']>,
  ): Promise<void>;
  /** What an older reissue has put right, told again, changes nothing. */
  correct(scope: Scope, rightId: string, corrected: Correction): Promise<void>;
  byRight(scope: Scope, rightId: string): Promise<KnownTicket | undefined>;
  /** Also one that nobody is to be found in any more. */
  onFile(scope: Scope, rightId: string): Promise<TicketOnFile | undefined>;
  byNumber(scope: Scope, number: string): Promise<TicketNumberView | undefined>;
  /** How often each of these was reissued; who is not named never was. */
  reissuesOf(scope: Scope, rightIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  numbersOf(scope: Scope, rightId: string): Promise<readonly TicketNumberView[]>;
  /** Those that fit all of it, the last bought first. */
  find(scope: Scope, named: NamedBy): Promise<readonly KnownTicket[]>;
  /** Whose order it is; undefined for one of which there is no ticket. */
  tenantOf(scope: Scope, orderId: string): Promise<TenantId | undefined>;
  /** PLA-12: whose validity was over before then, and who still has an owner. */
  over(scope: Scope, before: Date, limit: number): Promise<readonly string[]>;
  /** @returns whether somebody was to be found in it */
  erase(scope: Scope, rightId: string): Promise<boolean>;
};
/** In which zone a tenant's days begin. */
type Zones = { require(tenantId: string): { readonly timeZone: string } };

type NamedBy = {
  readonly orderId?: string;
  readonly phoneIndex?: string;
  /** Of the one that was sold, or the one that was put right. */
  readonly documentIndex?: string;
  /** Of travel, at the site. */
  readonly date?: string;
  /** When it was bought, as ISO instants in UTC. */
  readonly placed?: { readonly from: string; readonly before: string };
};
export type Recorded = {
  readonly rightId: string;
  readonly sold: SoldTicket;
  readonly key: NonNullable<TicketView['key']>;
};

/** By what the buyer is known, beside personal values. */
const PERSONAL = ['userId', 'accessHash'];
/** More tickets than one person has on one day; who finds more has to say which. */
const FOUND_MAX = 60;

export async function openTickets({
  database,
  holdsKeys,
  tenants: directory,
}: Pick<Foundation, 'database' | 'holdsKeys'> & { readonly tenants: Zones }): Promise<Tickets> {
  const { Mixed } = Schema.Types;
  const tenantId = { type: String, required: true };
  const schema = new Schema(
    {
      _id: String,
      tenantId,
      sequence: Number,
      status: String,
      number: String,
      revision: Number,
      moved: Mixed,
      sold: Mixed,
      key: Mixed,
      corrected: Mixed,
    },
    { versionKey: false },
  );
  schema.index({ 'sold.orderId': 1 });
  schema.index({ tenantId: 1, 'sold.validUntil': 1 }, { partialFilterExpression: { key: { $exists: true } } });
  schema.index({ tenantId: 1, 'sold.contact.phone.index': 1, 'sold.placedAt': -1 });
  schema.index({ tenantId: 1, 'sold.traveller.idNumber.index': 1, 'sold.placedAt': -1 });
  schema.index(
    { tenantId: 1, 'corrected.traveller.idNumber.index': 1, 'sold.placedAt': -1 },
    { partialFilterExpression: { 'corrected.traveller.idNumber.index': { $exists: true } } },
  );
  const numberFields = new Schema({ _id: String, tenantId, rightId: String, ended: Mixed }, { versionKey: false });
  numberFields.index({ tenantId: 1, rightId: 1 });
  const { connection } = database;
  const tickets = await openRecords(connection, 'tickets', schema, (found) => ticketSchema.parse(found));
  const numbers = await openRecords(connection, 'ticket_numbers', numberFields, (found) => numberSchema.parse(found));
  holdsKeys(tickets, ['key', 'corrected.key']);
  return ticketViews(tickets, numbers, directory);
}

function ticketViews(tickets: Records<TicketView>, numbers: Records<TicketNumberView>, directory: Zones): Tickets {
  const number = (scope: Scope, _id: string, rightId: string, change: Change = {}): Promise<number> =>
    numbers.update(
      scope,
      { _id },
      { ...change, $setOnInsert: { tenantId: scope.tenantId, rightId } },
      { upsert: true },
    );
  const dayAtSite = (scope: Scope, instant: string): string =>
    localDateOf(new Date(instant), directory.require(scope.tenantId).timeZone);
  return {
    async record(scope, recorded) {
      const { tenantId } = scope;
      // Nearly always there is nothing yet, and an insert costs a third of an upsert.
      const [there] = await Promise.all([
        tickets.insertMissing(
          scope,
          recorded.map(({ rightId: _id, ...copy }) => ({ _id, tenantId, sequence: 0, status: 'living', ...copy })),
        ),
        numbers.insertMissing(
          scope,
          recorded.map(({ rightId, sold }) => ({ _id: sold.number, tenantId, rightId })),
        ),
      ]);
      // What happened to these was heard before; told twice, the first copy stays: its key opens it.
      await tickets.updateEach(
        scope,
        recorded
          .filter((_, index) => there.has(index))
          .map(({ rightId: _id, ...copy }) => ({
            filter: { _id, sold: { $exists: false } },
            change: { $set: copy },
          })),
      );
    },
    async happened(scope, rightId, what) {
      const { moved } = what;
      const dated =
        moved?.startsAt === undefined ? {} : { moved: { ...moved, date: dayAtSite(scope, moved.startsAt) } };
      await applyToView(tickets, scope, { _id: rightId, tenantId: scope.tenantId, ...what, ...dated });
    },
    async replaced(scope, rightId, previous, ended) {
      await number(scope, previous, rightId, { $set: { ended } });
      await number(scope, ended.successor, rightId);
    },
    async correct(scope, rightId, corrected) {
      // Whoever was erased does not come back.
      const known = { _id: rightId, key: { $exists: true } };
      const older = { 'corrected.sequence': { $not: { $gte: corrected.sequence } } };
      await tickets.update(scope, { ...known, ...older }, { $set: { corrected } });
    },
    byRight: async (scope, rightId) => known(await tickets.byId(scope, rightId)),
    async onFile(scope, rightId) {
      const found = await tickets.byId(scope, rightId);
      return found?.sold === undefined ? undefined : { ...found, sold: found.sold };
    },
    byNumber: (scope, _id) => numbers.byId(scope, _id),
    async reissuesOf(scope, rightIds) {
      const superseded = { rightId: { $in: rightIds }, 'ended.how': 'superseded' };
      const found = await numbers.find(scope, superseded, { limit: rightIds.length * FOUND_MAX });
      return new Map([...Map.groupBy(found, ({ rightId }) => rightId)].map(([id, former]) => [id, former.length]));
    },
    numbersOf: (scope, rightId) => numbers.find(scope, { rightId }, { limit: FOUND_MAX }),
    async find(scope, named) {
      const newest = { sort: { 'sold.placedAt': -1 }, limit: FOUND_MAX } as const;
      return (await tickets.find(scope, filterOf(named), newest)).flatMap((ticket) => known(ticket) ?? []);
    },
    async tenantOf(scope, orderId) {
      const [ticket] = await tickets.find(scope, { 'sold.orderId': orderId }, { limit: 1 });
      return ticket?.tenantId as TenantId | undefined;
    },
    async over(scope, before, limit) {
      const then = before.toISOString();
      // Sold for one day, and exchanged for a later one.
      const moved = { $not: { $gte: then } };
      const found = await tickets.find(
        scope,
        { key: { $exists: true }, 'sold.validUntil': { $lt: then }, 'moved.validUntil': moved },
        { sort: { 'sold.validUntil': 1 }, limit },
      );
      return found.map(({ _id }) => _id);
    },
    async erase(scope, rightId) {
      const found = await tickets.byId(scope, rightId);
      if (found?.sold === undefined) return false;
      const sold = withoutPerson(found.sold, PERSONAL);
      const somebodys = { _id: rightId, key: { $exists: true } };
      return (await tickets.update(scope, somebodys, { $set: { sold }, $unset: { key: 1, corrected: 1 } })) === 1;
    },
  };
}

function filterOf({ orderId, phoneIndex, documentIndex, date, placed }: NamedBy): Record<string, unknown> {
  const eitherWay = [
    ...(documentIndex === undefined
      ? []
      : [
          oneOf(
            { 'sold.traveller.idNumber.index': documentIndex },
            { 'corrected.traveller.idNumber.index': documentIndex },
          ),
        ]),
    ...(date === undefined
      ? []
      : [oneOf({ 'moved.date': date }, { 'moved.date': { $exists: false }, 'sold.date': date })]),
  ];
  return {
    ...(orderId === undefined ? {} : { 'sold.orderId': orderId }),
    ...(phoneIndex === undefined ? {} : { 'sold.contact.phone.index': phoneIndex }),
    ...(placed === undefined ? {} : { 'sold.placedAt': { $gte: placed.from, $lt: placed.before } }),
    ...(eitherWay.length === 0 ? {} : { $and: eitherWay }),
  };
}

const oneOf = (...filters: readonly Record<string, unknown>[]): Record<string, unknown> => ({ $or: filters });

/** REI-31: the person whom it names today. */
export function travellerNow({ corrected, sold }: Pick<KnownTicket, 'corrected' | 'sold'>): SoldTicket['traveller'] {
  return corrected?.traveller ?? sold.traveller;
}

function known(ticket: TicketView | undefined): KnownTicket | undefined {
  if (ticket?.sold === undefined || ticket.key === undefined) return undefined;
  return { ...ticket, sold: ticket.sold, key: ticket.key };
}

export function numberNow(ticket: TicketOnFile): string {
  return ticket.number ?? ticket.sold.number;
}
