// Alive means: the process answers. Ready means: it can do its work, which includes database, broker and trust (PLA-50).

export type PartCheck = () => boolean | Promise<boolean>;
export type PartState = { readonly name: string; readonly state: 'up' | 'down' };
export type Readiness = { readonly ready: boolean; readonly parts: readonly PartState[] };

export type Health = {
  /** @param check true when the part can do its work; a throw or no answer in time counts as down */
  add(name: string, check: PartCheck): void;
  readiness(): Promise<Readiness>;
  /** First step of a stop: from here on never ready again. */
  drain(): void;
};

/** A probe waits a second or so; a part that needs longer is not up. */
const CHECK_WITHIN_MS = 1_000;

async function isUp(check: PartCheck): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => {
    late.resolve(false);
  }, CHECK_WITHIN_MS);
  try {
    return await Promise.race([check(), late.promise]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

export function createHealth(): Health {
  const parts = new Map<string, PartCheck>();
  let draining = false;
  return {
    add(name, check) {
      parts.set(name, check);
    },
    async readiness() {
      const states = await Promise.all(
        [...parts].map(async ([name, check]): Promise<PartState> => ({
          name,
          state: (await isUp(check)) ? 'up' : 'down',
        })),
      );
      const own: PartState = { name: 'accepting', state: draining ? 'down' : 'up' };
      const all = [own, ...states];
      return { ready: all.every(({ state }) => state === 'up'), parts: all };
    },
    drain() {
      draining = true;
    },
  };
}
