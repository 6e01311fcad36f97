// Which sessions give up how many places when more are given out for a day than it may take (INV-05, INV-20).
//
// session is ↓                on their way out already   may give up
// ahead, open or closed       what shrinks               what would stay: held places, then sold ones
// begun                       what shrinks               nothing: people are inside
// over, or without a document nothing                    nothing
// cancelled                   all that the day counts    nothing
//
// Held places go first, because nobody holds a ticket for them yet: most run out by themselves, and a session's reduction counts on that
// as well. The rest is shared among the sessions in proportion to the sold places that would stay, so that a holder's risk is the same
// whichever session they chose and no session is emptied while another stays full. What proportion leaves of whole places goes to the
// largest remainders; between equal ones to the session that starts later, whose holders have longer to choose. Within a session sales
// sends home the newest first (SAL-52).
import { overOf } from './day-limits.policy.ts';
import type { SessionCounters, SiteDay } from './site-day.ts';

/** Instants, RFC 3339. */
export type SessionTimes = { readonly id: string; readonly startsAt: string; readonly endsAt: string };

export type DayReduction = {
  /** Places given out beyond the limit. */
  readonly over: number;
  /** Those of them that some reduction or cancellation has seen to already. */
  readonly going: number;
  /** By session: how many it gives up, and the capacity that it comes to by that. */
  readonly sessions: readonly Giving[];
  /** Places over the limit that no session can give up. */
  readonly left: number;
};
type Giving = { readonly id: string; readonly gives: number; readonly capacity: number };

type Giver = { readonly id: string; readonly startsMs: number; readonly held: number; readonly sold: number };

/**
 * @param sessions of the day
 * @param capacities where they were proposed: only these sessions give up places, and none goes below what was proposed for it
 */
export function dayReduction(
  siteDay: Pick<SiteDay, 'day' | 'limits' | 'sessions'>,
  sessions: readonly SessionTimes[],
  now: Date,
  capacities?: ReadonlyMap<string, number>,
): DayReduction {
  const times = new Map(sessions.map((session) => [session.id, session]));
  const all = Object.entries(siteDay.sessions).map(([id, counters]) => ({ id, counters, at: times.get(id) }));
  const over = overOf(siteDay);
  const gone = all.reduce((sum, { counters, at }) => sum + goingOf(counters, at, now), 0);
  const going = Math.min(over, gone);
  const givers = all.flatMap(({ id, counters, at }) => giverOf(id, counters, at, now));
  const surplus = over - going;
  const gives = shared(surplus, capacities === undefined ? givers : atMost(givers, capacities));
  const given = givers.flatMap(({ id, held, sold }): readonly Giving[] => {
    const own = gives.get(id) ?? 0;
    return own === 0 ? [] : [{ id, gives: own, capacity: held + sold - own }];
  });
  return { over, going, sessions: given, left: given.reduce((rest, one) => rest - one.gives, surplus) };
}

function goingOf(counters: SessionCounters, at: SessionTimes | undefined, now: Date): number {
  if (counters.outsideDay === true) return 0;
  if (counters.status === 'cancelled') return counters.held + counters.sold;
  return at === undefined || new Date(at.endsAt) <= now ? 0 : (counters.shrink ?? 0);
}

/** What shrinks already takes held places first. */
function giverOf(
  id: string,
  { status, held, sold, shrink = 0 }: SessionCounters,
  at: SessionTimes | undefined,
  now: Date,
): readonly Giver[] {
  if (at === undefined || status === 'cancelled' || new Date(at.startsAt) <= now) return [];
  const startsMs = new Date(at.startsAt).getTime();
  return [{ id, startsMs, held: Math.max(0, held - shrink), sold: Math.min(sold, held + sold - shrink) }];
}

function atMost(givers: readonly Giver[], capacities: ReadonlyMap<string, number>): readonly Giver[] {
  return givers.flatMap((giver) => {
    const capacity = capacities.get(giver.id);
    if (capacity === undefined) return [];
    const most = Math.max(0, giver.held + giver.sold - capacity);
    const held = Math.min(giver.held, most);
    return [{ ...giver, held, sold: most - held }];
  });
}

function shared(surplus: number, givers: readonly Giver[]): ReadonlyMap<string, number> {
  const held = proportional(surplus, givers, (giver) => giver.held);
  const sold = proportional(surplus - total([...held.values()]), givers, (giver) => giver.sold);
  return new Map(givers.map(({ id }) => [id, (held.get(id) ?? 0) + (sold.get(id) ?? 0)]));
}

/** Never more than each has; all of it where that is less than the surplus. */
function proportional(
  surplus: number,
  givers: readonly Giver[],
  has: (giver: Giver) => number,
): ReadonlyMap<string, number> {
  const all = total(givers.map(has));
  const wanted = Math.min(surplus, all);
  if (wanted === 0) return new Map();
  const parts = givers.map((giver) => {
    const whole = Math.floor((wanted * has(giver)) / all);
    return { ...giver, whole, remainder: (wanted * has(giver)) % all };
  });
  const rest = wanted - total(parts.map(({ whole }) => whole));
  const turn = [...parts].sort(
    (a, b) => b.remainder - a.remainder || b.startsMs - a.startsMs || (a.id < b.id ? -1 : 1),
  );
  const more = new Set(turn.slice(0, rest).map(({ id }) => id));
  return new Map(parts.map(({ id, whole }) => [id, whole + (more.has(id) ? 1 : 0)]));
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
