// A site-day: the counters of all sessions of one site on one day, in one document, so that one guarded write bounds a session
// and its day together (INV-05, INV-11). This page holds the words; `site-day.decider.ts` holds the decision.

/** `capacity = available + held + sold`, always (INV-11). */
export type Counters = {
  readonly capacity: number;
  readonly available: number;
  readonly held: number;
  readonly sold: number;
};

export type SessionCounters = Counters & { readonly status: 'open' | 'closed' };

/** A part of a sold hold that came back: one ticket's refund or exchange. */
export type Returned = { readonly id: string; readonly sessionId: string; readonly quantity: number };

/** What happens to a hold on the counters first and in its own document afterwards. */
export type Step =
  | { readonly step: 'place' | 'confirm' | 'release'; readonly hold: HoldFacts }
  | { readonly step: 'return'; readonly hold: HoldFacts; readonly returned: Returned };

/** What was decided on the counters but may not stand in the hold's own document yet. */
export type Pending = Step & { readonly id: string };

export type HoldFacts = {
  readonly holdId: string;
  readonly orderId: string;
  readonly channel: string;
  readonly expiresAt: string;
  readonly lines: readonly HoldLine[];
};

type HoldLine = { readonly sessionId: string; readonly siteDay: string; readonly quantity: number };

export type SiteDay = {
  readonly id: string;
  /** Moves with every decision; the guard of the next one. */
  readonly revision: number;
  /** Undefined when the site has no daily maximum. */
  readonly day: Counters | undefined;
  readonly sessions: Readonly<Record<string, SessionCounters>>;
  readonly pending: readonly Pending[];
};

/** Status of a hold as its own document says; `none` when there is no document. */
export type HoldStatus = 'none' | 'held' | 'confirmed' | 'released';

/** What a hold's own document says, as far as a decision needs it. */
export type HoldRecord = { readonly status: HoldStatus; readonly returns: readonly Returned[] };

export type HoldRequest =
  | { readonly kind: 'place'; readonly hold: HoldFacts }
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
  /** Nothing to do: it is so already. */
  | { readonly kind: 'already' }
  /** A true message that came before the one it depends on. */
  | { readonly kind: 'early' }
  /** Sales confirmed what it had let go, or gives back more than it has: never expected, parked for people to see. */
  | { readonly kind: 'contradiction'; readonly detail: string };

/** How counters move. */
export type Delta = { readonly available: number; readonly held: number; readonly sold: number };

/** Difference of the counters that a batch makes, by session, and the pending entries that it adds. */
export type CounterChange = {
  readonly sessions: Readonly<Record<string, Delta>>;
  readonly day: Delta;
  readonly pending: readonly Pending[];
};

export type BatchDecision = { readonly outcomes: readonly HoldOutcome[]; readonly change: CounterChange | undefined };

export function pendingId(step: Step): string {
  const { holdId } = step.hold;
  return step.step === 'return' ? `${holdId}:return:${step.returned.id}` : `${holdId}:${step.step}`;
}
