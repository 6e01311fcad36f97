// News of many tickets is worked on together, because it comes in crowds. One whose case cannot be read takes none of the others along.
import { TransientError } from '@tongpiao/kernel';

/**
 * Together; where that fails, each by itself.
 * @param work may be done again with what it has done already
 * @returns what failed, and why
 */
export async function workTogether<Item>(
  items: readonly Item[],
  work: (items: readonly Item[]) => Promise<void>,
): Promise<ReadonlyMap<Item, unknown>> {
  try {
    await work(items);
    return new Map();
  } catch (error) {
    // What is away is away for each of them.
    if (items.length === 1 || error instanceof TransientError) return new Map(items.map((item) => [item, error]));
  }
  const failed = new Map<Item, unknown>();
  for (const item of items)
    await work([item]).catch((error: unknown) => {
      failed.set(item, error);
    });
  return failed;
}
