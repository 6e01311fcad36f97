// Decides a batch of hold requests on one site-day, in order of arrival, in memory. The shell writes the outcome with one
// guarded update, so a batch of hundreds costs what one request costs (INV-12).
//
// hold is ↓ \ request →  place                confirm           release                        return (of a part)
// none                   complete | rejected  early             complete (a tombstone²)        early
// place pending          complete (again)     complete          complete                       early
// held                   already¹             complete          complete                       early
// confirm pending        already¹             complete (again)  refund: complete³ · else already  early
// confirmed              already¹             already           refund: complete³ · else already  complete | contradiction⁴
// release pending        already¹             contradiction     complete (again)               already⁵
// released               already¹             contradiction     already                        already⁵
//
// "complete" moves the counters unless a pending entry says that they have moved before a crash.
// ¹ while its own place is pending still: complete (again), so that the entry goes. An entry whose step the document has passed
// decides nothing else: a hold is as far as the farther of the two, or a second release would give its places back twice.
// ² a later place is refused. ³ what returns have left of it. ⁴ when less than that is left of the hold in this session.
// ⁵ and so is a return that is known by its id, wherever the hold stands; while its own entry is pending: complete (again).
import { NO_DELTA, plus } from './counters.policy.ts';
import {
  pendingId,
  type BatchDecision,
  type Delta,
  type HoldFacts,
  type HoldOutcome,
  type HoldRecord,
  type HoldRequest,
  type HoldStatus,
  type Pending,
  type Returned,
  type SiteDay,
  type Step,
} from './site-day.ts';

type Progress = HoldStatus | 'placing' | 'confirming' | 'releasing';

const AFTER = { place: 'placing', confirm: 'confirming', release: 'releasing' } as const;

/**
 * @param siteDay counters as read
 * @param recordOf what the holds' own documents say, read after the counters; undefined when there is none
 * @param requests in order of arrival; the same hold may come several times
 */
export function decideBatch(
  siteDay: SiteDay,
  recordOf: (holdId: string) => HoldRecord | undefined,
  requests: readonly HoldRequest[],
): BatchDecision {
  const batch = new Batch(siteDay, recordOf);
  const outcomes = requests.map((request) => batch.decide(request));
  return { outcomes, change: batch.change() };
}

class Batch {
  readonly #siteDay: SiteDay;
  readonly #recordOf: (holdId: string) => HoldRecord | undefined;
  readonly #deltas = new Map<string, Delta>();
  #day: Delta = NO_DELTA;
  readonly #pending: Pending[] = [];
  readonly #progress = new Map<string, Progress>();
  readonly #pendingBefore: ReadonlySet<string>;

  constructor(siteDay: SiteDay, recordOf: (holdId: string) => HoldRecord | undefined) {
    this.#siteDay = siteDay;
    this.#recordOf = recordOf;
    this.#pendingBefore = new Set(siteDay.pending.map(({ id }) => id));
  }

  decide(request: HoldRequest): HoldOutcome {
    const { hold } = request;
    const progress = this.#progress.get(hold.holdId) ?? this.#read(hold.holdId);
    switch (request.kind) {
      case 'place':
        return this.#place(hold, progress);
      case 'confirm':
        return this.#confirm(hold, progress);
      case 'release':
        return this.#release(hold, progress, request.refund);
      case 'return':
        return this.#return(hold, progress, request.returned);
    }
  }

