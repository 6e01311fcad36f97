// What can happen to the world of after-sale-world.fixture.ts, as fast-check draws it: people change their minds, letters come as they
// like, handlers die, providers answer. And the short ways to where the interesting histories begin.
import { expireOrder, reviewHold } from '@tongpiao/contracts';
import fc from 'fast-check';
import { isLiving } from '../right/right.decider.ts';
import { openWorld, ORDER, type Kind, type World } from './after-sale-world.fixture.ts';
import type { Hold } from './played-neighbours.fixture.ts';

const ALWAYS = ['deliver', 'deliver', 'deliver', 'step', 'exchange', 'pay', 'capture'] as const;
const SOMETIMES = [
  ...['deliver twice', 'step', 'die', 'capture wrongly', 'fail', 'tell again', 'cancel', 'give back', 'give back'],
  ...['except'],
  ...[
    'take back exchange',
    'scan',
    'expire ticket',
    'offer',
    'freeze',
    'thaw',
    'deadline',
    'serve',
    'send home',
    'review',
    'wait',
    'ring',
  ],
  ...['ring early', 'ring ahead', 'all quiet'],
] as const;
type What = (typeof ALWAYS)[number] | (typeof SOMETIMES)[number];
export type Action = { readonly what: What; readonly pick: number };
export type Start = {
  readonly kind: Kind;
  readonly from: 'order' | 'tickets' | 'exchanges';
  readonly remembers: boolean;
};

export const starts: fc.Arbitrary<Start> = fc.record({
  kind: fc.constantFrom<Kind>('plain', 'waiting', 'prepaid', 'cheap', 'free'),
  from: fc.constantFrom<Start['from']>('order', 'tickets', 'exchanges'),
  remembers: fc.boolean(),
});

/** Each history has only some of what can happen, and that more often: rare meetings are met sooner so. */
export const histories: fc.Arbitrary<readonly Action[]> = fc
  .tuple(
    fc.subarray([...SOMETIMES], { minLength: 1 }),
    fc.array(fc.record({ which: fc.nat({ max: 999 }), pick: fc.nat({ max: 999 }) }), { maxLength: 150, size: 'max' }),
  )
  .map(([some, list]) => {
    const what: readonly What[] = [...ALWAYS, ...some];
    return list.map(({ which, pick }): Action => ({ what: what[which % what.length] ?? 'deliver', pick }));
  });

/** By a clock that is so wrong every timer rings. */
const CLOCK_AHEAD_MS = 86_400_000;
const CROSSING = [
  'deliver',
  'step',
  'die',
  'give back',
  'give back',
  'scan',
  'freeze',
  'thaw',
  'wait',
  'ring',
] as const;

/** Exchanges that are paid for and not carried out, while their tickets and others are given back or used. */
export const crossings: fc.Arbitrary<readonly Action[]> = fc.array(
  fc.record({ what: fc.constantFrom<What>(...CROSSING), pick: fc.nat({ max: 999 }) }),
  { maxLength: 40, size: 'max' },
);

export function begin({ kind, from, remembers }: Start, guarded = true): World {
  const world = openWorld({ kind, remembers, guarded });
  if (from !== 'order') toTickets(world);
  if (from === 'exchanges') toExchanges(world);
  return world;
}

/** Everything that is on its way arrives and is finished; timers that are not due wait. */
export function deliverAll(world: World): void {
  for (let round = 0; world.pool.length > 0 || world.running.length > 0; round += 1) {
    if (round > 20_000)
      throw new Error(`never quiet: ${world.pool.map(({ definition }) => definition.type).join(' ')}`);
    const process = world.running[0];
    if (process !== undefined) world.step(process);
    else {
      const letter = world.pool.shift();
      if (letter !== undefined) world.deliver(letter, round);
    }
  }
}

/** Inventory asks about a hold. */
export function review(world: World, hold: Hold): void {
  if (hold.status !== 'held') return;
  world.pool.push({ id: world.next('review'), definition: reviewHold, data: { holdId: hold.id, orderId: ORDER } });
}

export function act(world: World, { what, pick }: Action): void {
  const live = world.order.status === 'none' ? undefined : world.order;
  const right = one(world.rights.keys(), pick);
  const exchange = one(live?.exchanges ?? [], pick);
  switch (what) {
    case 'deliver':
    case 'deliver twice':
    case 'step':
    case 'die':
    case 'ring':
    case 'ring early':
    case 'ring ahead':
    case 'wait':
    case 'all quiet': {
      time(world, what, pick);
      return;
    }
    case 'capture':
    case 'capture wrongly':
    case 'fail':
    case 'tell again': {
      provider(world, what, pick);
      return;
    }
    case 'serve':
    case 'send home':
    case 'review': {
      places(world, what, pick);
      return;
    }
    case 'scan':
    case 'expire ticket':
    case 'offer':
    case 'freeze':
    case 'thaw':
      if (right !== undefined) world.ask(() => atTicket(world, right, what));
      return;
    case 'give back':
      if (right !== undefined) world.start(world.giveBack(right, [0, 10, 100][pick % 3] ?? 0));
      return;
    case 'except':
      if (right !== undefined) {
        world.ask(() => {
          world.except(right, [1, 50, 100][pick % 3] ?? 100);
        });
      }
      return;
    case 'deadline': {
      // One step of the walk takes all that have not chosen.
      for (const id of world.rights.keys()) if (offered(world, id)) world.start(world.returnAtDeadline(id));
      return;
    }
    case 'exchange':
      if (right === undefined) return;
      {
        world.start(world.exchange(right, [0, 9_000, 12_000, 15_000][pick % 4] ?? 0, [0, 5, 50][pick % 3] ?? 0));
        return;
      }
    case 'pay': {
      pay(world, one(awaiting(world), pick));
      return;
    }
    case 'cancel': {
      world.ask(() => world.leave());
      return;
    }
    case 'take back exchange':
      if (exchange === undefined) return;
      {
        world.ask(() => {
          world.handle({ type: 'EndExchange', exchangeId: exchange.id, reason: 'cancelled', at: world.at });
        });
        return;
      }
  }
}

