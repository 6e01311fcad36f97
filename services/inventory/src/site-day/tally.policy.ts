// Counters while a batch is decided: what is free after the requests before, and the differences that the one write will make.
import { NO_DELTA, plus } from './counters.policy.ts';
import { roomOfDay } from './day-limits.policy.ts';
import type { CounterChange, Delta, HoldFacts, HoldOutcome, SiteDay } from './site-day.ts';

export type Rejection = Extract<HoldOutcome, { kind: 'rejected' }>;

export class Tally {
  readonly #siteDay: SiteDay;
  readonly #deltas = new Map<string, Delta>();
  #day: Delta = NO_DELTA;

  constructor(siteDay: SiteDay) {
    this.#siteDay = siteDay;
  }

  get deltas(): { readonly sessions: Readonly<Record<string, Delta>>; readonly day: Delta } {
    return { sessions: Object.fromEntries(this.#deltas), day: this.#day };
  }

  /** Lines on this day. */
  own(lines: HoldFacts['lines']): HoldFacts['lines'] {
    return lines.filter((line) => line.siteDay === this.#siteDay.id);
  }

  /** All lines of the hold or none: the first line without room refuses the whole. */
  refusalOf(hold: HoldFacts): Rejection | undefined {
    const wanted = new Map<string, number>();
    let total = 0;
    for (const line of this.own(hold.lines)) {
      const session = this.#siteDay.sessions[line.sessionId];
      const rejected = (reason: Rejection['reason'], available: number): Rejection => ({
        kind: 'rejected',
        hold,
        reason,
        sessionId: line.sessionId,
        available,
      });
      if (session === undefined) return rejected('unknown-session', 0);
      if (session.status !== 'open') return rejected('session-closed', 0);
      const inSession = (wanted.get(line.sessionId) ?? 0) + line.quantity;
      wanted.set(line.sessionId, inSession);
      total += line.quantity;
      const left = session.available + (this.#deltas.get(line.sessionId)?.available ?? 0);
      if (inSession > left) return rejected('sold-out', left);
      const free = this.#roomOfDay();
      if (total > free) return rejected('day-full', free);
    }
    return undefined;
  }

  #roomOfDay(): number {
    const { day, limits } = this.#siteDay;
    if (day === undefined) return Infinity;
    const { available, held, sold } = this.#day;
    const now = {
      capacity: day.capacity,
      available: day.available + available,
      held: day.held + held,
      sold: day.sold + sold,
    };
    return roomOfDay({ day: now, limits });
  }

  /** @returns whether places have become free, of the session or of the day */
  move(lines: HoldFacts['lines'], by: (quantity: number) => Delta): boolean {
    let freed = false;
    for (const { sessionId, quantity } of this.own(lines)) {
      const delta = by(quantity);
      const before = this.#deltas.get(sessionId) ?? NO_DELTA;
      this.#deltas.set(sessionId, plus(before, this.#afterShrinking(sessionId, before, delta)));
      if (this.#siteDay.sessions[sessionId]?.outsideDay !== true) this.#day = plus(this.#day, delta);
      if (delta.available > 0) freed = true;
    }
    return freed;
  }

  /** What comes back to a session that shrinks goes first, and only the rest becomes free. */
  #afterShrinking(sessionId: string, before: Delta, delta: Delta): Delta {
    const session = this.#siteDay.sessions[sessionId];
    if (session?.shrink === undefined || delta.available <= 0) return delta;
    const shrunk = Math.min(session.shrink - (before.shrunk ?? 0), delta.available);
    if (shrunk <= 0) return delta;
    const relieved = delta.sold < 0 ? Math.min((session.planned ?? 0) - (before.relieved ?? 0), shrunk) : 0;
    return { ...delta, available: delta.available - shrunk, shrunk, ...(relieved === 0 ? {} : { relieved }) };
  }
}

/** A place of this day is taken back: what it held becomes free, or goes where the session shrinks. */
export function undoing(siteDay: SiteDay, hold: HoldFacts): CounterChange {
  const tally = new Tally(siteDay);
  tally.move(hold.lines, (quantity) => ({ available: quantity, held: -quantity, sold: 0 }));
  return { ...tally.deltas, pending: [] };
}
