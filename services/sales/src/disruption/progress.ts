// How far the work on a disrupted session is, as staff see it: what was decided, and what has become of each ticket so far. Tickets know
// their own fate, so this is counted when somebody looks and never goes astray.
import type { Filter, Scope } from '@tongpiao/persistence';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Disruptions, Rights } from '../stores.ts';
import type { Disruption } from './disruption.ts';
import { undecidedFilter, USED_IN_VAIN } from './undecided.ts';
import { untoldFilter } from './untold.ts';

export const progressView = z.object({
  id: z.string(),
  kind: z.enum(['cancelled', 'reduced']),
  status: z
    .enum(['telling', 'open', 'returning', 'done'])
    .describe('open: all are told and may choose; returning: the time is over, the rest get their money back.'),
  sessionId: z.string(),
  productId: z.string(),
  siteId: z.string(),
  date: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  reason: z.string(),
  places: z.int().optional().describe('Of a reduced session: people for whom there is no room any more.'),
  restored: z
    .int()
    .optional()
    .describe('Of a reduced session: places that it was given again afterwards; as many fewer people have to go.'),
  decideBy: z.string(),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
  supersededBy: z.string().optional().describe('The session was cancelled altogether; the work goes on there.'),
  counts: z
    .object({
      tickets: z.int().describe('Affected, told or not.'),
      told: z.int().describe('Of these, tickets whose holders were told.'),
      orders: z.int().describe('Orders that were told; each is one message to its contact.'),
      refunded: z.int(),
      exchanged: z.int(),
      used: z.int(),
      undecided: z.int().describe('Told, and nothing has become of it yet.'),
      kept: z
        .int()
        .describe(
          'Told, and good after all, since enough others have left the reduced session, or it was given places again.',
        ),
      untold: z.int().describe('Could not be told, however often it was tried.'),
    })
    .describe(
      'told = refunded + exchanged + used + undecided + kept, unless a cancellation has taken tickets of a reduction over, or somebody exchanged before they were told.',
    ),
});
type ProgressView = z.output<typeof progressView>;

/** Of a reduced session, who is inside has come; of a cancelled one, not who was let in before its start. */
const USED = {
  cancelled: { 'state.status': 'used', $nor: [USED_IN_VAIN] },
  reduced: { 'state.status': { $in: ['used', 'checked_in'] } },
} as const satisfies Record<Disruption['kind'], Filter>;

type Stores = { readonly disruptions: Disruptions; readonly rights: Rights };
export type Progress = (scope: Scope, id: string, disruption: Disruption) => Promise<ProgressView>;

/** Counting thousands takes a good moment: of so many, it is done a small part of the time, however many people watch. */
const MANY_TICKETS = 500;
const REST_SHARE = 60;
const REST_MAX_MS = 10_000;
const REMEMBERED_MAX = 500;

export function createProgress(stores: Stores, now = (): number => performance.now()): Progress {
  const known = new LRUCache<string, { readonly view: Promise<ProgressView>; until: number }>({ max: REMEMBERED_MAX });
  return (scope, id, disruption) => {
    if (disruption.tickets < MANY_TICKETS) return progressOf(stores, scope, id, disruption);
    // What it has come to is seen at once.
    const key = `${id}/${disruption.status}/${disruption.supersededBy ?? ''}/${disruption.restored?.length ?? 0}`;
    const before = known.get(key);
    if (before !== undefined && now() < before.until) return before.view;
    const from = now();
    const entry = { view: progressOf(stores, scope, id, disruption), until: Number.POSITIVE_INFINITY };
    known.set(key, entry);
    entry.view.then(
      () => {
        entry.until = now() + Math.min(REST_MAX_MS, (now() - from) * REST_SHARE);
      },
      () => known.delete(key),
    );
    return entry.view;
  };
}

async function progressOf(stores: Stores, scope: Scope, id: string, disruption: Disruption): Promise<ProgressView> {
  const { kind, places, restored, finishedAt, supersededBy } = disruption;
  const counted = (which: Filter): Promise<number> =>
    stores.rights.count(scope, { 'state.offer.disruptionId': id, ...which });
  const [refunded, used, undecided, exchanged, notReached] = await Promise.all([
    counted({ 'state.status': 'refunded' }),
    counted(USED[kind]),
    counted(undecidedFilter(id, kind, ['frozen'])),
    stores.rights.count(scope, { 'state.past.disruptionId': id }),
    kind === 'cancelled' && disruption.status === 'telling'
      ? stores.rights.count(scope, untoldFilter(id, disruption))
      : 0,
  ]);
  const told = disruption.tickets;
  // Their offers are gone, and a cancellation takes over whoever has one.
  const kept =
    kind === 'reduced' && supersededBy === undefined ? Math.max(0, told - refunded - used - undecided - exchanged) : 0;
  return {
    id,
    kind,
    status: disruption.status,
    sessionId: disruption.sessionId,
    productId: disruption.productId,
    siteId: disruption.siteId,
    date: disruption.date,
    startsAt: disruption.startsAt,
    endsAt: disruption.endsAt,
    reason: disruption.reason,
    ...(places === undefined ? {} : { places }),
    ...(restored === undefined ? {} : { restored: restored.reduce((sum, one) => sum + one.places, 0) }),
    decideBy: disruption.decideBy,
    startedAt: disruption.begunAt,
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(supersededBy === undefined ? {} : { supersededBy }),
    counts: {
      tickets: told + notReached,
      told,
      orders: disruption.orders,
      refunded,
      exchanged,
      used,
      undecided,
      kept,
      untold: disruption.untold,
    },
  };
}