function one<Item>(items: Iterable<Item>, pick: number): Item | undefined {
  const list = [...items];
  return list[pick % Math.max(1, list.length)];
}

function time(
  world: World,
  what: 'deliver' | 'deliver twice' | 'step' | 'die' | 'ring' | 'ring early' | 'ring ahead' | 'wait' | 'all quiet',
  pick: number,
): void {
  const { pool, running } = world;
  const letter = one(pool, pick);
  const process = one(running, pick);
  switch (what) {
    case 'deliver':
    case 'deliver twice':
      if (letter === undefined) return;
      if (what === 'deliver') pool.splice(pool.indexOf(letter), 1);
      {
        world.deliver(letter, pick);
        return;
      }
    case 'step':
      if (process !== undefined) world.step(process);
      return;
    case 'die':
      if (process === undefined) return;
      running.splice(running.indexOf(process), 1);
      if (process.letter !== undefined) pool.push(process.letter);
      return;
    case 'ring': {
      world.ring();
      return;
    }
    case 'ring ahead': {
      world.ring(CLOCK_AHEAD_MS);
      return;
    }
    case 'ring early':
      // A timer's message that was on its way when the timer was set anew.
      pool.push({ id: world.next('old'), definition: expireOrder, data: { orderId: ORDER } });
      return;
    case 'wait': {
      world.wait(pick);
      return;
    }
    case 'all quiet': {
      deliverAll(world);
      return;
    }
  }
}

function provider(world: World, what: 'capture' | 'capture wrongly' | 'fail' | 'tell again', pick: number): void {
  const { finance } = world;
  const all = [...finance.payments.values()];
  const payment = one(what === 'tell again' ? all : all.filter(({ status }) => status === 'open'), pick);
  if (payment === undefined) return;
  if (what === 'fail') finance.fail(payment);
  else if (what === 'tell again') finance.retell(payment);
  else finance.capture(payment, what === 'capture' ? payment.amount : payment.amount + 1);
}

function places(world: World, what: 'serve' | 'send home' | 'review', pick: number): void {
  const hold = one(world.inventory.holds.values(), pick);
  if (hold === undefined) return;
  if (what === 'serve') world.inventory.serve(hold);
  else if (what === 'send home') world.inventory.sendHome(hold);
  else review(world, hold);
}

function atTicket(world: World, rightId: string, what: 'scan' | 'expire ticket' | 'offer' | 'freeze' | 'thaw'): void {
  if (what === 'expire ticket') world.handleRight(rightId, { type: 'ExpireTicket', at: '2027-01-03T00:00:00.000Z' });
  else if (what === 'offer') {
    const offer = { disruptionId: 'dis_1', kind: 'cancelled', decideBy: world.at } as const;
    world.handleRight(rightId, { type: 'OfferChoice', offer });
  } else if (what === 'freeze')
    world.handleRight(rightId, { type: 'FreezeTicket', applicationId: 'rei_1', at: world.at, early: false });
  else if (what === 'thaw') world.handleRight(rightId, { type: 'ThawTicket', applicationId: 'rei_1', at: world.at });
  else {
    const scan = { at: world.at, gateId: 'gat_1', siteId: 'sit_1', date: '2027-01-02' };
    world.handleRight(rightId, { type: 'CheckIn', scan });
  }
}

function offered(world: World, rightId: string): boolean {
  const right = world.rights.get(rightId);
  return right !== undefined && isLiving(right) && right.offer !== undefined;
}

function awaiting(world: World): readonly string[] {
  if (world.order.status === 'none') return [];
  return world.order.exchanges.filter(({ status }) => status === 'awaiting_payment').map(({ id }) => id);
}

/** For the order, or for an exchange of it. */
function pay(world: World, exchangeId: string | undefined): void {
  const about = exchangeId === undefined ? {} : { exchangeId };
  world.ask(() => {
    const paymentId = world.next('pay');
    world.handle({ type: 'RequestPayment', paymentId, method: 'wechat', at: world.at, ...about });
  });
}

function captureAll(world: World): void {
  for (const payment of world.finance.payments.values()) world.finance.capture(payment, payment.amount);
}

function toTickets(world: World): void {
  for (let round = 0; round < 60 && !('tickets' in world.order); round += 1) {
    const letter = world.pool.shift();
    if (letter !== undefined) world.deliver(letter, 0);
    while (world.running[0] !== undefined) world.step(world.running[0]);
    if (world.order.status === 'awaiting_payment' && world.order.payments.length === 0) pay(world, undefined);
    captureAll(world);
  }
}

/** Every ticket is being exchanged, and it is paid for; the handlers stand between the order's word and the ticket. */
function toExchanges(world: World): void {
  for (const id of world.rights.keys()) world.start(world.exchange(id, 15_000, 5));
  while (world.running[0] !== undefined) world.step(world.running[0]);
  while (awaiting(world).length < world.rights.size) {
    const letter = world.pool.shift();
    if (letter === undefined) return;
    world.deliver(letter, 0);
  }
  for (const id of awaiting(world)) pay(world, id);
  for (let letter = world.pool.shift(); letter !== undefined; letter = world.pool.shift()) {
    world.deliver(letter, 0);
    captureAll(world);
  }
}
