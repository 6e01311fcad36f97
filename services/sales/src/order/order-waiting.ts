// Waiting for an order to settle (PLA-33): whoever commits a change wakes the waiters of this process at once and those of other
// instances through Redis. The newest state of orders that this instance wrote is at hand, so a local wake costs no read.
import type { Waiters } from '@tongpiao/service-shell';
import { LRUCache } from 'lru-cache';
import type { Scope } from '@tongpiao/persistence';
import type { Orders } from '../stores.ts';
import type { LiveOrder } from './order.ts';

export type OrderWaiting = {
  /** The order once it is settled in the caller's sense, or as it is when the time is over. */
  until(
    scope: Scope,
    orderId: string,
    isSettled: (order: LiveOrder) => boolean,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<LiveOrder | undefined>;
};

const RECENT_MAX = 5_000;

export function createOrderWaiting(orders: Orders, waiters: Waiters): OrderWaiting {
  const recent = new LRUCache<string, LiveOrder>({ max: RECENT_MAX });
  orders.onCommit((id, state) => {
    if (state.status === 'none') return;
    recent.set(id, state);
    waiters.wake([id]);
  });
  return {
    async until(scope, orderId, isSettled, waitMs, signal) {
      let last: LiveOrder | undefined;
      const probe = async (): Promise<LiveOrder | undefined> => {
        const known = recent.get(orderId);
        if (known !== undefined && isSettled(known)) return known;
        // What this instance wrote since the last look is the newest there is. Where it wrote nothing, another instance may have.
        if (known !== undefined && known !== last) {
          last = known;
          return undefined;
        }
        const state = (await orders.load(scope, orderId))?.state;
        if (state === undefined || state.status === 'none') return undefined;
        last = state;
        return isSettled(state) ? state : undefined;
      };
      return (await waiters.until(orderId, probe, waitMs, signal)) ?? recent.get(orderId) ?? last;
    },
  };
}
