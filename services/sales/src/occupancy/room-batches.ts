// Room for everybody who comes to a site at the same moment is taken with one write: two hundred people a second at one counter would
// otherwise wait for each other. One write per site is under way at a time; who comes meanwhile is in the next. A large site takes a
// little room ahead, so that hardly anybody waits for a write at all; what nobody needed goes back a second after the last has come.

type Taken = { readonly taken: true } | { readonly taken: false; readonly left: number };
type Wish = {
  readonly people: number;
  readonly resolve: (taken: boolean) => void;
  readonly reject: (error: unknown) => void;
};

/** Room that is taken before anybody has asked for it (ADR 0045). */
export type Ahead = {
  readonly people: number;
  /** Never throws: a sweep mends what could not be given back. */
  giveBack(people: number): Promise<void>;
};

export type RoomBatches = {
  /** @param key site, day and slot @returns whether there was room for these people, all of them */
  take(key: string, people: number, takeAll: (people: number) => Promise<Taken>, ahead?: Ahead): Promise<boolean>;
  /** Gives back what was taken ahead. */
  stop(): Promise<void>;
};

type Site = { readonly queue: Wish[]; working: boolean; spare: number; ahead: Ahead; timer?: NodeJS.Timeout };

/** Who did not fit is tried again with those who might, until nobody is left who might; others come and go meanwhile. */
const ROUNDS_MAX = 4;
const NOTHING_AHEAD: Ahead = { people: 0, giveBack: () => Promise.resolve() };
const IDLE_MS = 1_000;

export function createRoomBatches(idleMs = IDLE_MS): RoomBatches {
  const sites = new Map<string, Site>();

  async function settle(
    site: Site,
    wishes: readonly Wish[],
    takeAll: (people: number) => Promise<Taken>,
  ): Promise<void> {
    let open = wishes;
    let more = Math.max(0, site.ahead.people - site.spare);
    for (let round = 0; round < ROUNDS_MAX && open.length + more > 0; round += 1) {
      const answer = await takeAll(open.reduce((sum, { people }) => sum + people, more));
      if (answer.taken) {
        site.spare += more;
        for (const { resolve } of open) resolve(true);
        return;
      }
      // Where it is tight nothing is taken ahead.
      more = 0;
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

  async function work(key: string, site: Site, takeAll: (people: number) => Promise<Taken>): Promise<void> {
    do {
      const wishes = site.queue.splice(0);
      try {
        await settle(site, wishes, takeAll);
      } catch (error) {
        // Whoever was answered already is not answered again.
        for (const { reject } of wishes) reject(error);
      }
    } while (site.queue.length > 0);
    site.working = false;
    if (site.spare === 0) leave(key, site);
  }

  function start(key: string, site: Site, takeAll: (people: number) => Promise<Taken>): void {
    if (site.working) return;
    site.working = true;
    // After this turn of the loop: who came together goes in together.
    setImmediate(() => void work(key, site, takeAll));
  }

  function leave(key: string, site: Site): void {
    clearTimeout(site.timer);
    sites.delete(key);
  }

  async function giveBack(key: string, site: Site): Promise<void> {
    if (site.working) {
      site.timer?.refresh();
      return;
    }
    const { spare } = site;
    site.spare = 0;
    leave(key, site);
    if (spare > 0) await site.ahead.giveBack(spare);
  }

  function siteOf(key: string, ahead: Ahead): Site {
    let site = sites.get(key);
    if (site === undefined) {
      site = { queue: [], working: false, spare: 0, ahead };
      sites.set(key, site);
    }
    site.ahead = ahead;
    if (ahead.people > 0) {
      const idle = site;
      site.timer ??= setTimeout(() => void giveBack(key, idle), idleMs);
      site.timer.refresh();
    }
    return site;
  }

  return {
    take(key, people, takeAll, ahead = NOTHING_AHEAD) {
      const site = siteOf(key, ahead);
      if (site.queue.length === 0 && site.spare >= people) {
        site.spare -= people;
        if (site.spare * 2 < ahead.people) start(key, site, takeAll);
        return Promise.resolve(true);
      }
      const { promise, resolve, reject } = Promise.withResolvers<boolean>();
      site.queue.push({ people, resolve, reject });
      start(key, site, takeAll);
      return promise;
    },
    async stop() {
      while ([...sites.values()].some(({ working }) => working)) await new Promise((resolve) => setImmediate(resolve));
      await Promise.all([...sites].map(([key, site]) => giveBack(key, site)));
    },
  };
}
