// A site-day: the counters of all sessions of one site on one day, in one document, so that one guarded write bounds a session
// and its day together (INV-05, INV-11). This page holds the words; `site-day.decider.ts` holds the decision.
import type { Origin } from '@tongpiao/persistence';
import type { SessionCommand } from '../session/session.ts';

/** `capacity = available + held + sold`, always (INV-11). */
export type Counters = {
  readonly capacity: number;
  readonly available: number;
  readonly held: number;
  readonly sold: number;
};

/** `cancelled` is closed for good (INV-21). */
export type SessionStatus = 'open' | 'closed' | 'cancelled';
export type SessionCounters = Counters & {
  readonly status: SessionStatus;
  /** Places that still have to go (INV-20): what comes back goes, until nothing is left of it. Absent when there are none. */
  readonly shrink?: number | undefined;
  /** Sold places that sales was asked to look after and that have not come back: more than have to go, when others were let go since. */
  readonly planned?: number | undefined;
  /** It was cancelled before it began: the day does not count its places (`cancellation.policy.ts`). */
  readonly outsideDay?: boolean | undefined;
};

/** A part of a sold hold that came back: one ticket's refund or exchange. */
export type Returned = { readonly id: string; readonly sessionId: string; readonly quantity: number };

/** What happens to a hold on the counters first and in its own document afterwards. */
export type Step =
  | { readonly step: 'confirm' | 'release'; readonly hold: HoldFacts }
  /** `asked` for one that stood in line. */
  | { readonly step: 'place'; readonly hold: HoldFacts; readonly asked?: Asked | undefined }
  /** It stood in line for a session that was cancelled. */
  | { readonly step: 'reject'; readonly hold: HoldFacts; readonly asked: Asked }
  | { readonly step: 'return'; readonly hold: HoldFacts; readonly returned: Returned };

/** What was decided on the counters but may not stand in the hold's own document yet. */
export type Pending = Step & { readonly id: string };

/** The request that joined the line: it is the cause of whatever comes of it, long after it was answered. */
type Asked = { readonly messageId: string; readonly correlationId: string };

/** Stands in line (候补) until places come back; all its lines are for one session (SAL-26). */
export type Waiting = { readonly hold: HoldFacts; readonly until: string; readonly asked: Asked };

/** Sessions whose line changed and was not told since, and the revision that changed it last. */
type LineMoved = { readonly revision: number; readonly sessions: readonly string[] };

/** What staff decided about a session on the counters, until the session's own document has followed and told it. */
export type SessionStep = {
  readonly id: string;
  readonly sessionId: string;
  readonly command: Extract<
    SessionCommand,
    { readonly disruptionId: string } | { readonly type: 'ChangeCapacity' | 'ProposeCapacity' | 'ApproveCapacity' }
  >;
  readonly origin: Origin;
};

export type HoldFacts = {
  readonly holdId: string;
  readonly orderId: string;
  readonly channel: string;
  readonly expiresAt: string;
  readonly lines: readonly HoldLine[];
};

type HoldLine = { readonly sessionId: string; readonly siteDay: string; readonly quantity: number };

/** By whom it was said: a calendar's id, or the site itself. */
export type DayLimits = Readonly<Record<string, number>>;

export type SiteDay = {
  readonly id: string;
  /** Moves with every decision; the guard of the next one. */
  readonly revision: number;
  /** Undefined when the site has no daily maximum. */
  readonly day: Counters | undefined;
  /** Who bounds the day to how much (INV-05); `day-limits.policy.ts`. */
  readonly limits?: DayLimits | undefined;
  readonly sessions: Readonly<Record<string, SessionCounters>>;
  readonly pending: readonly Pending[];
  /** All sessions' lines as one, in order of arrival, because they share the day; undefined when nobody waits. */
  readonly waiting?: readonly Waiting[] | undefined;
  readonly lineMoved?: LineMoved | undefined;
  readonly steps?: readonly SessionStep[] | undefined;
};

/** Status of a hold as its own document says; `none` when there is no document. */
export type HoldStatus = 'none' | 'held' | 'confirmed' | 'released';

/** What a hold's own document says, as far as a decision needs it. */
export type HoldRecord = { readonly status: HoldStatus; readonly returns: readonly Returned[] };

/** Where there is no room, the place stands in line instead, unless so many stand there already. */
export type MayWait = { readonly until: string; readonly lineMax: number; readonly asked: Asked };

export type HoldRequest =
  | { readonly kind: 'place'; readonly hold: HoldFacts; readonly waiting?: MayWait | undefined }
  | { readonly kind: 'confirm'; readonly hold: HoldFacts }
  | { readonly kind: 'release'; readonly hold: HoldFacts; readonly refund: boolean }
  | { readonly kind: 'return'; readonly hold: HoldFacts; readonly returned: Returned };

type RejectionReason = 'sold-out' | 'day-full' | 'session-closed' | 'unknown-session';

export type HoldOutcome =
  /** Counters moved (or had moved before a crash): the hold's document must follow. */
  | (Step & { readonly kind: 'complete' })
  | {
      readonly kind: 'rejected';
      readonly hold: HoldFacts;
      readonly reason: RejectionReason;
      readonly sessionId: string;
      readonly available: number;
    }
  /** Stands in line at this position of its session, the first being 1. */
  | { readonly kind: 'queued'; readonly hold: HoldFacts; readonly sessionId: string; readonly position: number }
  /** Nothing to do: it is so already. */
  | { readonly kind: 'already' }
  /** A true message that came before the one it depends on. */
  | { readonly kind: 'early' }
  /** Sales confirmed what it had let go, or gives back more than it has: never expected, parked for people to see. */
  | { readonly kind: 'contradiction'; readonly detail: string };

/** How counters move. */
export type Delta = {
  readonly available: number;
  readonly held: number;
  readonly sold: number;
  /** Places that came back and went for good; those among them that were planned. */
  readonly shrunk?: number;
  readonly relieved?: number;
};

/** Difference of the counters that a batch makes, by session, and the pending entries that it adds. */
export type CounterChange = {
  readonly sessions: Readonly<Record<string, Delta>>;
  readonly day: Delta;
  readonly pending: readonly Pending[];
  /** Absent while the line stays as it is. */
  readonly line?: LineChange;
};

/** Who joins and who (by hold) leaves the line, and the sessions that this concerns. */
export type LineChange = {
  readonly joined: readonly Waiting[];
  readonly left: readonly string[];
  readonly sessions: readonly string[];
};

export type BatchDecision = {
  readonly outcomes: readonly HoldOutcome[];
  readonly change: CounterChange | undefined;
  /** What came of those in line, now or before a crash: their documents must follow as well. */
  readonly served: readonly Step[];
};

export function pendingId(step: Step): string {
  const { holdId } = step.hold;
  return step.step === 'return' ? `${holdId}:return:${step.returned.id}` : `${holdId}:${step.step}`;
}
