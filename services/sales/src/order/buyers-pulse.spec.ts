import type { Scope } from '@tongpiao/persistence';
import { expect } from 'chai';
import { createBuyersPulse, type BuyersPulse } from './buyers-pulse.ts';
import type { OrderEvent, OrderState } from './order.ts';

type Listener = (id: string, state: OrderState, scope: Scope, events: readonly OrderEvent[]) => void;

describe('SAL-52 what buyers feel of work on thousands', () => {
  let now: number;
  let commit: Listener;
  let pulse: BuyersPulse;
  let orders: number;

  beforeEach(() => {
    now = 0;
    orders = 0;
    pulse = createBuyersPulse({ onCommit: (listener) => void (commit = listener as Listener) }, () => now);
  });

  const say = (id: string, status: string, type: string): void =>
    commit(id, { status } as OrderState, {} as Scope, [{ type } as OrderEvent]);
  /** So many orders, one each 100 ms, that wait for their places so long. */
  const buy = (count: number, waitMs: number, status = 'awaiting_payment'): void => {
    for (let index = 0; index < count; index += 1) {
      orders += 1;
      say(`ord_${orders}`, 'placed', 'OrderPlaced');
      now += waitMs;
      say(`ord_${orders}`, status, status === 'awaiting_payment' ? 'HoldGranted' : 'OrderRejected');
      now += 100 - waitMs;
    }
  };

  it('begins at half its pace beside buyers, and is soon as fast as it can be while they feel little of it', () => {
    buy(30, 30);
    expect(pulse.slowedBy()).to.equal(2);
    for (let round = 0; round < 9; round += 1) {
      buy(5, 33);
      pulse.slowedBy();
    }
    expect(pulse.slowedBy()).to.equal(1);
  });

  it('goes slower step by step while they wait much longer than usual, and faster again when they do not', () => {
    buy(30, 30);
    const first = pulse.slowedBy();
    buy(30, 60);
    const second = pulse.slowedBy();
    expect(second).to.be.greaterThan(first);
    buy(30, 60);
    const third = pulse.slowedBy();
    expect(third).to.be.greaterThan(second);
    buy(30, 39);
    expect(pulse.slowedBy(), 'in between nothing changes').to.equal(third);
    buy(30, 33);
    expect(pulse.slowedBy()).to.be.lessThan(third);
  });

  it('is never slower than six times, so that whoever lost a session is served all the same', () => {
    buy(30, 20);
    pulse.slowedBy();
    for (let round = 0; round < 30; round += 1) {
      buy(6, 90);
      pulse.slowedBy();
    }
    expect(pulse.slowedBy()).to.equal(6);
  });

  it('says nothing from few buyers, nor from waits that ended in a refusal', () => {
    buy(30, 30);
    now += 60_000;
    expect(pulse.slowedBy(), 'nobody buys').to.equal(1);
    buy(3, 90);
    expect(pulse.slowedBy(), 'too few').to.equal(1);
    buy(30, 90, 'rejected');
    expect(pulse.slowedBy(), 'refused').to.equal(1);
  });

  it('knows what is usual from quiet times alone, not from beside the work and just after it', () => {
    buy(30, 30);
    now += 60_000;
    expect(pulse.slowedBy()).to.equal(1);
    buy(40, 90);
    const felt = pulse.slowedBy();
    expect(felt).to.be.greaterThan(1);
    buy(40, 90);
    expect(pulse.slowedBy()).to.be.greaterThan(felt);
    now += 60_000;
    buy(250, 90);
    pulse.slowedBy();
    buy(30, 90);
    expect(pulse.slowedBy(), 'what was so without it is usual').to.be.lessThan(2);
  });
});
