// What holds for an order, its tickets, its money and its places together, whatever order things happen in, whatever comes twice, late
// or never, and wherever a handler dies: thousands of random histories in the world of after-sale-world.fixture.ts.
import { expect } from 'chai';
import fc from 'fast-check';
import {
  act,
  begin,
  crossings,
  deliverAll,
  histories,
  review,
  starts,
  type Action,
  type Start,
} from './after-sale-actions.fixture.ts';
import type { Kind, World } from './after-sale-world.fixture.ts';
import { placesUntouched } from '../right/admission.policy.ts';
import { refundsOf } from './order-money.ts';
import type { LiveOrder } from './order.ts';
import { keptOf, takenOf, type Hold } from './played-neighbours.fixture.ts';

/** Prices of what was not given back, and fees. */
function worthOf(world: World, order: LiveOrder): number {
  if (!('tickets' in order)) return order.status === 'placed' && order.prepaidBy !== undefined ? order.total : 0;
  const tickets = [...world.rights.values()].reduce((sum, right) => {
    if (right.status === 'none') return sum;
    return sum + (right.refund === undefined ? right.amount : right.refund.fee);
  }, 0);
  const done = order.exchanges.filter(({ status }) => status === 'done');
  return tickets + done.reduce((sum, { fee }) => sum + fee, 0);
}

/** Collected to go back, and not asked for yet. */
function owedBy(order: LiveOrder): number {
  const items = 'owed' in order ? (order.owed?.items ?? []) : [];
  return items.reduce((sum, { amount }) => sum + amount, 0);
}

/** Whenever everything that was on its way has arrived. */
function isQuiet(world: World): void {
  const { order } = world;
  if (order.status === 'none') throw new Error('there is an order');
  const kept = [...world.finance.payments.values()].reduce((sum, payment) => sum + keptOf(payment), 0);
  expect(kept, `money kept, ${order.status}`).to.equal(worthOf(world, order) + owedBy(order));
  ticketsAgree(world, order);
  for (const hold of world.inventory.holds.values()) placesAgree(world, order, hold);
  for (const [id, exception] of world.exceptions) {
    if (exception.status === 'none') continue;
    const right = world.rights.get(exception.rightId);
    const isPaid = right !== undefined && right.status !== 'none' && right.refund?.refundId === `rfd_${id}`;
    expect(exception.status, 'an exception says what became of the money').to.equal(isPaid ? 'done' : 'failed');
  }
}

function ticketsAgree(world: World, order: LiveOrder): void {
  if (!('tickets' in order)) {
    expect(world.rights.size, `tickets of an order that is ${order.status}`).to.equal(0);
    return;
  }
  for (const { rightId, number } of order.tickets) {
    const right = world.rights.get(rightId);
    if (right === undefined || right.status === 'none') throw new Error(`${rightId} was never issued`);
    expect(number, 'the order knows the number of today').to.equal(right.number);
    const numbers = [right.number, ...right.past.map((old) => old.number)];
    expect(new Set(numbers).size, 'each ticket has a number of its own').to.equal(numbers.length);
    const returned = order.returned.filter((ticket) => ticket.rightId === rightId);
    expect(returned.length, 'given back once, or not').to.equal(right.status === 'refunded' ? 1 : 0);
    for (const { id, status } of order.exchanges.filter((exchange) => exchange.rightId === rightId)) {
      expect(status, 'what was settled is carried out').to.not.equal('replacing');
      const former = right.past.filter(({ cause }) => cause === id).length;
      expect(former, `former tickets of an exchange that is ${status}`).to.equal(status === 'done' ? 1 : 0);
    }
  }
  const living = order.tickets.length - order.returned.length;
  const named = order.returned.length === 0 ? 'fulfilled' : living === 0 ? 'refunded' : 'partially_refunded';
  expect(order.status).to.equal(named);
}

