// The check that an auditor runs (PLA-20): is the journal of this record whole, and if not, which entry was touched? One route for
// every aggregate of a service.
import { DomainError, PLATFORM_TENANT } from '@tongpiao/kernel';
import { journalEntrySchema, type ChainVerdict, type JournalEntry, type Scope } from '@tongpiao/persistence';
import { z } from 'zod';
import { route, type Route } from './routes.ts';

/** What an aggregate store offers to an auditor. */
export type Audited = {
  readonly spec: { readonly collection: string };
  verify(scope: Scope, id: string): Promise<ChainVerdict>;
  journal(scope: Scope, id: string): Promise<JournalEntry[]>;
};

const verdictSchema = z.object({
  intact: z.boolean(),
  entries: z.int().describe('Entries that were read.'),
  touched: z
    .object({ seq: z.int(), reason: z.enum(['missing', 'changed']) })
    .optional()
    .describe('The first entry that does not fit.'),
  journal: z.array(journalEntrySchema).describe('Oldest first; personal values are sealed.'),
});

export function journalRoutes(service: string, stores: readonly Audited[]): readonly Route[] {
  const byCollection = new Map(stores.map((store) => [store.spec.collection, store]));
  return [
    route({
      method: 'get',
      path: `/api/v1/operations/${service}/journals/:collection/:id` as '/journals/:collection/:id',
      summary: 'Checks the journal of one record and shows it.',
      tags: ['audit'],
      access: { permission: 'audit:journals:verify' },
      responses: { 200: verdictSchema },
      async handler(context) {
        const { collection, id } = context.params;
        const store = byCollection.get(collection);
        if (store === undefined) throw new DomainError('platform.not-found', 'There are no such records.');
        const ofPlatform = context.principal.type === 'user' && context.principal.tenantId === PLATFORM_TENANT;
        const scope = ofPlatform ? context.scopeAcrossTenants('audit of a journal') : context.scope();
        const verdict = await store.verify(scope, id);
        const journal = await store.journal(scope, id);
        const touched = verdict.intact ? {} : { touched: { seq: verdict.seq, reason: verdict.reason } };
        return { status: 200, body: { intact: verdict.intact, entries: journal.length, ...touched, journal } };
      },
    }),
  ];
}
