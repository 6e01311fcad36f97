// People in and out at the gates of a site (SAL-43). Where a site has limits, room is taken before the ticket is used and given back if it
// is refused, so that the limit holds whatever happens at the same moment; elsewhere people are counted afterwards, many at once.
import { localDateOf, type TenantId } from '@tongpiao/kernel';
import type { Scope } from '@tongpiao/persistence';
import type { Foundation, GateFacts } from '@tongpiao/service-shell';
import { slotOf, type Entered, type SiteCounters, type SiteDay, type Slot } from './counters.store.ts';
import { occupancyId } from './occupancy.store.ts';
import { createRoomBatches, type Ahead } from './room-batches.ts';
import { backgroundScope, type SiteLights } from './site-lights.ts';

/** Room for people who are about to go in. What is called first counts. */
export type Room = {
  /** So many are in; room for more than these is given back. */
  taken(people: number): void;
  /** They are not: the ticket was refused, or had been counted before. */
  givenBack(): Promise<void>;
};

export type Entrance = {
  /** @returns undefined when the site is full */
  room(scope: Scope, gate: GateFacts, people: number, at: Date): Promise<Room | undefined>;
  /** They are in, whatever the limits: a gate without network let them in. */
  heard(gate: GateFacts, use: { readonly at: string; readonly people: number }): void;
  /** Counts what waits to be counted. */
  flush(): Promise<void>;
  stop(): Promise<void>;
};

/** ADR 0045: of a site that carries thousands, so little that nobody notices; of a smaller one nothing. */
const AHEAD_FROM = 5_000;
const AHEAD_PART = 500;
const AHEAD_MAX = 20;
/** One write for all people of a fifth of a second. */
const COUNT_AFTER_MS = 200;

type Waiting = { readonly tenantId: TenantId; readonly day: SiteDay; readonly slot: Slot; people: number };

export function createEntrance(
  foundation: Foundation,
  parts: { readonly counters: SiteCounters; readonly lights: SiteLights },
): Entrance {
  const { clock, logger, tenants } = foundation;
  const { counters, lights } = parts;
  const batches = createRoomBatches();
  let waiting = new Map<string, Waiting>();
  let timer: NodeJS.Timeout | undefined;
  let counting: Promise<void> = Promise.resolve();

  const dayOf = ({ tenantId, siteId }: GateFacts, at: Date): SiteDay => ({
    siteId,
    date: localDateOf(at, tenants.require(tenantId).timeZone),
  });

  async function countAll(): Promise<void> {
    const all = [...waiting.values()];
    waiting = new Map();
    await Promise.all(
      all.map(async ({ tenantId, day, slot, people }) => {
        try {
          await counters.count(backgroundScope(tenantId, 'people went in'), day, slot, people, clock());
          if (lights.capacityOf(day.siteId) !== undefined) lights.moved(tenantId, day);
        } catch (error) {
          logger.warn({ err: error, siteId: day.siteId, people }, 'people could not be counted; the sweep will');
        }
      }),
    );
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    counting = counting.then(countAll);
    return counting;
  }

  function countLater(tenantId: TenantId, day: SiteDay, slot: Slot, people: number): void {
    const key = `${day.siteId}|${day.date}|${slot}`;
    const known = waiting.get(key);
    if (known === undefined) waiting.set(key, { tenantId, day, slot, people });
    else known.people += people;
    timer ??= setTimeout(() => void flush(), COUNT_AFTER_MS);
  }

  function aheadOf(tenantId: TenantId, day: SiteDay, slot: Slot): Ahead | undefined {
    const { insideMax = Infinity, dayMax = Infinity } = lights.capacityOf(day.siteId) ?? {};
    const carries = Math.min(insideMax, dayMax);
    if (carries < AHEAD_FROM) return undefined;
    return {
      people: Math.min(AHEAD_MAX, Math.floor(carries / AHEAD_PART)),
      async giveBack(unused) {
        try {
          await counters.count(backgroundScope(tenantId, 'room that nobody needed'), day, slot, -unused, clock());
        } catch (error) {
          logger.warn({ err: error, siteId: day.siteId, people: unused }, 'room was not given back; the sweep will');
        }
      },
    };
  }

  return {
    async room(scope, gate, people, at) {
      const { tenantId, siteId } = gate;
      const day = dayOf(gate, at);
      const slot = slotOf(at);
      const capacity = lights.capacityOf(siteId);
      if (capacity === undefined)
        return {
          taken: (entered) => countLater(tenantId, day, slot, entered),
          givenBack: () => Promise.resolve(),
        };
      const takeAll = (all: number): Promise<Entered> => counters.enter(scope, day, all, at, capacity);
      const key = `${occupancyId(siteId, day.date)}:${slot}`;
      if (!(await batches.take(key, people, takeAll, aheadOf(tenantId, day, slot)))) {
        lights.moved(tenantId, day);
        return undefined;
      }
      let isOpen = true;
      return {
        taken(entered) {
          isOpen = false;
          // Room was asked for by a ticket as it was recalled: others of its group came in at another instance meanwhile.
          if (entered !== people) countLater(tenantId, day, slot, entered - people);
          else lights.moved(tenantId, day);
        },
        async givenBack() {
          if (!isOpen) return;
          isOpen = false;
          await counters.count(scope, day, slot, -people, clock());
        },
      };
    },
    heard(gate, { at, people }) {
      const when = new Date(at);
      countLater(gate.tenantId, dayOf(gate, when), slotOf(when), people);
    },
    flush,
    async stop() {
      await flush();
      await batches.stop();
    },
  };
}