function placesAgree(world: World, order: LiveOrder, hold: Hold): void {
  const exchange = order.exchanges.find(({ holdId }) => holdId === hold.id);
  const status = exchange?.status ?? order.status;
  if (hold.status === 'queued') expect(order.status, `${hold.id} stands in line`).to.equal('placed');
  else if (hold.status === 'held') {
    // The answer may have been on its way; what it belongs to is under way at any rate.
    expect(status, `${hold.id} is held`).to.equal('awaiting_payment');
  } else {
    // Who came in before the money went back has had the place.
    const tickets = [...world.rights.values()].filter(
      (right) =>
        right.status !== 'none' &&
        right.holdId === hold.id &&
        (right.status !== 'refunded' || placesUntouched(right) === 0),
    );
    expect(takenOf(hold), `places of ${hold.id}, which is ${hold.status}`).to.equal(tickets.length);
  }
}

/** Until nothing is to come: every timer rings, every payer who still can pays, every place that is still held is asked about. */
function settle(world: World): void {
  for (let round = 0; round < 200; round += 1) {
    deliverAll(world);
    isQuiet(world);
    if (world.timers.size > 0) {
      world.waitForTimer();
      world.ring();
      continue;
    }
    const open = [...world.finance.payments.values()].find(({ status }) => status === 'open');
    const held = [...world.inventory.holds.values()].find(({ status }) => status === 'held');
    if (open !== undefined) world.finance.capture(open, open.amount);
    else if (held !== undefined) review(world, held);
    else {
      isOver(world);
      return;
    }
  }
  throw new Error('never settled');
}

function isOver(world: World): void {
  const { order } = world;
  if (order.status === 'none') throw new Error('there is an order');
  const ends = ['rejected', 'expired', 'cancelled', 'fulfilled', 'partially_refunded', 'refunded'];
  expect(ends, 'every order ends or has its tickets').to.include(order.status);
  for (const { status } of order.exchanges) expect(['done', 'failed'], 'every exchange ends').to.include(status);
  for (const { status } of order.refunds) expect(status, 'every refund arrives').to.equal('done');
  expect(owedBy(order), 'nothing that was collected is left').to.equal(0);
  if ('tickets' in order) eachInOne(order);
  if (world.left) expect(ends.slice(0, 3), 'who has left the line gets no tickets').to.include(order.status);
}

/** What was worth something and was given back is in one refund of every payment that it took from. */
function eachInOne(order: Extract<LiveOrder, { tickets: unknown }>): void {
  for (const { refundId, returned } of order.returned) {
    const carrying = refundsOf(order, refundId);
    if (returned > 0) expect(carrying, `refunds of ${refundId}`).to.not.be.empty;
    expect(new Set(carrying.map(({ paymentId }) => paymentId)).size, 'once for each payment').to.equal(carrying.length);
  }
}

function run(start: Start, history: readonly Action[], guarded = true): void {
  const world = begin(start, guarded);
  for (const action of history) {
    act(world, action);
    if (action.what === 'all quiet') isQuiet(world);
  }
  settle(world);
}

describe('order, tickets, money and places together', function () {
  this.timeout(60_000);

  it('SAL-50 SAL-53 FIN-03 whatever happens: the money kept is prices and fees, each right has one ticket, each place an owner', () => {
    fc.assert(
      fc.property(starts, histories, (start, history) => {
        run(start, history);
      }),
      { numRuns: 4_000 },
    );
  });

  it('FIN-03 refunds that cross exchanges: no payment sends back more than it brought', () => {
    const cheap = fc
      .constantFrom<Kind>('cheap', 'free')
      .map((kind): Start => ({ kind, from: 'exchanges', remembers: true }));
    fc.assert(
      fc.property(cheap, crossings, (start, history) => {
        run(start, history);
      }),
      { numRuns: 3_000 },
    );
  });

  it('without the version guard of tickets it does not hold', () => {
    const { failed } = fc.check(
      fc.property(starts, histories, (start, history) => {
        run(start, history, false);
      }),
      { numRuns: 20_000, endOnFailure: true },
    );
    expect(failed).to.equal(true);
  });
});
