// The line of those who wait for places to come back (候补, SAL-26): who stands in it, who may join, and at which position. It is one
// line per site-day, because a full day stands in the way of every session; positions are told per session.
import { WAITING_LINE_MAX } from '@tongpiao/contracts';
import type { LineChange, SiteDay, Waiting } from './site-day.ts';

export class WaitingLine {
  readonly #entries: Map<string, Waiting>;
  readonly #lengths = new Map<string, number>();
  readonly #joined = new Map<string, Waiting>();
  readonly #left: string[] = [];
  readonly #moved = new Set<string>();

  constructor(entries: readonly Waiting[]) {
    this.#entries = new Map(entries.map((entry) => [entry.hold.holdId, entry]));
    for (const entry of entries) this.#count(entry, 1);
  }

  get size(): number {
    return this.#entries.size;
  }

  has(holdId: string): boolean {
    return this.#entries.has(holdId);
  }

  /** In order of arrival; whoever is looked at may leave. */
  [Symbol.iterator](): IterableIterator<Waiting> {
    return this.#entries.values();
  }

  /** @returns false when the session's line, or the day's, is closed to more */
  join(entry: Waiting, lineMax: number): boolean {
    const { holdId } = entry.hold;
    if (this.size >= WAITING_LINE_MAX || (this.#lengths.get(sessionOf(entry)) ?? 0) >= lineMax) return false;
    this.#entries.set(holdId, entry);
    this.#joined.set(holdId, entry);
    this.#count(entry, 1);
    this.#moved.add(sessionOf(entry));
    return true;
  }

  leave(holdId: string): void {
    const entry = this.#entries.get(holdId);
    if (entry === undefined) return;
    this.#entries.delete(holdId);
    this.#count(entry, -1);
    this.#moved.add(sessionOf(entry));
    if (!this.#joined.delete(holdId)) this.#left.push(holdId);
  }

  standing(holdId: string): { readonly sessionId: string; readonly position: number } | undefined {
    const entry = this.#entries.get(holdId);
    if (entry === undefined) return undefined;
    const sessionId = sessionOf(entry);
    let position = 0;
    for (const other of this.#entries.values()) {
      if (sessionOf(other) === sessionId) position += 1;
      if (other === entry) break;
    }
    return { sessionId, position };
  }

  /** Undefined when the line is as it was: whoever came and went again leaves no trace. */
  change(): LineChange | undefined {
    if (this.#joined.size === 0 && this.#left.length === 0) return undefined;
    return { joined: [...this.#joined.values()], left: this.#left, sessions: [...this.#moved] };
  }

  #count(entry: Waiting, by: number): void {
    const sessionId = sessionOf(entry);
    this.#lengths.set(sessionId, (this.#lengths.get(sessionId) ?? 0) + by);
  }
}

/** The line of a site-day after a change; an empty one is none at all. */
export function lineAfter(siteDay: SiteDay, change: LineChange): Required<Pick<SiteDay, 'waiting' | 'lineMoved'>> {
  const left = new Set(change.left);
  const waiting = [...(siteDay.waiting ?? []).filter(({ hold }) => !left.has(hold.holdId)), ...change.joined];
  const sessions = [...new Set([...(siteDay.lineMoved?.sessions ?? []), ...change.sessions])];
  return {
    waiting: waiting.length === 0 ? undefined : waiting,
    lineMoved: { revision: siteDay.revision + 1, sessions },
  };
}

/** All lines of an entry are for one session. */
export function sessionOf({ hold }: Waiting): string {
  return hold.lines[0]?.sessionId ?? '';
}
