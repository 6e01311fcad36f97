// Serves the line of one site-day outside a batch: capacity was raised, a session was opened or cancelled, or a crash left something
// undone. It is the same decision as in a batch, without requests.
import { TransientError } from '@tongpiao/kernel';
import type { Scope } from '@tongpiao/persistence';
import { applyChange } from '../site-day/counters.policy.ts';
import { decideBatch } from '../site-day/site-day.decider.ts';
import type { SiteDay } from '../site-day/site-day.ts';
import { completeDecided, servedOf, type CompletingParts } from './complete-decided.ts';

/** Batches decided first this often in a row: they have served the line themselves. */
const GUARD_TRIES = 20;

/** @returns the site-day as it stands afterwards; undefined when there is none */
export async function serveLine(parts: CompletingParts, scope: Scope, id: string): Promise<SiteDay | undefined> {
  for (let attempt = 0; attempt < GUARD_TRIES; attempt += 1) {
    const siteDay = (await parts.siteDays.load(scope, [id])).get(id);
    if (siteDay === undefined) return undefined;
    // Who stands in line has no document that could say more.
    const { change, served } = decideBatch(siteDay, () => undefined, []);
    let after = siteDay;
    if (change !== undefined) {
      if (!(await parts.siteDays.decide(scope, siteDay, change, parts.clock()))) continue;
      after = applyChange(siteDay, change);
      parts.moved(scope.tenantId, after);
      await parts.faults?.at('afterCounters');
    }
    await completeDecided(parts, scope, [id], servedOf(scope, served));
    return after;
  }
  throw new TransientError('inventory.contended', `site-day ${id}: ${GUARD_TRIES} other decisions came first`);
}
