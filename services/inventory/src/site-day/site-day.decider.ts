// Decides a batch of hold requests on one site-day, in order of arrival, in memory. The shell writes the outcome with one
// guarded update, so a batch of hundreds costs what one request costs (INV-12).
//
// hold is ↓ \ request →  place                         confirm           release                           return (of a part)
// none                   complete | rejected | queued  early             complete (a tombstone²)           early
// queued                 queued (said again)           early             complete (leaves the line²)       early
// place pending          complete (again)              complete          complete                          early
// held                   already¹                      complete          complete                          early
// confirm pending        already¹                      complete (again)  refund: complete³ · else already  early
// confirmed              already¹                      already           refund: complete³ · else already  complete | contradiction⁴
// release pending        already¹                      contradiction     complete (again)                  already⁵
// released               already¹                      contradiction     already                           already⁵
//
// "complete" moves the counters unless a pending entry says that they have moved before a crash.
// ¹ while its own place is pending still: complete (again), so that the entry goes; so is a confirm. An entry whose step the document has passed
// decides nothing else: a hold is as far as the farther of the two, or a second release would give its places back twice.
// ² a later place is refused. ³ what returns have left of it. ⁴ when less than that is left of the hold in this session.
// ⁵ and so is a return that is known by its id, wherever the hold stands; while its own entry is pending: complete (again).
//
// The line (SAL-26). A place that may wait and finds its session sold out, or the day full, joins it. It is served from the front
// whenever places have come back, before the next place of the batch is decided and at its end, so nobody passes by:
//
// session of the entry is ↓ \ it →  fits what is free                                   does not fit
// open                               place pending, leaves the line                      stays, and lets smaller ones behind it go first
// closed                             stays                                               stays
// cancelled                          reject pending (session-closed), leaves the line    the same
import { applyChange, NO_DELTA } from './counters.policy.ts';
import {
  pendingId,
  type BatchDecision,
  type Delta,
  type HoldFacts,
  type HoldOutcome,
  type HoldRecord,
  type HoldRequest,
  type HoldStatus,
  type MayWait,
  type Pending,
  type Returned,
  type SiteDay,
  type Step,
} from './site-day.ts';
import { Tally, type Rejection } from './tally.policy.ts';
import { WaitingLine } from './waiting-line.policy.ts';

type Progress = HoldStatus | 'queued' | 'placing' | 'confirming' | 'releasing';

const AFTER = { place: 'placing', confirm: 'confirming', release: 'releasing', reject: 'releasing' } as const;

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
  return batch.end(outcomes);
}

/** The site-day as a newcomer finds it: those in line are served first. */
export function afterLine(siteDay: SiteDay): SiteDay {
  if (siteDay.waiting === undefined) return siteDay;
  const { change } = decideBatch(siteDay, () => undefined, []);
  return change === undefined ? siteDay : applyChange(siteDay, change);
}

class Batch {
  readonly #siteDay: SiteDay;
  readonly #recordOf: (holdId: string) => HoldRecord | undefined;
  readonly #tally: Tally;
  readonly #pending: Pending[] = [];
  readonly #progress = new Map<string, Progress>();
  readonly #pendingBefore: ReadonlySet<string>;
  readonly #line: WaitingLine;
  readonly #served = new Map<string, Step>();
  /** Places may have come back since the line was served last. */
  #unserved: boolean;

  constructor(siteDay: SiteDay, recordOf: (holdId: string) => HoldRecord | undefined) {
    this.#siteDay = siteDay;
    this.#recordOf = recordOf;
    this.#tally = new Tally(siteDay);
    this.#pendingBefore = new Set(siteDay.pending.map(({ id }) => id));
    this.#line = new WaitingLine(siteDay.waiting ?? []);
    this.#unserved = this.#line.size > 0;
  }

  decide(request: HoldRequest): HoldOutcome {
    const { hold } = request;
    if (request.kind === 'place') this.#serve();
    const progress = this.#progress.get(hold.holdId) ?? this.#read(hold.holdId);
    switch (request.kind) {
      case 'place':
        return this.#place(hold, progress, request.waiting);
      case 'confirm':
        return this.#confirm(hold, progress);
      case 'release':
        return this.#release(hold, progress, request.refund);
      case 'return':
        return this.#return(hold, progress, request.returned);
    }
  }

