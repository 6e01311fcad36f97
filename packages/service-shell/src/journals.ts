// The check that an auditor runs (PLA-20): is the journal of this record whole, and if not, which entry was touched? And is there any record
// of a kind of which it is not? The same routes for every aggregate of a service.
import { DomainError, PLATFORM_TENANT } from '@tongpiao/kernel';
import {
  journalEntrySchema,
  type AuditedPage,
  type ChainVerdict,
  type JournalEntry,
  type Scope,
} from '@tongpiao/persistence';
import { z } from 'zod';
import type { RequestContext } from './request-context.ts';
import { route, type Route } from './routes.ts';

/** What an aggregate store offers to an auditor. */
export type Audited = {
  readonly spec: { readonly collection: string };
  verify(scope: Scope, id: string): Promise<ChainVerdict>;
  journal(scope: Scope, id: string): Promise<JournalEntry[]>;
  audit(scope: Scope, after: string | undefined, limit: number): Promise<AuditedPage>;
};

const reason = z.enum(['missing', 'changed']);
const verdictSchema = z.object({
  intact: z.boolean(),
  entries: z.int().describe('Entries that were read.'),
  touched: z.object({ seq: z.int(), reason }).optional().describe('The first entry that does not fit.'),
  journal: z
    .array(journalEntrySchema)
    .describe('Oldest first; personal values are sealed. Empty when an entry cannot be read any more.'),
});
const pageSchema = z.object({
  intact: z.boolean(),
  records: z.int().describe('Records of this page.'),
  entries: z.int().describe('Entries of those that are whole.'),
  touched: z
    .array(z.object({ id: z.string(), tenantId: z.string(), seq: z.int(), reason }))
    .describe('The first entry that does not fit, of each record that is not whole.'),
  next: z.string().optional().describe('For `after`; absent on the last page.'),
});

/** A page is answered within seconds, also of long journals. */
const PAGE_MAX = 200;

export function journalRoutes(service: string, stores: readonly Audited[]): readonly Route[] {
  const byCollection = new Map(stores.map((store) => [store.spec.collection, store]));
  const storeOf = (collection: string): Audited => {
    const store = byCollection.get(collection);
    if (store === undefined) throw new DomainError('platform.not-found', 'There are no such records.');
    return store;
  };
  const scopeOf = (context: RequestContext): Scope => {
    const ofPlatform = context.principal.type === 'user' && context.principal.tenantId === PLATFORM_TENANT;
    return ofPlatform ? context.scopeAcrossTenants('audit of journals') : context.scope();
  };
  const about = { method: 'get', tags: ['audit'], access: { permission: 'audit:journals:verify' } } as const;
  return [
    route({
      ...about,
      path: `/api/v1/operations/${service}/journals/:collection` as '/journals/:collection',
      summary: 'Checks the journals of records of a kind, page by page, and names every one that was touched.',
      query: z.strictObject({
        after: z.string().max(200).optional().describe('`next` of the page before.'),
        limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_MAX),
      }),
      responses: { 200: pageSchema },
      async handler(context) {
        const { after, limit } = context.query;
        const page = await storeOf(context.params.collection).audit(scopeOf(context), after, limit);
        return { status: 200, body: { intact: page.touched.length === 0, ...page } };
      },
    }),
    route({
      ...about,
      path: `/api/v1/operations/${service}/journals/:collection/:id` as '/journals/:collection/:id',
      summary: 'Checks the journal of one record and shows it.',
      responses: { 200: verdictSchema },
      async handler(context) {
        const { collection, id } = context.params;
        const store = storeOf(collection);
        const scope = scopeOf(context);
        const verdict = await store.verify(scope, id);
        const journal = await shown(store, scope, id, verdict);
        const touched = verdict.intact ? {} : { touched: { seq: verdict.seq, reason: verdict.reason } };
        return { status: 200, body: { intact: verdict.intact, entries: journal.length, ...touched, journal } };
      },
    }),
  ];
}

/** Who made an entry unreadable does not hide by it which one it is. */
async function shown(
  store: Audited,
  scope: Scope,
  id: string,
  verdict: ChainVerdict,
): Promise<readonly JournalEntry[]> {
  try {
    return await store.journal(scope, id);
  } catch (error) {
    if (verdict.intact || !(error instanceof z.ZodError)) throw error;
    return [];
  }
}
