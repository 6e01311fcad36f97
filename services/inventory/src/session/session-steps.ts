// What staff decide about a session that people may hold tickets for is decided on the counters, with the session's own step beside it in
// the same write; then the document follows and tells. A crash in between leaves the step, and the next request or the sweep
// completes it: nobody is turned away from a session whose cancellation nobody hears of.
import { DomainError, TransientError } from '@tongpiao/kernel';
import { Scope, type AggregateStore } from '@tongpiao/persistence';
import type { Counters, SessionCounters, SessionStep, SiteDay } from '../site-day/site-day.ts';
import { siteDayId, type SiteDayStore } from '../site-day/site-day.store.ts';
import { disruptionOf } from './session.decider.ts';
import type {
  Disruption,
  LiveSession,
  LiveSessionOfDay,
  SessionCommand,
  SessionEvent,
  SessionState,
} from './session.ts';

export type CountersParts = {
  readonly sessions: AggregateStore<SessionState, SessionCommand, SessionEvent>;
  readonly siteDays: SiteDayStore;
  readonly moved: (tenantId: string, siteDay: SiteDay) => void;
  readonly clock: () => Date;
  /** Where a test may let the process die. */
  readonly faults?: { at(point: 'afterCounters' | 'afterStep'): void | Promise<void> } | undefined;
};

type Decide = (
  state: LiveSession,
  counters: SessionCounters,
  siteDay: SiteDay,
) => {
  readonly counters: SessionCounters;
  readonly command: SessionStep['command'];
  /** The day's, where they move as well. */
  readonly day?: Counters | undefined;
};

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
    const decided = decide(state, counters, siteDay);
    const step: SessionStep = { id, sessionId, command: decided.command, origin: scope.origin };
    await written(parts, scope, siteDay, [{ sessionId, counters: decided.counters, step }], decided.day);
  }
  throw new TransientError('inventory.contended', `session ${sessionId}: ${GUARD_TRIES} other decisions came first`);
}

type Decided = { readonly sessionId: string; readonly id: string } & Omit<ReturnType<Decide>, 'day'>;

/**
 * The same for several sessions of one site-day, in one write: all of them or none.
 * @param done what came of it, if it has been decided and written; then nothing is decided again
 * @throws DomainError for a day that nobody opened
 */
export async function decideOnDay<Done>(
  parts: CountersParts,
  scope: Scope,
  day: string,
  done: (sessions: readonly LiveSessionOfDay[]) => Done | undefined,
  decide: (siteDay: SiteDay, sessions: readonly LiveSessionOfDay[]) => Promise<readonly Decided[]>,
): Promise<Done> {
  for (let attempt = 0; attempt < GUARD_TRIES; attempt += 1) {
    const { siteDay, sessions } = await loadDay(parts, scope, day);
    if ((siteDay.steps ?? []).length > 0) {
      await completeSteps(parts, scope, siteDay);
      continue;
    }
    const before = done(sessions);
    if (before !== undefined) {
      // What was decided after the counters were read may have reached some of the sessions only.
      const { revision } = (await parts.siteDays.load(scope, [day])).get(day) ?? {};
      if (revision === siteDay.revision) return before;
      continue;
    }
    const changes = (await decide(siteDay, sessions)).map(({ sessionId, id, counters, command }) => {
      return { sessionId, counters, step: { id, sessionId, command, origin: scope.origin } };
    });
    await written(parts, scope, siteDay, changes);
  }
  throw new TransientError('inventory.contended', `site-day ${day}: ${GUARD_TRIES} other decisions came first`);
}

/**
 * The counters first and the sessions after them: whoever decides on these counters knows all that was decided before.
 * @returns the sessions by their start
 * @throws DomainError for a day that nobody opened; another tenant's is as unknown
 */
export async function loadDay(
  { siteDays, sessions }: Pick<CountersParts, 'sessions' | 'siteDays'>,
  scope: Scope,
  day: string,
): Promise<{ readonly siteDay: SiteDay; readonly sessions: readonly LiveSessionOfDay[] }> {
  const siteDay = (await siteDays.load(scope, [day])).get(day);
  if (siteDay === undefined) throw new DomainError('platform.not-found', 'There is no such day.');
  const ids = Object.keys(siteDay.sessions);
  const found = await sessions.find(scope, { _id: { $in: ids } }, { limit: ids.length });
  const live = found.flatMap(({ id, state }) => (state.status === 'none' ? [] : [{ ...state, id }]));
  return { siteDay, sessions: live.sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1)) };
}

function startOf({ startsAt, id }: LiveSessionOfDay): string {
  return `${new Date(startsAt).toISOString()} ${id}`;
}

/** Nothing where somebody else decided meanwhile: who asks looks again in any case. */
async function written(
  parts: CountersParts,
  scope: Scope,
  siteDay: SiteDay,
  changes: readonly { readonly sessionId: string; readonly counters: SessionCounters; readonly step: SessionStep }[],
  day?: Counters,
): Promise<void> {
  if (!(await parts.siteDays.rewrite(scope, siteDay, changes, parts.clock(), day))) return;
  await parts.faults?.at('afterCounters');
  await completeSteps(parts, scope, { id: siteDay.id, steps: changes.map(({ step }) => step) });
  for (const after of (await parts.siteDays.load(scope, [siteDay.id])).values()) parts.moved(scope.tenantId, after);
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
  parts: Pick<CountersParts, 'sessions' | 'siteDays' | 'faults'>,
  scope: Scope,
  siteDay: Pick<SiteDay, 'id' | 'steps'>,
): Promise<void> {
  for (const { id, sessionId, command, origin } of siteDay.steps ?? []) {
    await parts.sessions.handle(Scope.ofTenant(scope.tenantId, origin), sessionId, command);
    await parts.siteDays.stepDone(scope, siteDay.id, id);
    await parts.faults?.at('afterStep');
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
