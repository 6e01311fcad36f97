import type { Scope } from '@tongpiao/persistence';
import type { Waiters } from '@tongpiao/service-shell';
import { expect } from 'chai';
import { setImmediate } from 'node:timers/promises';
import type { Orders } from '../stores.ts';
import { createOrderWaiting, type OrderWaiting } from './order-waiting.ts';
import type { LiveOrder } from './order.ts';

const order = (status: string): LiveOrder => ({ status }) as LiveOrder;
const scope = {} as Scope;
const isPaid = ({ status }: LiveOrder): boolean => status === 'paid';

describe('order waiting', () => {
  let commit: (state: LiveOrder) => void;
  let reads: number;
  let stored: LiveOrder;
  let probes: (() => Promise<unknown>)[];
  let waiting: OrderWaiting;

  beforeEach(() => {
    reads = 0;
    probes = [];
    const orders = {
      onCommit: (listener: (id: string, state: LiveOrder) => void) => {
        commit = (state) => {
          stored = state;
          listener('ord_1', state);
        };
      },
      load: async () => {
        reads += 1;
        return { state: stored };
      },
    };
    // Looks when it is told to, as the real one does when it is woken.
    const waiters = {
      wake: () => undefined,
      until: async (_key: string, probe: () => Promise<unknown>) => {
        const first = await probe();
        if (first !== undefined) return first;
        return new Promise((resolve) => {
          probes.push(async () => {
            const found = await probe();
            if (found !== undefined) resolve(found);
          });
        });
      },
    };
    waiting = createOrderWaiting(orders as unknown as Orders, waiters as unknown as Waiters);
  });

  const until = (): Promise<LiveOrder | undefined> =>
    waiting.until(scope, 'ord_1', isPaid, 1_000, new AbortController().signal);
  const look = (): Promise<unknown> => probes[0]?.() ?? Promise.reject(new Error('nobody waits'));

  it('PLA-33 what this instance writes is seen without a read, whether it settles the order or not', async () => {
    commit(order('awaiting_payment'));
    const answer = until();
    await setImmediate();
    commit({ ...order('awaiting_payment') });
    await look();
    commit(order('paid'));
    await look();
    expect((await answer)?.status).to.equal('paid');
    expect(reads).to.equal(0);
  });

  it('PLA-33 woken without a write of its own, it reads what another instance wrote', async () => {
    commit(order('awaiting_payment'));
    const answer = until();
    await setImmediate();
    stored = order('paid');
    await look();
    expect((await answer)?.status).to.equal('paid');
    expect(reads).to.equal(1);
  });

  it('PLA-33 an order that this instance never wrote is read at every look', async () => {
    stored = order('awaiting_payment');
    const answer = until();
    await setImmediate();
    stored = order('paid');
    await look();
    expect((await answer)?.status).to.equal('paid');
    expect(reads).to.equal(2);
  });
});
