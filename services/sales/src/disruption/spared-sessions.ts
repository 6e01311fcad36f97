// Sessions whose tickets do not expire yet (FIN-12, SAL-52): their holders are about to be offered their money, and must not lose it to
// the end of the session. Of a cancelled one that is over, too, while it is looked for tickets that were paid late.
import type { Scope } from '@tongpiao/persistence';
import { STEP_TICKETS } from '@tongpiao/service-shell';
import type { Disruptions } from '../stores.ts';

/** Several sites that close for a month, with forty sessions a day each. */
const PAGES_MAX = 100;

export async function sparedSessions(disruptions: Disruptions, scope: Scope): Promise<readonly string[]> {
  const working = {
    'state.nextAt': { $exists: true },
    $or: [{ 'state.kind': 'cancelled' }, { 'state.status': 'telling' }],
  };
  const spared = new Set<string>();
  let after = '';
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const about = { ...working, _id: { $gt: after } };
    const found = await disruptions.find(scope, about, { sort: { _id: 1 }, limit: STEP_TICKETS });
    for (const { state } of found) if (state.status !== 'none') spared.add(state.sessionId);
    const last = found.at(-1);
    if (last === undefined || found.length < STEP_TICKETS) return [...spared];
    after = last.id;
  }
  // Rather does a price stay unearned for a while than that somebody loses it who was never told.
  throw new Error(
    `more than ${PAGES_MAX * STEP_TICKETS} sessions are being cancelled; no ticket of this tenant expires`,
  );
}
