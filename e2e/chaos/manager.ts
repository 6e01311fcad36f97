// A manager who takes sessions away from under their holders while everything else goes on: cancels one, takes places from another. They
// have begun already, so that the time to decide is over at once and the money goes back within the trial.
import { newKey, type Answer, type Client } from '../support/client.ts';
import type { Offer, World } from '../support/world.ts';
import { codeOf, type Insist } from './insist.ts';

export type Manager = { readonly disrupted: { count: number }; stop(): Promise<void> };

const EVERY_MS = 12_000;

export function startManager(
  client: Client,
  world: World,
  insist: Insist,
  offers: { readonly toCancel: Offer; readonly toReduce: Offer },
): Manager {
  const disrupted = { count: 0 };
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  const state = { stopping: false, stopped };

  async function cancel(sessionId: string): Promise<void> {
    const key = newKey();
    const answer = await insist(
      'session cancellation',
      () =>
        client.call(`/api/v1/sessions/${sessionId}/cancellation`, {
          token: world.managerToken,
          idempotencyKey: key,
          json: { reason: '大风停园', decideWithinHours: 1 },
        }),
      isAnswer,
    );
    if (answer !== undefined) disrupted.count += 1;
  }

  async function reduce(sessionId: string, capacity: number): Promise<void> {
    const key = newKey();
    const answer = await insist(
      'session reduction',
      () =>
        client.call(`/api/v1/sessions/${sessionId}/reductions`, {
          token: world.managerToken,
          idempotencyKey: key,
          json: { capacity, reason: '设施检修', decideWithinHours: 1 },
        }),
      (given) => isAnswer(given) || REFUSED.has(codeOf(given.body)),
    );
    if (answer !== undefined && isAnswer(answer)) disrupted.count += 1;
  }

  const running = (async (): Promise<void> => {
    const doomed = offers.toCancel.sessionIds.filter((id) => offers.toCancel.today.has(id));
    let capacity = 30;
    while (!state.stopping) {
      await Promise.race([new Promise((resolve) => setTimeout(resolve, EVERY_MS)), state.stopped]);
      const next = doomed.pop();
      if (next !== undefined) await cancel(next);
      capacity = Math.max(5, capacity - 4);
      const [reduced] = offers.toReduce.sessionIds;
      if (reduced !== undefined) await reduce(reduced, capacity);
    }
  })();
  return {
    disrupted,
    async stop() {
      state.stopping = true;
      stop();
      await running;
    },
  };
}

const isAnswer = ({ status }: Answer<unknown>): boolean => status === 200 || status === 201 || status === 202;
/** As many as that, or more, are free already: nothing to plan for. */
const REFUSED = new Set(['inventory.capacity-not-lower']);
