// A decision as one guarded update of the site-day's document.
import type { Change, Filter } from '@tongpiao/persistence';
import { storedWaiting } from './site-day.documents.ts';
import type { CounterChange, Delta, LineChange, SessionCounters, SiteDay } from './site-day.ts';
import { lineAfter } from './waiting-line.policy.ts';

/** The revision alone would do as a guard; the predicates state the invariant where it is enforced (INV-11). */
export function decisionUpdate(
  before: SiteDay,
  change: CounterChange,
  at: Date,
): { readonly filter: Filter; readonly update: Change } {
  const increments: Record<string, number> = { revision: 1 };
  const filter: Record<string, unknown> = { _id: before.id, revision: before.revision };
  const unset: Record<string, unknown> = {};
  for (const [sessionId, delta] of Object.entries(change.sessions)) {
    const path = `sessions.${sessionId}`;
    addIncrements(increments, path, delta);
    if (delta.available < 0) filter[`${path}.available`] = { $gte: -delta.available };
    if (delta.shrunk !== undefined)
      shrinkUpdate({ increments, filter, unset }, path, before.sessions[sessionId], delta);
  }
  if (before.day !== undefined) {
    addIncrements(increments, 'day', change.day);
    if (change.day.available < 0) filter['day.available'] = { $gte: -change.day.available };
  }
  const line = change.line === undefined ? {} : lineUpdate(before, change.line);
  const pending = change.pending.map((entry) => ({ ...entry, at }));
  const push = { ...(pending.length === 0 ? {} : { pending: { $each: pending } }), ...line.$push };
  const gone = { ...unset, ...line.$unset };
  return {
    filter,
    update: {
      ...line,
      $inc: increments,
      ...(Object.keys(push).length === 0 ? {} : { $push: push }),
      ...(Object.keys(gone).length === 0 ? {} : { $unset: gone }),
    },
  };
}

function shrinkUpdate(
  to: {
    readonly increments: Record<string, number>;
    readonly filter: Record<string, unknown>;
    readonly unset: Record<string, unknown>;
  },
  path: string,
  session: SessionCounters | undefined,
  { shrunk = 0, relieved = 0 }: Delta,
): void {
  const { shrink = 0, planned = 0 } = session ?? {};
  to.increments[`${path}.capacity`] = -shrunk;
  to.filter[`${path}.shrink`] = { $gte: shrunk };
  const over = shrink === shrunk;
  if (over) to.unset[`${path}.shrink`] = 1;
  else to.increments[`${path}.shrink`] = -shrunk;
  if (planned > 0 && (over || planned === relieved)) to.unset[`${path}.planned`] = 1;
  else if (relieved > 0) to.increments[`${path}.planned`] = -relieved;
}

/** The smallest write for a line: most often one end of it. */
function lineUpdate(before: SiteDay, change: LineChange): Change {
  const { waiting, lineMoved } = lineAfter(before, change);
  const told = { $set: { lineMoved } };
  if (waiting === undefined) return { ...told, $unset: { waiting: 1 } };
  if (change.left.length === 0) return { ...told, $push: { waiting: { $each: change.joined.map(storedWaiting) } } };
  if (change.joined.length === 0) return { ...told, $pull: { waiting: { 'hold.holdId': { $in: change.left } } } };
  return { $set: { ...told.$set, waiting: waiting.map(storedWaiting) } };
}

function addIncrements(increments: Record<string, number>, path: string, delta: Delta): void {
  for (const field of ['available', 'held', 'sold'] as const)
    if (delta[field] !== 0) increments[`${path}.${field}`] = delta[field];
}
