// What staff decide about a session that people hold tickets for is decided on the counters, with the session's own step beside it in
// the same write; then the document follows and tells. A crash in between leaves the step, and the next request or the sweep
// completes it: nobody is turned away from a session whose cancellation nobody hears of.
import { DomainError, TransientError } from '@tongpiao/kernel';
import { Scope, type AggregateStore } from '@tongpiao/persistence';
import type { SessionCounters, SessionStep, SiteDay } from '../site-day/site-day.ts';
import { siteDayId, type SiteDayStore } from '../site-day/site-day.store.ts';
import { disruptionOf } from './session.decider.ts';
import type { Disruption, LiveSession, SessionCommand, SessionEvent, SessionState } from './session.ts';

export type DisruptingParts = {
  readonly sessions: AggregateStore<SessionState, SessionCommand, SessionEvent>;
  readonly siteDays: SiteDayStore;
  readonly moved: (tenantId: string, siteDay: SiteDay) => void;
  readonly clock: () => Date;
  /** Where a test may let the process die. */
  readonly faults?: { at(point: 'afterCounters'): void | Promise<void> } | undefined;
};

export type Disrupted = {
  readonly state: LiveSession;
  readonly disruption: Disruption;
};

type Asked = { readonly sessionId: string; readonly disruptionId: string; readonly fingerprint: string };
type Decide = (
  state: LiveSession,
  counters: SessionCounters,
) => { readonly counters: SessionCounters; readonly command: SessionStep['command'] };

/** Batches, or other staff, decided first this often in a row. */
const GUARD_TRIES = 40;

/**
 * @param known the disruption that has been decided already, if any: then nothing is decided again
 * @throws DomainError for a session that is unknown, over, or another request's
 */
export async function disrupt(
  parts: DisruptingParts,
  scope: Scope,
  asked: Asked,
  known: (state: LiveSession) => Disruption | undefined,
  decide: Decide,
): Promise<Disrupted> {
  const { sessionId, disruptionId, fingerprint } = asked;
  for (let attempt = 0; attempt < GUARD_TRIES; attempt += 1) {
    const state = await liveSession(parts, scope, sessionId);
    const disruption = disruptionOf(state, disruptionId) ?? known(state);
    if (disruption !== undefined) {
      if (disruption.id === disruptionId && disruption.fingerprint !== fingerprint)
        throw new DomainError('platform.idempotency-key-reused', 'This Idempotency-Key was used for another request.');
      return { state, disruption };
    }
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
    const step: SessionStep = { id: disruptionId, sessionId, command: decided.command, origin: scope.origin };
    const change = { sessionId, counters: decided.counters, step };
    if (!(await parts.siteDays.rewrite(scope, siteDay, change, parts.clock()))) continue;
    await parts.faults?.at('afterCounters');
    await completeSteps(parts, scope, { ...siteDay, steps: [step] });
    for (const after of (await parts.siteDays.load(scope, [day])).values()) parts.moved(scope.tenantId, after);
  }
  throw new TransientError('inventory.contended', `session ${sessionId}: ${GUARD_TRIES} other decisions came first`);
}

/** The sessions' documents follow what was decided on the counters, in order, each on behalf of whoever decided. */
export async function completeSteps(
  parts: Pick<DisruptingParts, 'sessions' | 'siteDays'>,
  scope: Scope,
  siteDay: Pick<SiteDay, 'id' | 'steps'>,
): Promise<void> {
  for (const { id, sessionId, command, origin } of siteDay.steps ?? []) {
    await parts.sessions.handle(Scope.ofTenant(scope.tenantId, origin), sessionId, command);
    await parts.siteDays.stepDone(scope, siteDay.id, id);
  }
}

async function liveSession(
  { sessions }: Pick<DisruptingParts, 'sessions'>,
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
