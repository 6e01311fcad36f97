// Records in the order of their changes, portion by portion. Many change in one millisecond, and the id decides among them; so a portion
// takes two queries, since each follows the index and one with "or" would not.
import type { Filter } from '@tongpiao/persistence';

export type ChangePosition = { readonly changedAtMs: number; readonly id: string };
type Changed = { readonly _id: string; readonly changedAt: Date };
/** Sorted by `changedAt`, then `_id`. */
type Ask<Doc> = (filter: Filter, limit: number) => Promise<readonly Doc[]>;

export const IN_ORDER_OF_CHANGE = { changedAt: 1, _id: 1 } as const;

/** @param after the last one that is known; without it, from `sinceMs` on */
export async function changesAfter<Doc extends Changed>(
  ask: Ask<Doc>,
  stream: Filter,
  sinceMs: number,
  after: ChangePosition | undefined,
  limit: number,
): Promise<readonly Doc[]> {
  if (after === undefined) return ask({ ...stream, changedAt: { $gte: new Date(sinceMs) } }, limit);
  const changedAt = new Date(after.changedAtMs);
  const same = await ask({ ...stream, changedAt, _id: { $gt: after.id } }, limit);
  if (same.length === limit) return same;
  return [...same, ...(await ask({ ...stream, changedAt: { $gt: changedAt } }, limit - same.length))];
}

export function positionOf(last: Changed | undefined): ChangePosition | undefined {
  return last === undefined ? undefined : { changedAtMs: last.changedAt.getTime(), id: last._id };
}
