// Decides a batch of hold requests on one site-day, in order of arrival, in memory. The shell writes the outcome with one
// guarded update, so a batch of hundreds costs what one request costs (INV-12).
//
// hold is ↓ \ request →  place                     confirm                 release
// none                   complete | rejected       early                   complete (a tombstone: a later place is refused)
// place pending          complete (again)          complete                complete
// held                   already¹                  complete                complete
// confirm pending        already¹                  complete (again)        refund: complete · else already
// confirmed              already¹                  already                 refund: complete · else already
// release pending        already¹                  contradiction           complete (again)
// released               already¹                  contradiction           already
//
// "complete" moves the counters unless a pending entry says that they have moved before a crash.
// ¹ while its own place is pending still: complete (again), so that the entry goes. An entry whose step the document has passed
// decides nothing else: a hold is as far as the farther of the two, or a second release would give its places back twice.
import {
  pendingId,
  type BatchDecision,
  type Counters,
  type HoldFacts,
  type HoldOutcome,
  type HoldRequest,
  type HoldStatus,
  type Pending,
  type PendingStep,
  type SiteDay,
} from './site-day.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Delta = { available: number; held: number; sold: number };
type Progress = HoldStatus | 'placing' | 'confirming' | 'releasing';

const NO_DELTA: Delta = { available: 0, held: 0, sold: 0 };

/**
 * @param siteDay counters as read
 * @param statusOf what the holds' own documents say, read after the counters
 * @param requests in order of arrival; the same hold may come several times
 */
export function decideBatch(
  siteDay: SiteDay,
  statusOf: (holdId: string) => HoldStatus,
  requests: readonly HoldRequest[],
): BatchDecision {
  const batch = new Batch(siteDay, statusOf);
  const outcomes = requests.map((request) => batch.decide(request));
  return { outcomes, change: batch.change() };
}

class Batch {
  readonly #siteDay: SiteDay;
  readonly #statusOf: (holdId: string) => HoldStatus;
  readonly #deltas = new Map<string, Delta>();
  readonly #day: Delta = { ...NO_DELTA };
  readonly #pending: Pending[] = [];
  readonly #progress = new Map<string, Progress>();
  readonly #pendingBefore: ReadonlySet<string>;

  constructor(siteDay: SiteDay, statusOf: (holdId: string) => HoldStatus) {
    this.#siteDay = siteDay;
    this.#statusOf = statusOf;
    this.#pendingBefore = new Set(siteDay.pending.map(({ id }) => id));
  }

