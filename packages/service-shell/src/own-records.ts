// PLA-12: a signed-in person asks a service for a copy of what it keeps of them, in plain, or to have it erased: what the law or an archive makes us
// keep is kept and said so, with the reason and the day before which it will not go. What is to be erased is written down first and then carried
// out record by record.
//
// What happens when …     asked again: the same answer, further on · crash: the next round goes on · two instances: a record erased twice is erased once ·
// a record changes in between: it is looked at once more before it is erased · it still has something to say: it is under way until it has.
import { bilingualSchema, type Bilingual } from '@tongpiao/contracts';
import { DomainError, formatId, type TenantId } from '@tongpiao/kernel';
import { Scope } from '@tongpiao/persistence';
import { z } from 'zod';
import type { Foundation } from './foundation.ts';
import { derivedBytes } from './idempotency.ts';
import { KEPT_WHY, openErasures, type Erasure, type ErasureItem } from './own-records.store.ts';
import type { RequestContext } from './request-context.ts';
import { route, type Route } from './routes.ts';

export type KeptFor = { readonly why: (typeof KEPT_WHY)[number]; readonly notBefore?: string | undefined };

/** Records that belong to people who can sign in. */
export type OwnRecords<Copy extends z.ZodType> = {
  /** Its own segment, e.g. `/api/v1/own-orders`. */
  readonly path: string;
  /** In summaries: `orders`. */
  readonly name: string;
  readonly copy: Copy;
  /** In plain, oldest id first. @param after the last id of the page before */
  copies(
    looking: Scope,
    userId: string,
    after: string,
    limit: number,
  ): Promise<readonly (readonly [string, z.input<Copy>])[]>;
  find(looking: Scope, userId: string, limit: number): Promise<readonly { id: string; tenantId: string }[]>;
  /** @returns why it has to stay; undefined: it may go */
  kept(scope: Scope, id: string): Promise<KeptFor | undefined>;
  /** @returns false where it cannot be yet */
  erase(scope: Scope, id: string): Promise<boolean>;
};

const PAGE = 50;
/** Records of one person in one request; whoever has more asks again. */
const RECORDS_MAX = 500;
const FINISH_EVERY_MS = 60_000;
const AT_ONCE = 20;

const WORDS: Readonly<Record<KeptFor['why'], Bilingual>> = {
  'not-over': { zh: '尚未办结。', en: 'It is not over yet.' },
  law: {
    zh: '《电子商务法》第三十一条要求交易信息自交易完成之日起至少保存三年。',
    en: 'Article 31 of the law on electronic commerce: what was bought is kept for at least three years.',
  },
  archive: { zh: '业务档案在规定的保存期内。', en: 'The archive keeps it for its years.' },
};

const itemView = z.object({
  id: z.string(),
  outcome: z.enum(['under-way', 'erased', 'kept']),
  why: z.enum(KEPT_WHY).optional(),
  words: bilingualSchema.optional(),
  notBefore: z.string().optional().describe('It is kept until then at least.'),
});
const erasureView = z.object({
  id: z.string(),
  done: z.boolean().describe('What is under way is erased as soon as it has nothing left to say; asking again tells.'),
  more: z.boolean().describe('There are more records than one request takes.'),
  items: z.array(itemView),
});

