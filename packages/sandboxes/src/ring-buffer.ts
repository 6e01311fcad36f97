// Keeps the newest entries and forgets the oldest, so that a sandbox that runs for weeks does not grow.
// Used for received messages and mails, which exist only to be looked at.

export type RingBuffer<Item> = {
  push(item: Item): void;
  /** Newest first, at most `limit` items that satisfy `matches`. */
  newest(limit: number, matches?: (item: Item) => boolean): Item[];
  readonly size: number;
};

/** @param capacity how many items are kept before the oldest is overwritten */
export const createRingBuffer = <Item>(capacity: number): RingBuffer<Item> => {
  const items: Item[] = [];
  let next = 0;
  return {
    push(item) {
      items[next] = item;
      next = (next + 1) % capacity;
    },
    newest(limit, matches = () => true) {
      const found: Item[] = [];
      for (let age = 1; age <= items.length && found.length < limit; age += 1) {
        const item = items[(next - age + capacity) % capacity];
        if (item !== undefined && matches(item)) found.push(item);
      }
      return found;
    },
    get size() {
      return items.length;
    },
  };
};