  change(): BatchDecision['change'] {
    if (this.#pending.length === 0) return undefined;
    return { sessions: Object.fromEntries(this.#deltas), day: this.#day, pending: this.#pending };
  }

  /** Pending entries tell of steps that the hold's document may not show yet; the farthest step of both wins. */
  #read(holdId: string): Progress {
    const status = this.#recordOf(holdId)?.status ?? 'none';
    if (this.#pendingBefore.has(`${holdId}:release`)) return 'releasing';
    if (status === 'released') return 'released';
    if (this.#pendingBefore.has(`${holdId}:confirm`)) return 'confirming';
    if (status === 'none' && this.#pendingBefore.has(`${holdId}:place`)) return 'placing';
    return status;
  }

  #place(hold: HoldFacts, progress: Progress): HoldOutcome {
    const step = { step: 'place', hold } as const;
    if (this.#pendingBefore.has(pendingId(step))) return { ...step, kind: 'complete' };
    switch (progress) {
      case 'none': {
        const refusal = this.#refusal(hold);
        if (refusal !== undefined) return refusal;
        return this.#move(step, hold.lines, (quantity) => ({ available: -quantity, held: quantity, sold: 0 }));
      }
      case 'placing':
        return { ...step, kind: 'complete' };
      case 'held':
      case 'confirming':
      case 'confirmed':
      case 'releasing':
      case 'released':
        return { kind: 'already' };
    }
  }

  #confirm(hold: HoldFacts, progress: Progress): HoldOutcome {
    const step = { step: 'confirm', hold } as const;
    switch (progress) {
      case 'none':
        return { kind: 'early' };
      case 'placing':
      case 'held':
        return this.#move(step, hold.lines, (quantity) => ({ available: 0, held: -quantity, sold: quantity }));
      case 'confirming':
        return { ...step, kind: 'complete' };
      case 'confirmed':
        return { kind: 'already' };
      case 'releasing':
      case 'released':
        return { kind: 'contradiction', detail: 'confirmed after it was released' };
    }
  }

  #release(hold: HoldFacts, progress: Progress, refund: boolean): HoldOutcome {
    const step = { step: 'release', hold } as const;
    switch (progress) {
      case 'none':
        this.#progress.set(hold.holdId, 'releasing');
        return { ...step, kind: 'complete' };
      case 'placing':
      case 'held':
        return this.#move(step, hold.lines, (quantity) => ({ available: quantity, held: -quantity, sold: 0 }));
      case 'confirming':
      case 'confirmed':
        if (!refund) return { kind: 'already' };
        return this.#move(step, this.#leftOf(hold), sold);
      case 'releasing':
        return { ...step, kind: 'complete' };
      case 'released':
        return { kind: 'already' };
    }
  }

  #return(hold: HoldFacts, progress: Progress, returned: Returned): HoldOutcome {
    const step = { step: 'return', hold, returned } as const;
    if (this.#pendingBefore.has(pendingId(step))) return { ...step, kind: 'complete' };
    switch (progress) {
      case 'none':
      case 'placing':
      case 'held':
      case 'confirming':
        return { kind: 'early' };
      case 'releasing':
      case 'released':
        return { kind: 'already' };
      case 'confirmed': {
        if (this.#returnsOf(hold.holdId).some(({ id }) => id === returned.id)) return { kind: 'already' };
        const { sessionId, quantity } = returned;
        const lines = this.#leftOf(hold).filter((line) => line.sessionId === sessionId);
        const left = lines.reduce((sum, line) => sum + line.quantity, 0);
        if (quantity > left)
          return { kind: 'contradiction', detail: `${quantity} places come back, ${left} are left of the hold` };
        return this.#move(step, [{ sessionId, siteDay: this.#siteDay.id, quantity }], sold);
      }
    }
  }

  /** All lines of the hold or none: the first line without room refuses the whole. */
  #refusal(hold: HoldFacts): HoldOutcome | undefined {
    const wanted = new Map<string, number>();
    let total = 0;
    for (const line of this.#own(hold.lines)) {
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

  #own(lines: HoldFacts['lines']): HoldFacts['lines'] {
    return lines.filter((line) => line.siteDay === this.#siteDay.id);
  }

  /** Returns that the document knows, and those that are decided but not written there yet. */
  #returnsOf(holdId: string): readonly Returned[] {
    const known = new Map((this.#recordOf(holdId)?.returns ?? []).map((entry) => [entry.id, entry]));
    for (const entry of [...this.#siteDay.pending, ...this.#pending])
      if (entry.step === 'return' && entry.hold.holdId === holdId) known.set(entry.returned.id, entry.returned);
    return [...known.values()];
  }

  /** The hold's lines on this day without what has come back. */
  #leftOf(hold: HoldFacts): HoldFacts['lines'] {
    const back = new Map<string, number>();
    for (const { sessionId, quantity } of this.#returnsOf(hold.holdId))
      back.set(sessionId, (back.get(sessionId) ?? 0) + quantity);
    return this.#own(hold.lines).map((line) => {
      const taken = Math.min(line.quantity, back.get(line.sessionId) ?? 0);
      back.set(line.sessionId, (back.get(line.sessionId) ?? 0) - taken);
      return { ...line, quantity: line.quantity - taken };
    });
  }

  #move(step: Step, lines: HoldFacts['lines'], by: (quantity: number) => Delta): HoldOutcome {
    for (const { sessionId, quantity } of this.#own(lines)) {
      const delta = by(quantity);
      this.#deltas.set(sessionId, plus(this.#deltas.get(sessionId) ?? NO_DELTA, delta));
      this.#day = plus(this.#day, delta);
    }
    this.#pending.push({ ...step, id: pendingId(step) });
    if (step.step !== 'return') this.#progress.set(step.hold.holdId, AFTER[step.step]);
    return { ...step, kind: 'complete' };
  }
}

function sold(quantity: number): Delta {
  return { available: quantity, held: 0, sold: -quantity };
}
