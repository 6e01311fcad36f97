// Inventory, as a table of contents.
import { openFoundation, type FoundationOptions, type Running } from '@tongpiao/service-shell';
import { calendarSpec } from './calendar/calendar.store.ts';
import type { Config } from './config.ts';
import { approveCapacity } from './features/approve-capacity.ts';
import { approveDayReduction } from './features/approve-day-reduction.ts';
import { boundSiteDays } from './features/bound-site-days.ts';
import { cancelSession } from './features/cancel-session.ts';
import { changeSession } from './features/change-session.ts';
import { completePending } from './features/complete-pending.ts';
import { createCalendar } from './features/create-calendar.ts';
import { DECIDE_HOLDS, decideHolds } from './features/decide-holds.ts';
import { endCalendar } from './features/end-calendar.ts';
import { createSessionGenerator } from './features/generate-sessions.ts';
import { getSiteDay } from './features/get-site-day.ts';
import { listCalendars } from './features/list-calendars.ts';
import { listSessions } from './features/list-sessions.ts';
import { onSessionRepublish, REPUBLISH_SESSIONS } from './features/on-session-republish.ts';
import { planReductions } from './features/plan-reductions.ts';
import { previewDayReduction } from './features/preview-day-reduction.ts';
import { proposeCapacity } from './features/propose-capacity.ts';
import { proposeDayReduction } from './features/propose-day-reduction.ts';
import { reduceDay } from './features/reduce-day.ts';
import { reduceSession } from './features/reduce-session.ts';
import { reviewStaleHolds } from './features/review-stale-holds.ts';
import { serveWaiting } from './features/serve-waiting.ts';
import { createAvailabilityTeller } from './features/tell-availability.ts';
import type { DecideFaults } from './hold/complete-decided.ts';
import { openHolds } from './hold/hold.store.ts';
import { createPendingClearing } from './hold/pending-clearing.ts';
import { problems } from './problems.ts';
import type { CountersParts } from './session/session-steps.ts';
import { createSessionIndex } from './session/session-index.ts';
import { sessionSpec } from './session/session.store.ts';
import { openSiteDays, type Guard } from './site-day/site-day.store.ts';

export type InventoryTestOptions = Pick<FoundationOptions, 'faults' | 'messagingFaults' | 'clock' | 'logger'> & {
  readonly decideFaults?: DecideFaults;
  readonly stepFaults?: CountersParts['faults'];
  readonly guard?: Guard;
  /** Off in the race test, where two instances must really meet. */
  readonly singleActive?: boolean;
};

/** Holds in hand at once: a batch is decided with the same few writes whether it has ten or five hundred. */
const HOLD_PREFETCH = 1_000;
const HOLD_BATCH = 500;
/** What one moment brings is decided together: a few milliseconds for a buyer, half the writes for everybody under load. */
const HOLD_LINGER_MS = 8;

export async function run(config: Config, options: InventoryTestOptions = {}): Promise<Running> {
  const foundation = await openFoundation({ service: 'inventory', config, ...options });
  const { broker, database, relay, clock } = foundation;

  const sessions = await foundation.aggregate(sessionSpec);
  const calendars = await foundation.aggregate(calendarSpec);
  const siteDays = await openSiteDays(database, options.guard);
  const holds = await openHolds(database, relay);
  const index = createSessionIndex(sessions);
  const availability = createAvailabilityTeller(foundation, siteDays);
  const generator = createSessionGenerator(foundation, { calendars, sessions, siteDays, announce: availability.moved });

  const decisions = foundation.metrics.counter('hold_decisions_total', 'Requests for places, by what became of them.', [
    'outcome',
  ]);
  const deciding = {
    siteDays,
    holds,
    publisher: broker.publisher,
    moved: availability.moved,
    clock,
    counted(outcome: string): void {
      decisions.inc({ outcome });
    },
    ...(options.decideFaults === undefined ? {} : { faults: options.decideFaults }),
  };

  const clearing = createPendingClearing(siteDays, foundation.logger);
  foundation.onStop(() => clearing.stop());
  await broker.consume({
    slice: 'decide-holds',
    definitions: DECIDE_HOLDS,
    singleActive: options.singleActive ?? true,
    prefetch: HOLD_PREFETCH,
    maxBatch: HOLD_BATCH,
    lingerMs: HOLD_LINGER_MS,
    handleBatch: decideHolds({ ...deciding, sessions: index, clearing }),
  });
  await broker.consume({
    slice: 'on-session-republish',
    definitions: REPUBLISH_SESSIONS,
    handle: onSessionRepublish(foundation, sessions),
  });

  serveWaiting(foundation, deciding);
  const onCounters = { sessions, siteDays, moved: availability.moved, clock, faults: options.stepFaults };
  completePending(foundation, { ...deciding, sessions });
  planReductions(foundation, onCounters);
  reviewStaleHolds(foundation, holds, siteDays);
  generator.keepAhead();
  boundSiteDays(foundation, { siteDays, moved: availability.moved });
  availability.tellInFull();

  return foundation.serve({
    problems,
    routes: [
      createCalendar(foundation, calendars, generator),
      listCalendars(calendars),
      endCalendar(foundation, { calendars, sessions, generator }),
      listSessions(sessions, siteDays),
      changeSession(onCounters, calendars),
      proposeCapacity(sessions, foundation.vault),
      approveCapacity(onCounters, foundation.vault),
      reduceSession(onCounters, calendars, foundation.vault),
      cancelSession(onCounters, foundation.vault),
      getSiteDay(siteDays, holds),
      previewDayReduction(onCounters, calendars),
      reduceDay(foundation, onCounters, calendars),
      proposeDayReduction(foundation, onCounters),
      approveDayReduction(foundation, onCounters),
    ],
  });
}
