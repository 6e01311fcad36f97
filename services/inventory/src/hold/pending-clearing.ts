// Entries whose holds' documents have followed leave their site-day a moment later, many in one write: until then they say what the
// documents say as well. What a crash leaves standing goes with the sweep (`complete-pending.ts`).
import type { Scope } from '@tongpiao/persistence';
import type { Logger } from 'pino';
import type { SiteDayStore } from '../site-day/site-day.store.ts';

export type PendingClearing = {
  later(scope: Scope, siteDayId: string, pendingIds: readonly string[]): void;
  /** What is due for this site-day goes together with a decision that is about to be written: one command for both. */
  withDecision(siteDayId: string): void;
  stop(): Promise<void>;
};

/** Each entry makes its site-day a quarter of a kilobyte longer, for every write. */
const WAITING_MAX = 40;
const CLEAR_EVERY_MS = 1_000;

export function createPendingClearing(
  siteDays: Pick<SiteDayStore, 'clearPending'>,
  logger: Pick<Logger, 'warn'>,
): PendingClearing {
  const waiting = new Map<string, { readonly scope: Scope; readonly ids: string[] }>();
  const underWay = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  function clear(siteDayId: string): void {
    const entry = waiting.get(siteDayId);
    if (entry === undefined) return;
    waiting.delete(siteDayId);
    const clearing = siteDays
      .clearPending(entry.scope, siteDayId, entry.ids)
      .catch((error: unknown) => {
        logger.warn({ err: error, siteDay: siteDayId }, 'decided entries stay for the sweep');
      })
      .finally(() => underWay.delete(clearing));
    underWay.add(clearing);
  }

  function clearAll(): void {
    clearTimeout(timer);
    timer = undefined;
    for (const siteDayId of waiting.keys()) clear(siteDayId);
  }

  return {
    later(scope, siteDayId, pendingIds) {
      if (pendingIds.length === 0) return;
      const entry = waiting.get(siteDayId) ?? { scope, ids: [] };
      entry.ids.push(...pendingIds);
      waiting.set(siteDayId, entry);
      // The last batch may end after the stop has begun.
      if (stopped) clear(siteDayId);
      else timer ??= setTimeout(clearAll, CLEAR_EVERY_MS);
    },
    withDecision(siteDayId) {
      if ((waiting.get(siteDayId)?.ids.length ?? 0) >= WAITING_MAX) clear(siteDayId);
    },
    async stop() {
      stopped = true;
      clearAll();
      await Promise.all(underWay);
    },
  };
}
