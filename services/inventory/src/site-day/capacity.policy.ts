// How many places a session shall have, and how it gets there (INV-20). Fewer than are taken needs a plan: what is taken stays, nothing
// is free any more, and places that come back go instead of becoming free, until the session has shrunk to what was decided.
// `available + held + sold = capacity` holds at every step of that; the site's day keeps its own capacity, so what a session
// loses other sessions of the day may still use.
//
// taken = held + sold; target = what shall be
//
// session is ↓ \ target →   at least what is taken             less, but not less than was decided   less
// whole                     changed                            –                                     too-low   | reduced
// shrinking                 changed: it shrinks no more        changed: it shrinks less              too-low   | reduced further
// cancelled                 cancelled                          cancelled                             cancelled | cancelled
//
// In the last column: a plain change, and one with a plan for those who hold tickets. Whoever was planned for and has not to go any
// more is taken back, and sales hears how many that are: `planned` is always what sales still has to look after, and never more than
// have to go once every held place is let go.
import type { SessionCounters } from './site-day.ts';

/** What was decided for the session: its capacity without the places that still have to go. */
export function targetOf({ capacity, shrink = 0 }: SessionCounters): number {
  return capacity - shrink;
}

/** A plain change of capacity. */
export function changedTo(session: SessionCounters, target: number): SessionCounters | 'too-low' | 'cancelled' {
  if (session.status === 'cancelled') return 'cancelled';
  const { shrink: decided, planned = 0, ...rest } = session;
  const taken = session.held + session.sold;
  if (target >= taken) return { ...rest, capacity: target, available: target - taken };
  if (decided === undefined || target < targetOf(session)) return 'too-low';
  const shrink = taken - target;
  return shrinking(session, shrink, Math.min(planned, needed(session.held, shrink)));
}

/** Sold places that sales was asked to look after, and that a change lets stay. */
export function takenBackBy(before: SessionCounters, after: SessionCounters): number {
  return Math.max(0, (before.planned ?? 0) - (after.planned ?? 0));
}

/** A change that has a plan for those whose places go. */
export function reducedTo(session: SessionCounters, target: number): SessionCounters | 'cancelled' {
  const changed = changedTo(session, target);
  if (changed !== 'too-low') return changed;
  const taken = session.held + session.sold;
  return shrinking({ ...session, capacity: taken, available: 0 }, taken - target, session.planned ?? 0);
}

/** Sold places that have to go even when every held one is let go, and that nobody looks after yet. */
export function unplannedOf({ held, shrink = 0, planned = 0 }: SessionCounters): number {
  return Math.max(0, needed(held, shrink) - planned);
}

/** Sold places that go even when every held one is let go. */
function needed(held: number, shrink: number): number {
  return Math.max(0, shrink - held);
}

/** Sales looks after so many more. */
export function withPlan(session: SessionCounters, places: number): SessionCounters {
  return places === 0 ? session : { ...session, planned: (session.planned ?? 0) + places };
}

function shrinking(session: SessionCounters, shrink: number, planned: number): SessionCounters {
  const { planned: _planned, ...rest } = session;
  return { ...rest, shrink, ...(planned === 0 ? {} : { planned }) };
}
