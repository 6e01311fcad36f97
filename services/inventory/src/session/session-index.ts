// Which site-day a session's counters are in. It never changes, so it is remembered for good.
import type { AggregateStore, Scope } from '@tongpiao/persistence';
import { siteDayId } from '../site-day/site-day.store.ts';
import type { SessionCommand, SessionEvent, SessionState } from './session.ts';

export type SessionIndex = {
  siteDaysOf(scope: Scope, sessionIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
};

/** Two years of five sessions a day for fifty sites. */
const REMEMBERED_MAX = 200_000;

export function createSessionIndex(sessions: AggregateStore<SessionState, SessionCommand, SessionEvent>): SessionIndex {
  const known = new Map<string, { tenantId: string; siteDay: string }>();
  return {
    async siteDaysOf(scope, sessionIds) {
      const wanted = new Set(sessionIds);
      const missing = [...wanted].filter((id) => !known.has(id));
      if (missing.length > 0) {
        if (known.size > REMEMBERED_MAX) known.clear();
        for (const { id, tenantId, state } of await sessions.find(
          scope,
          { _id: { $in: missing } },
          { limit: missing.length },
        )) {
          if (state.status !== 'none') known.set(id, { tenantId, siteDay: siteDayId(state.siteId, state.date) });
        }
      }
      const found = new Map<string, string>();
      for (const id of wanted) {
        const entry = known.get(id);
        // A session of another tenant is as unknown as one that does not exist.
        if (entry?.tenantId === scope.tenantId) found.set(id, entry.siteDay);
      }
      return found;
    },
  };
}
