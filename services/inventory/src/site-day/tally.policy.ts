// Counters while a batch is decided: what is free after the requests before, and the differences that the one write will make.
import { NO_DELTA, plus } from './counters.policy.ts';
import type { Delta, HoldFacts, HoldOutcome, SiteDay } from './site-day.ts';

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
      const free = session.available + (this.#deltas.get(line.sessionId)?.available ?? 0);
      if (inSession > free) return rejected('sold-out', free);
      const { day } = this.#siteDay;
      if (day !== undefined && total > day.available + this.#day.available)
        return rejected('day-full', day.available + this.#day.available);
    }
    return undefined;
  }

  /** @returns whether places have become free */
  move(lines: HoldFacts['lines'], by: (quantity: number) => Delta): boolean {
    let freed = false;
    for (const { sessionId, quantity } of this.own(lines)) {
      const delta = by(quantity);
      this.#deltas.set(sessionId, plus(this.#deltas.get(sessionId) ?? NO_DELTA, delta));
      this.#day = plus(this.#day, delta);
      if (delta.available > 0) freed = true;
    }
    return freed;
  }
}
