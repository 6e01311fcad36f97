// Deletes sessions and one-time codes whose time of keeping is over (PLA-12). Nothing that is still worth something goes: a session
// that has not changed for longer than any session lasts is over with all its tokens, and a code and the times that limit the next
// one are worthless after a day. A token or code that comes after that meets nothing, and is refused like one that was used.
import type { Scope } from '@tongpiao/persistence';
import type { Logger } from 'pino';
import type { ChallengeStore } from '../challenge/challenge.store.ts';
import { DAY_MS } from '../challenge/code-limits.policy.ts';
import type { SessionStore } from '../session/session.store.ts';

/** A day for the limits, and one for clocks and for whoever looks into a complaint. */
const CODES_KEPT_MS = 2 * DAY_MS;
/** Steps of a thousand; what is left waits for the next round. */
const STEPS_MAX = 20;
const STEP = 1_000;

export function forgetSignIns(parts: {
  sessions: SessionStore;
  challenges: ChallengeStore;
  everywhere: Scope;
  /** More than the days that a session may last. */
  keptDays: number;
  logger: Logger;
}): (now: Date) => Promise<void> {
  const { sessions, challenges, everywhere, keptDays, logger } = parts;

  async function forget(store: Pick<SessionStore, 'forget'>, before: Date): Promise<number> {
    let forgotten = 0;
    for (let step = 0; step < STEPS_MAX; step += 1) {
      const deleted = await store.forget(everywhere, { changedAt: { $lt: before } }, STEP);
      forgotten += deleted;
      if (deleted < STEP) break;
    }
    return forgotten;
  }

  return async (now) => {
    const ended = await forget(sessions, new Date(now.getTime() - keptDays * DAY_MS));
    const codes = await forget(challenges, new Date(now.getTime() - CODES_KEPT_MS));
    if (ended + codes > 0)
      logger.info({ sessions: ended, codes }, 'sign-ins whose time of keeping is over were deleted');
  };
}