  end(outcomes: readonly HoldOutcome[]): BatchDecision {
    this.#serve();
    const settled = outcomes.map((outcome) => (outcome.kind === 'queued' ? this.#queued(outcome.hold) : outcome));
    const line = this.#line.change();
    const change =
      this.#pending.length === 0 && line === undefined
        ? undefined
        : { ...this.#tally.deltas, pending: this.#pending, ...(line === undefined ? {} : { line }) };
    // Nobody sends a message again for what came of a line before a crash: it is completed here.
    const before = this.#siteDay.pending.filter(isServed);
    return { outcomes: settled, change, served: [...before, ...this.#served.values()] };
  }

  /** Pending entries tell of steps that the hold's document may not show yet; the farthest step of both wins. */
  #read(holdId: string): Progress {
    if (this.#line.has(holdId)) return 'queued';
    const status = this.#recordOf(holdId)?.status ?? 'none';
    if (this.#pendingBefore.has(`${holdId}:release`) || this.#pendingBefore.has(`${holdId}:reject`)) return 'releasing';
    if (status === 'released' || status === 'confirmed') return status;
    if (this.#pendingBefore.has(`${holdId}:confirm`)) return 'confirming';
    if (status === 'none' && this.#pendingBefore.has(`${holdId}:place`)) return 'placing';
    return status;
  }

  #place(hold: HoldFacts, progress: Progress, waiting: MayWait | undefined): HoldOutcome {
    const step = { step: 'place', hold } as const;
    if (this.#pendingBefore.has(pendingId(step))) return { ...step, kind: 'complete' };
    switch (progress) {
      case 'none': {
        const refusal = this.#tally.refusalOf(hold);
        if (refusal !== undefined) return waiting === undefined ? refusal : this.#join(hold, refusal, waiting);
        return this.#move(step, hold.lines, toHeld);
      }
      case 'queued':
        return this.#queued(hold);
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
    if (progress === 'confirmed' && this.#pendingBefore.has(pendingId(step))) return { ...step, kind: 'complete' };
    switch (progress) {
      case 'none':
      case 'queued':
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
      case 'queued':
        this.#line.leave(hold.holdId);
        return this.#move(step, [], () => NO_DELTA);
      case 'placing':
      case 'held':
        return this.#move(step, hold.lines, (quantity) => ({ available: quantity, held: -quantity, sold: 0 }));
      case 'confirming':
      case 'confirmed':
        if (!refund) return { kind: 'already' };
        return this.#move(step, this.#leftOf(hold), backFromSold);
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
      case 'queued':
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
        return this.#move(step, [{ sessionId, siteDay: this.#siteDay.id, quantity }], backFromSold);
      }
    }
  }

  /** A refusal for want of room becomes a place in line, unless the line is closed to more. */
  #join(hold: HoldFacts, refusal: Rejection, { until, lineMax, asked }: MayWait): HoldOutcome {
    const { sessionId, reason } = refusal;
    const full = reason === 'sold-out' || reason === 'day-full';
    if (!full || hold.lines.some((line) => line.sessionId !== sessionId)) return refusal;
    if (!this.#line.join({ hold, until, asked }, lineMax)) return { ...refusal, reason: 'sold-out' };
    return this.#queued(hold);
  }

  /** How it stands with a hold that joined the line, in this batch or before: it may have been served since. */
  #queued(hold: HoldFacts): HoldOutcome {
    const standing = this.#line.standing(hold.holdId);
    if (standing !== undefined) return { kind: 'queued', hold, ...standing };
    const served = this.#served.get(hold.holdId);
    return served?.step === 'place' ? { ...served, kind: 'complete' } : { kind: 'already' };
  }

  /** First come, first served: each takes what it needs of what those before it have left. */
  #serve(): void {
    if (!this.#unserved) return;
    this.#unserved = false;
    for (const { hold, asked } of this.#line) {
      const sessionId = hold.lines[0]?.sessionId ?? '';
      if (this.#siteDay.sessions[sessionId]?.status === 'cancelled') {
        this.#line.leave(hold.holdId);
        this.#move({ step: 'reject', hold, asked }, [], () => NO_DELTA);
        this.#served.set(hold.holdId, { step: 'reject', hold, asked });
      } else if (this.#tally.refusalOf(hold) === undefined) {
        this.#line.leave(hold.holdId);
        this.#move({ step: 'place', hold, asked }, hold.lines, toHeld);
        this.#served.set(hold.holdId, { step: 'place', hold, asked });
      }
    }
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
    return this.#tally.own(hold.lines).map((line) => {
      const taken = Math.min(line.quantity, back.get(line.sessionId) ?? 0);
      back.set(line.sessionId, (back.get(line.sessionId) ?? 0) - taken);
      return { ...line, quantity: line.quantity - taken };
    });
  }

  #move(step: Step, lines: HoldFacts['lines'], by: (quantity: number) => Delta): HoldOutcome {
    if (this.#tally.move(lines, by)) this.#unserved = this.#line.size > 0;
    this.#pending.push({ ...step, id: pendingId(step) });
    if (step.step !== 'return') this.#progress.set(step.hold.holdId, AFTER[step.step]);
    return { ...step, kind: 'complete' };
  }
}

function toHeld(quantity: number): Delta {
  return { available: -quantity, held: quantity, sold: 0 };
}

function backFromSold(quantity: number): Delta {
  return { available: quantity, held: 0, sold: -quantity };
}

function isServed(step: Step): boolean {
  return step.step === 'reject' || (step.step === 'place' && step.asked !== undefined);
}
