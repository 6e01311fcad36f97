// Whether balancers should send requests here. Broker and trust are needed to judge anybody; an upstream that was there once and is
// away now is answered for by its breaker, and without Redis each gateway limits for itself: both are told, neither takes the
// whole platform away from everybody.
type PartState = 'up' | 'degraded' | 'down';
type Part = { readonly name: string; readonly state: PartState };
export type Readiness = { readonly ready: boolean; readonly status: PartState; readonly parts: readonly Part[] };

export type ReadinessFacts = {
  readonly draining: boolean;
  readonly broker: boolean;
  readonly trust: { readonly fresh: boolean; readonly wasFresh: boolean };
  readonly redis: boolean;
  readonly upstreams: readonly { readonly name: string; readonly ready: boolean; readonly wasReady: boolean }[];
};

/** Needed to start with; once it was there, its absence is not the end. */
function needed(up: boolean, wasUp: boolean): PartState {
  if (up) return 'up';
  return wasUp ? 'degraded' : 'down';
}

export function readinessOf(facts: ReadinessFacts): Readiness {
  const parts: readonly Part[] = [
    { name: 'accepting', state: facts.draining ? 'down' : 'up' },
    { name: 'broker', state: facts.broker ? 'up' : 'down' },
    { name: 'trust', state: needed(facts.trust.fresh, facts.trust.wasFresh) },
    { name: 'redis', state: facts.redis ? 'up' : 'degraded' },
    ...facts.upstreams.map(({ name, ready, wasReady }): Part => ({ name, state: needed(ready, wasReady) })),
  ];
  const ready = parts.every(({ state }) => state !== 'down');
  const status = !ready ? 'down' : parts.every(({ state }) => state === 'up') ? 'up' : 'degraded';
  return { ready, status, parts };
}