  decide(request: HoldRequest): HoldOutcome {
    const { hold } = request;
    const progress = this.#progress.get(hold.holdId) ?? this.#read(hold.holdId);
    switch (request.kind) {
      case 'place':
        if (this.#pendingBefore.has(pendingId(hold.holdId, 'place'))) return { kind: 'complete', step: 'place', hold };
        return this.#place(hold, progress);
      case 'confirm':
        return this.#confirm(hold, progress);
      case 'release':
        return this.#release(hold, progress, request.refund);
    }
  }

  change(): BatchDecision['change'] {
    if (this.#pending.length === 0) return undefined;
    return { sessions: Object.fromEntries(this.#deltas), day: this.#day, pending: this.#pending };
  }

  /** Pending entries tell of steps that the hold's document may not show yet; the farthest step of both wins. */
  #read(holdId: string): Progress {
    const status = this.#statusOf(holdId);
    if (this.#pendingBefore.has(pendingId(holdId, 'release'))) return 'releasing';
    if (status === 'released') return 'released';
    if (this.#pendingBefore.has(pendingId(holdId, 'confirm'))) return 'confirming';
    if (status === 'none' && this.#pendingBefore.has(pendingId(holdId, 'place'))) return 'placing';
    return status;
  }

  #place(hold: HoldFacts, progress: Progress): HoldOutcome {
    switch (progress) {
      case 'none': {
        const refusal = this.#refusal(hold);
        if (refusal !== undefined) return refusal;
        this.#move(hold, 'place', (quantity) => ({ available: -quantity, held: quantity, sold: 0 }));
        return { kind: 'complete', step: 'place', hold };
      }
      case 'placing':
        return { kind: 'complete', step: 'place', hold };
      case 'held':
      case 'confirming':
      case 'confirmed':
      case 'releasing':
      case 'released':
        return { kind: 'already' };
    }
  }

  #confirm(hold: HoldFacts, progress: Progress): HoldOutcome {
    switch (progress) {
      case 'none':
        return { kind: 'early' };
      case 'placing':
      case 'held':
        this.#move(hold, 'confirm', (quantity) => ({ available: 0, held: -quantity, sold: quantity }));
        return { kind: 'complete', step: 'confirm', hold };
      case 'confirming':
        return { kind: 'complete', step: 'confirm', hold };
      case 'confirmed':
        return { kind: 'already' };
      case 'releasing':
      case 'released':
        return { kind: 'contradiction', detail: 'confirmed after it was released' };
    }
  }

  #release(hold: HoldFacts, progress: Progress, refund: boolean): HoldOutcome {
    switch (progress) {
      case 'none':
        this.#progress.set(hold.holdId, 'releasing');
        return { kind: 'complete', step: 'release', hold };
      case 'placing':
      case 'held':
        this.#move(hold, 'release', (quantity) => ({ available: quantity, held: -quantity, sold: 0 }));
        return { kind: 'complete', step: 'release', hold };
      case 'confirming':
      case 'confirmed':
        if (!refund) return { kind: 'already' };
        this.#move(hold, 'release', (quantity) => ({ available: quantity, held: 0, sold: -quantity }));
        return { kind: 'complete', step: 'release', hold };
      case 'releasing':
        return { kind: 'complete', step: 'release', hold };
      case 'released':
        return { kind: 'already' };
    }
  }

  /** All lines of the hold or none: the first line without room refuses the whole. */
  #refusal(hold: HoldFacts): HoldOutcome | undefined {
    const wanted = new Map<string, number>();
    let total = 0;
    for (const line of this.#ownLines(hold)) {
      const session = this.#siteDay.sessions[line.sessionId];
      const rejected = (
        reason: 'sold-out' | 'day-full' | 'session-closed' | 'unknown-session',
        available: number,
      ): HoldOutcome => ({
        kind: 'rejected',
        hold,
        reason,
        sessionId: line.sessionId,
        available,
      });
      if (session === undefined) return rejected('unknown-session', 0);
      if (session.status === 'closed') return rejected('session-closed', 0);
      const inSession = (wanted.get(line.sessionId) ?? 0) + line.quantity;
      wanted.set(line.sessionId, inSession);
      total += line.quantity;
      const free = session.available + (this.#deltas.get(line.sessionId)?.available ?? 0);
      if (inSession > free) return rejected('sold-out', free);
      const { day } = this.#siteDay;
      if (day !== undefined && total > day.available + this.#day.available)
        return rejected('day-full', day.available + this.#day.available);
    }
    return undefined;
  }

  #ownLines(hold: HoldFacts): HoldFacts['lines'] {
    return hold.lines.filter((line) => line.siteDay === this.#siteDay.id);
  }

  #move(hold: HoldFacts, step: PendingStep, by: (quantity: number) => Delta): void {
    for (const line of this.#ownLines(hold)) {
      const delta = by(line.quantity);
      this.#deltas.set(line.sessionId, plus(this.#deltas.get(line.sessionId) ?? NO_DELTA, delta));
      Object.assign(this.#day, plus(this.#day, delta));
    }
    this.#pending.push({ id: pendingId(hold.holdId, step), step, hold });
    this.#progress.set(hold.holdId, step === 'place' ? 'placing' : step === 'confirm' ? 'confirming' : 'releasing');
  }
}

function plus(a: Delta, b: Delta): Delta {
  return { available: a.available + b.available, held: a.held + b.held, sold: a.sold + b.sold };
}

/** The counters after a change; the shell writes the same with `$inc`. */
export function applyChange(siteDay: SiteDay, change: NonNullable<BatchDecision['change']>): SiteDay {
  const sessions: Mutable<SiteDay['sessions']> = { ...siteDay.sessions };
  for (const [sessionId, delta] of Object.entries(change.sessions)) {
    const before = sessions[sessionId];
    if (before !== undefined) sessions[sessionId] = { ...before, ...moved(before, delta) };
  }
  return {
    ...siteDay,
    revision: siteDay.revision + 1,
    day: siteDay.day === undefined ? undefined : { ...siteDay.day, ...moved(siteDay.day, change.day) },
    sessions,
    pending: [...siteDay.pending, ...change.pending],
  };
}

function moved(counters: Counters, delta: Delta): Counters {
  return {
    capacity: counters.capacity,
    available: counters.available + delta.available,
    held: counters.held + delta.held,
    sold: counters.sold + delta.sold,
  };
}

/** INV-11, as the auditor asks it. */
export function balanced(counters: Counters): boolean {
  const { capacity, available, held, sold } = counters;
  return available >= 0 && held >= 0 && sold >= 0 && available + held + sold === capacity;
}
