// Room for everybody who comes to a site at the same moment is taken with one write: two hundred people a second at one counter would
// otherwise wait for each other. One write per site is under way at a time; who comes meanwhile is in the next.

type Taken = { readonly taken: true } | { readonly taken: false; readonly left: number };
type Wish = {
  readonly people: number;
  readonly resolve: (taken: boolean) => void;
  readonly reject: (error: unknown) => void;
};

export type RoomBatches = {
  /** @param key site and day @returns whether there was room for these people, all of them */
  take(key: string, people: number, takeAll: (people: number) => Promise<Taken>): Promise<boolean>;
};

/** Who did not fit is tried again with those who might, until nobody is left who might; others come and go meanwhile. */
const ROUNDS_MAX = 4;

export function createRoomBatches(): RoomBatches {
  const queues = new Map<string, Wish[]>();

  async function settle(wishes: readonly Wish[], takeAll: (people: number) => Promise<Taken>): Promise<void> {
    let open = wishes;
    for (let round = 0; round < ROUNDS_MAX && open.length > 0; round += 1) {
      const answer = await takeAll(open.reduce((sum, { people }) => sum + people, 0));
      if (answer.taken) {
        for (const { resolve } of open) resolve(true);
        return;
      }
      let { left } = answer;
      const fits: Wish[] = [];
      for (const wish of open) {
        if (wish.people <= left) {
          left -= wish.people;
          fits.push(wish);
        } else wish.resolve(false);
      }
      open = fits;
    }
    for (const { resolve } of open) resolve(false);
  }

  async function work(key: string, queue: Wish[], takeAll: (people: number) => Promise<Taken>): Promise<void> {
    while (queue.length > 0) {
      const wishes = queue.splice(0);
      try {
        await settle(wishes, takeAll);
      } catch (error) {
        // Whoever was answered already is not answered again.
        for (const { reject } of wishes) reject(error);
      }
    }
    queues.delete(key);
  }

  return {
    take(key, people, takeAll) {
      const { promise, resolve, reject } = Promise.withResolvers<boolean>();
      const wish = { people, resolve, reject };
      const queue = queues.get(key);
      if (queue !== undefined) queue.push(wish);
      else {
        const begun = [wish];
        queues.set(key, begun);
        // After this turn of the loop: who came together goes in together.
        setImmediate(() => void work(key, begun, takeAll));
      }
      return promise;
    },
  };
}