export async function openOwnRecords<Copy extends z.ZodType>(
  foundation: Foundation,
  own: OwnRecords<Copy>,
  finishEveryMs = FINISH_EVERY_MS,
): Promise<readonly Route[]> {
  const { clock, trail, vault } = foundation;
  const erasures = await openErasures(foundation.database);
  const idKey = vault.serviceKey('erasure-ids');

  async function settle(origin: Scope['origin'], item: ErasureItem): Promise<ErasureItem> {
    if (item.outcome !== 'under-way') return item;
    const { id, tenantId } = item;
    const scope = Scope.ofTenant(tenantId as TenantId, origin);
    const kept = await own.kept(scope, id);
    if (kept !== undefined) {
      const { why, notBefore } = kept;
      return { id, tenantId, outcome: 'kept', why, ...(notBefore === undefined ? {} : { notBefore }) };
    }
    if (!(await own.erase(scope, id))) return item;
    await trail.record(scope, 'erased', id, { asked: 'by its owner' });
    return { id, tenantId, outcome: 'erased' };
  }

  async function carryOut(scope: Scope, erasure: Erasure): Promise<Erasure> {
    if (erasure.status === 'done') return erasure;
    const items: ErasureItem[] = [];
    for (const item of erasure.items) items.push(await settle(scope.origin, item));
    const status = items.every(({ outcome }) => outcome !== 'under-way') ? 'done' : 'open';
    await erasures.update(scope, { _id: erasure._id, status: 'open' }, { $set: { items, status } });
    return { ...erasure, items, status };
  }

  async function asked(context: RequestContext, userId: string): Promise<Erasure> {
    const scope = context.scope();
    const bytes = derivedBytes(idKey, context.callerKey, `POST ${own.path}/erasures`, context.idempotencyKey);
    const _id = formatId<'Erasure'>('ers', scope.tenantId, bytes);
    const known = await erasures.byId(scope, _id);
    if (known !== undefined) return known;
    const looking = context.scopeAcrossTenants('a person has their own records erased');
    const found = await own.find(looking, userId, RECORDS_MAX + 1);
    const erasure: Erasure = {
      ...{ _id, tenantId: scope.tenantId, status: 'open', at: clock(), fingerprint: context.fingerprint },
      more: found.length > RECORDS_MAX,
      items: found.slice(0, RECORDS_MAX).map(({ id, tenantId }) => ({ id, tenantId, outcome: 'under-way' })),
    };
    if (await erasures.insert(scope, erasure)) return erasure;
    return (await erasures.byId(scope, _id)) ?? erasure;
  }

  foundation.every(
    'finish-erasures',
    finishEveryMs,
    async () => {
      const everywhere = foundation.acrossTenants('erasures that were asked for are finished');
      const open = await erasures.find(everywhere, { status: 'open' }, { sort: { at: 1 }, limit: AT_ONCE });
      for (const erasure of open) await carryOut(everywhere, erasure);
    },
    { lease: true },
  );

  const personOf = ({ principal }: Pick<RequestContext, 'principal'>): string => {
    if (principal.type === 'user') return principal.id;
    throw new DomainError('platform.forbidden', 'Only people have records of their own.');
  };
  const about = { tags: ['own-data'], access: 'authenticated' } as const;
  const headers = { 'Cache-Control': 'private, no-store' };
  return [
    route({
      ...about,
      method: 'get',
      path: own.path as '/own',
      summary: `A copy of one’s own ${own.name}, in plain.`,
      query: z.strictObject({ after: z.string().max(100).optional().describe('`next` of the page before.') }),
      responses: { 200: z.object({ items: z.array(own.copy), next: z.string().optional() }) },
      async handler(context) {
        const userId = personOf(context);
        const looking = context.scopeAcrossTenants('a person asks for a copy of their own records');
        const found = await own.copies(looking, userId, context.query.after ?? '', PAGE);
        await trail.record(context.scope(), 'export', userId, { document: `own ${own.name}`, records: found.length });
        const next = found.length < PAGE ? undefined : found.at(-1)?.[0];
        const items = z.array(own.copy).parse(found.map(([, copy]) => copy));
        return {
          status: 200,
          raw: Buffer.from(JSON.stringify({ items, ...(next === undefined ? {} : { next }) })),
          contentType: 'application/json; charset=utf-8',
          headers,
        };
      },
    }),
    route({
      ...about,
      method: 'post',
      path: `${own.path}/erasures` as '/own/erasures',
      summary: `Has one’s own ${own.name} erased as far as the law lets us, and says what is kept, why and until when.`,
      body: z.strictObject({}),
      responses: { 200: erasureView },
      async handler(context) {
        const erasure = await asked(context, personOf(context));
        if (erasure.fingerprint !== context.fingerprint)
          throw new DomainError(
            'platform.idempotency-key-reused',
            'This Idempotency-Key was used for another request.',
          );
        return { status: 200, body: viewOf(await carryOut(context.scope(), erasure)), headers };
      },
    }),
  ];
}

function viewOf({ _id: id, status, more, items }: Erasure): z.input<typeof erasureView> {
  return {
    ...{ id, more, done: status === 'done' },
    items: items.map(({ id: record, outcome, why, notBefore }) => ({
      ...{ id: record, outcome },
      ...(why === undefined ? {} : { why, words: WORDS[why] }),
      ...(notBefore === undefined ? {} : { notBefore }),
    })),
  };
}
