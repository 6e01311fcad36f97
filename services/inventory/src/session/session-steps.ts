// What staff decide about a session that people may hold tickets for is decided on the counters, with the session's own step beside it in
// the same write; then the document follows and tells. A crash in between leaves the step, and the next request or the sweep
// completes it: nobody is turned away from a session whose cancellation nobody hears of.
import { DomainError, TransientError } from '@tongpiao/kernel';
import { Scope, type AggregateStore } from '@tongpiao/persistence';
import type { SessionCounters, SessionStep, SiteDay } from '../site-day/site-day.ts';
import { siteDayId, type SiteDayStore } from '../site-day/site-day.store.ts';
import { disruptionOf } from './session.decider.ts';
import type { Disruption, LiveSession, SessionCommand, SessionEvent, SessionState } from './session.ts';

export type CountersParts = {
  readonly sessions: AggregateStore<SessionState, SessionCommand, SessionEvent>;
  readonly siteDays: SiteDayStore;
  readonly moved: (tenantId: string, siteDay: SiteDay) => void;
  readonly clock: () => Date;
  /** Where a test may let the process die. */
  readonly faults?: { at(point: 'afterCounters'): void | Promise<void> } | undefined;
};

type Decide = (
  state: LiveSession,
  counters: SessionCounters,
) => { readonly counters: SessionCounters; readonly command: SessionStep['command'] };

/** Batches, or other staff, decided first this often in a row. */
const GUARD_TRIES = 40;

/**
 * @param asked the session, and the id of this decision: a request that comes again has the same
 * @param done what came of it, if it has been decided and written; then nothing is decided again
 * @param decide what shall become of the counters, and what the session follows with; throws what it refuses
 * @throws DomainError for a session that is unknown or over
 */
export async function decideOnCounters<Done>(
  parts: CountersParts,
  scope: Scope,
  asked: { readonly sessionId: string; readonly id: string },
  done: (state: LiveSession) => Done | undefined,
  decide: Decide,
): Promise<Done> {
  const { sessionId, id } = asked;
  for (let attempt = 0; attempt < GUARD_TRIES; attempt += 1) {
    const state = await liveSession(parts, scope, sessionId);
    const before = done(state);
    if (before !== undefined) return before;
    if (new Date(state.endsAt) <= parts.clock())
      throw new DomainError('inventory.session-over', 'The session is over.', { endsAt: state.endsAt });
    const day = siteDayId(state.siteId, state.date);
    const siteDay = (await parts.siteDays.load(scope, [day])).get(day);
    const counters = siteDay?.sessions[sessionId];
    if (siteDay === undefined || counters === undefined) throw unknownSession();
    if (siteDay.steps?.some((step) => step.sessionId === sessionId) === true) {
      await completeSteps(parts, scope, siteDay);
      continue;
    }
    const decided = decide(state, counters);
    const step: SessionStep = { id, sessionId, command: decided.command, origin: scope.origin };
    const change = { sessionId, counters: decided.counters, step };
    if (!(await parts.siteDays.rewrite(scope, siteDay, change, parts.clock()))) continue;
    await parts.faults?.at('afterCounters');
    await completeSteps(parts, scope, { ...siteDay, steps: [step] });
    for (const after of (await parts.siteDays.load(scope, [day])).values()) parts.moved(scope.tenantId, after);
  }
  throw new TransientError('inventory.contended', `session ${sessionId}: ${GUARD_TRIES} other decisions came first`);
}

/**
 * The disruption that this request, or another one before it, has made.
 * @throws DomainError when the request's key was used for another wish
 */
export function disruptionBefore(
  state: LiveSession,
  asked: { readonly id: string; readonly fingerprint: string },
  another: Disruption | undefined,
): Disruption | undefined {
  const own = disruptionOf(state, asked.id);
  if (own !== undefined && own.fingerprint !== asked.fingerprint)
    throw new DomainError('platform.idempotency-key-reused', 'This Idempotency-Key was used for another request.');
  return own ?? another;
}

/** The sessions' documents follow what was decided on the counters, in order, each on behalf of whoever decided. */
export async function completeSteps(
  parts: Pick<CountersParts, 'sessions' | 'siteDays'>,
  scope: Scope,
  siteDay: Pick<SiteDay, 'id' | 'steps'>,
): Promise<void> {
  for (const { id, sessionId, command, origin } of siteDay.steps ?? []) {
    await parts.sessions.handle(Scope.ofTenant(scope.tenantId, origin), sessionId, command);
    await parts.siteDays.stepDone(scope, siteDay.id, id);
  }
}

async function liveSession(
  { sessions }: Pick<CountersParts, 'sessions'>,
  scope: Scope,
  sessionId: string,
): Promise<LiveSession> {
  const current = await sessions.load(scope, sessionId);
  if (current === undefined || current.state.status === 'none') throw unknownSession();
  return current.state;
}

/** Another tenant's session is as unknown as one that does not exist. */
function unknownSession(): DomainError {
  return new DomainError('inventory.unknown-session', 'There is no such session.');
}
