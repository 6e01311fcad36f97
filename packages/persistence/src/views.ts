// A view is a local copy of somebody else's fact. It is guarded by the fact's sequence: what is older than what we have, or
// comes twice, changes nothing.
import { isDuplicateKey, type RecordBase, type Records } from './records.ts';
import type { Scope } from './scope.ts';

export type ViewBase = RecordBase & { sequence: number };

/** @returns true when the view moved forward. */
export async function applyToView<Doc extends ViewBase>(
  records: Records<Doc>,
  scope: Scope,
  document: Doc,
): Promise<boolean> {
  const { _id, tenantId, ...fields } = document;
  try {
    const matched = await records.update(
      scope,
      { _id, sequence: { $lt: document.sequence } },
      { $set: fields, $setOnInsert: { tenantId } },
      { upsert: true },
    );
    return matched > 0;
  } catch (error) {
    // The upsert found no older copy and tried to insert beside a newer one: we are late.
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}
