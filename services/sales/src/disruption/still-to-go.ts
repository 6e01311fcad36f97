// Counts who has left a reduced session since its places were taken, and who was taken back (INV-20). Tickets know when they were given back or exchanged, so
// this is counted anew by each step and never goes astray; who left while the news was on its way counts for nobody.
import type { Scope } from '@tongpiao/persistence';
import { z } from 'zod';
import type { Disruptions, Rights } from '../stores.ts';
import type { Disruption } from './disruption.ts';
import { movesOf, stillToGo } from './still-to-go.policy.ts';

/** Decisions about one session; each of them needs a person and a reason. */
const REDUCTIONS_MAX = 100;
const summed = z.array(z.object({ people: z.number() })).max(1);

type Stores = { readonly disruptions: Disruptions; readonly rights: Rights };

export async function reductionsOf(
  disruptions: Disruptions,
  scope: Scope,
  sessionId: string,
): Promise<readonly (Disruption & { readonly id: string })[]> {
  const found = await disruptions.find(
    scope,
    { 'state.sessionId': sessionId, 'state.kind': 'reduced' },
    { sort: { 'state.begunAt': 1 }, limit: REDUCTIONS_MAX },
  );
  return found.flatMap(({ id, state }) => (state.status === 'none' ? [] : [{ ...state, id }]));
}

export async function peopleToGo(
  { disruptions, rights }: Stores,
  scope: Scope,
  { sessionId, siteId, date }: Disruption,
): Promise<number> {
  async function people(match: Readonly<Record<string, unknown>>, each: unknown): Promise<number> {
    const sum = { $group: { _id: null, people: { $sum: each } } };
    return summed.parse(await rights.aggregate(scope, [{ $match: match }, sum]))[0]?.people ?? 0;
  }
  async function left(from: string, until: string | undefined): Promise<number> {
    const at = { $gte: from, ...(until === undefined ? {} : { $lt: until }) };
    const givenBack = { 'state.sessionId': sessionId, 'state.status': 'refunded', 'state.refund.at': at };
    const exchanged = {
      // As the index of former tickets has them.
      ...{ 'state.past.siteId': siteId, 'state.past.date': date, 'state.past.number': { $exists: true } },
      'state.past': { $elemMatch: { sessionId, status: 'exchanged', at } },
    };
    // Places of people who are inside do not come back, whatever becomes of their ticket.
    const untouched = { $max: [0, { $subtract: ['$state.admits', { $sum: '$state.uses.people' }] }] };
    return (await people(givenBack, untouched)) + (await people(exchanged, '$state.admits'));
  }

  const moves = movesOf(await reductionsOf(disruptions, scope, sessionId));
  return stillToGo(
    await Promise.all(
      moves.map(async ({ places, at }, index) => ({ places, leftSince: await left(at, moves[index + 1]?.at) })),
    ),
  );
}
