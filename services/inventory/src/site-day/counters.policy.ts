// Arithmetic of counters: how a decision moves them, and what is true of them afterwards (INV-11). The shell writes the same with
// `$inc`; this is what the next decision in memory goes on from.
import { lineAfter } from './waiting-line.policy.ts';
import type { CounterChange, Counters, Delta, SessionCounters, SiteDay } from './site-day.ts';

export const NO_DELTA: Delta = { available: 0, held: 0, sold: 0 };

export function plus(a: Delta, b: Delta): Delta {
  const sum = { available: a.available + b.available, held: a.held + b.held, sold: a.sold + b.sold };
  if (a.shrunk === undefined && b.shrunk === undefined) return sum;
  const relieved = (a.relieved ?? 0) + (b.relieved ?? 0);
  return { ...sum, shrunk: (a.shrunk ?? 0) + (b.shrunk ?? 0), ...(relieved === 0 ? {} : { relieved }) };
}

/** The site-day as it stands after a change. */
export function applyChange(siteDay: SiteDay, change: CounterChange): SiteDay {
  const sessions = { ...siteDay.sessions };
  for (const [sessionId, delta] of Object.entries(change.sessions)) {
    const before = sessions[sessionId];
    if (before !== undefined) sessions[sessionId] = movedSession(before, delta);
  }
  return {
    ...siteDay,
    revision: siteDay.revision + 1,
    day: siteDay.day === undefined ? undefined : moved(siteDay.day, change.day),
    sessions,
    pending: [...siteDay.pending, ...change.pending],
    ...(change.line === undefined ? {} : lineAfter(siteDay, change.line)),
  };
}

/** What has shrunk to its end shrinks no more, and nobody has to be looked after any more. */
function movedSession(before: SessionCounters, delta: Delta): SessionCounters {
  const { shrink = 0, planned = 0, ...rest } = before;
  const after = { ...rest, ...moved(before, delta) };
  const left = shrink - (delta.shrunk ?? 0);
  if (left === 0) return after;
  const stillPlanned = planned - (delta.relieved ?? 0);
  return { ...after, shrink: left, ...(stillPlanned === 0 ? {} : { planned: stillPlanned }) };
}

function moved(counters: Counters, delta: Delta): Counters {
  return {
    capacity: counters.capacity - (delta.shrunk ?? 0),
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
