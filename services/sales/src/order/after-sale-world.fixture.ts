// Sales in small, for properties: orders and rights decide as they do in production, handlers take the same steps as the slices, and a
// scheduler delivers each letter once, twice or late, and lets any handler die between two steps. What differs from production is only
// that nothing here leaves the process.
import {
  carryOutRefundException,
  expireExchange,
  expireOrder,
  holdGranted,
  holdQueued,
  holdRejected,
  issueTickets,
  paymentCaptured,
  paymentClosed,
  paymentFailed,
  paymentOpened,
  paymentRefunded,
  replaceTicket,
  reviewHold,
  sendOwedBack,
  ticketRefunded,
} from '@tongpiao/contracts';
import { DomainError, fen, fold, NotYet } from '@tongpiao/kernel';
import type { Said } from '@tongpiao/persistence';
import { exchangeQuote } from '../after-sale/exchange-quote.ts';
import { refundQuote } from '../after-sale/refund-quote.ts';
import type { ExchangeRules } from '../after-sale/fee-rules.ts';
import { exceptionDecider } from '../refund-exception/refund-exception.decider.ts';
import type { ExceptionCommand, ExceptionState } from '../refund-exception/refund-exception.ts';
import { placeOf } from '../right/place.ts';
import { unusedShare } from '../right/disrupted.policy.ts';
import { rightDecider } from '../right/right.decider.ts';
import { rightMessages } from '../right/right.messages.ts';
import type { RightCommand, RightState } from '../right/right.ts';
import { playFinance, playInventory, read, TooEarly, type Letter } from './played-neighbours.fixture.ts';
import { orderDecider } from './order.decider.ts';
import { factsOf } from './order.fixture.ts';
import { orderMessages } from './order.messages.ts';
import type { OrderCommand, OrderLine, OrderState, TicketReference, Waiting } from './order.ts';

export const ORDER = 'ord_1';
const START_MS = Date.parse('2026-12-01T02:00:00.000Z');
const SECOND_MS = 1_000;
const SITE = 'sit_1';
const DAY = '2027-01-02';

/** Sessions far ahead, so that places always come back. */
const line = (lineId: string, unitAmount: number, quantity: number, entries: number): OrderLine => ({
  ...(factsOf().lines[0] ?? unknownLine()),
  lineId,
  unitAmount: fen(unitAmount),
  quantity,
  entries,
  siteId: SITE,
  date: DAY,
  startsAt: `${DAY}T09:00:00+08:00`,
  endsAt: `${DAY}T11:00:00+08:00`,
  validFrom: '2026-01-01T00:00:00.000Z',
  validUntil: `${DAY}T03:00:00.000Z`,
});
function unknownLine(): never {
  throw new Error('the fixture has no line');
}

const ladder = (feePercent: number): ExchangeRules => ({
  effectiveFrom: '1970-01-01T00:00:00Z',
  steps: [{ minutesBefore: 0, feePercent, feeMinimum: fen(0) }],
  rounding: { unit: 'fen', direction: 'half-up' },
  timesMax: 100,
  otherTicketTypes: true,
});

/** A handler or a request on its way through its steps; what it has not done yet is lost when it dies. */
type Running = { readonly steps: Generator<undefined, void>; readonly letter?: Letter };
type Timer = { readonly letter: Letter; readonly dueMs: number };
export type Kind = 'plain' | 'waiting' | 'prepaid' | 'cheap' | 'free';
export type World = ReturnType<typeof openWorld>;

/** A cheap order soon owes more than its own payment: what it sends back comes from payments of its exchanges as well. */
const SOLD: Readonly<Record<'dear' | 'cheap' | 'free', readonly OrderLine[]>> = {
  dear: [line('l1', 12_000, 3, 1), line('l2', 5_000, 1, 2)],
  cheap: [line('l1', 1_000, 2, 1)],
  free: [line('l1', 0, 2, 1)],
};
const waitingOf = (kind: Kind): Waiting | undefined =>
  kind === 'waiting' || kind === 'prepaid'
    ? { until: at(START_MS + 7_200_000), prepaid: kind === 'prepaid', payWithinMinutes: 15, lineMax: 10 }
    : undefined;
const at = (ms: number): string => new Date(ms).toISOString();

export type Beginning = {
  readonly kind: Kind;
  /** Whether message ids are remembered, as they are; decisions alone must make repetitions harmless too. */
  readonly remembers: boolean;
  /** False: tickets are written as they were read, without the version guard. Then races must show. */
  readonly guarded?: boolean;
};

export function openWorld({ kind, remembers, guarded = true }: Beginning) {
  const sold = kind === 'free' || kind === 'cheap' ? SOLD[kind] : SOLD.dear;
  let order: OrderState = orderDecider.initial;
  let nowMs = START_MS;
  let made = 0;
  let version = 0;
  let left = false;
  const handled = new Set<string>();
  const rights = new Map<string, RightState>();
  const exceptions = new Map<string, ExceptionState>();
  const pool: Letter[] = [];
  const timers = new Map<string, Timer>();
  const running: Running[] = [];
  const inventory = playInventory((letter) => void pool.push(letter));
  const finance = playFinance((letter) => void pool.push(letter));

  function post(prefix: string, said: readonly Said[]): void {
    version += 1;
    said.forEach((item, index) => {
      if ('cancelTimer' in item) {
        timers.delete(item.cancelTimer);
        return;
      }
      const letter = { id: `${prefix}:${version}:${index}`, definition: item.definition, data: item.data };
      if (item.timer === undefined) pool.push(letter);
      else timers.set(item.timer.name, { letter, dueMs: Date.parse(item.timer.due) });
    });
  }

  function handle(command: OrderCommand, messageId?: string): OrderState {
    if (messageId !== undefined && handled.has(messageId)) return order;
    const events = orderDecider.decide(order, command);
    if (events.length === 0) return order;
    order = fold(orderDecider, order, events);
    if (messageId !== undefined && remembers) handled.add(messageId);
    const facts = { id: ORDER, state: order };
    post(
      'ord',
      events.flatMap((event) => orderMessages(event, facts)),
    );
    return order;
  }

  /** @param read what the caller read before: what would be decided on, were there no guard */
  function handleRight(id: string, command: RightCommand, read?: RightState): RightState {
    const before = (guarded ? undefined : read) ?? rights.get(id) ?? rightDecider.initial;
    const events = rightDecider.decide(before, command);
    const state = fold(rightDecider, before, events);
    rights.set(id, state);
    post(
      id,
      events.flatMap((event) => rightMessages(event, { id, state })),
    );
    return state;
  }

  // As features/issue-tickets.ts.
  function* issue(): Generator<undefined, void> {
    if (order.status !== 'paid') return;
    const { lines, holdId, placedAt } = order;
    const places = lines.flatMap((sold) =>
      Array.from({ length: sold.quantity }, (_, index) => ({ sold, id: `rgt_${sold.lineId}_${index}` })),
    );
    for (const { sold, id } of places) {
      yield;
      const number = `N_${id}`;
      const place = placeOf(sold, { number, qr: `qr-${number}`, holdId });
      const facts = { ...place, orderId: ORDER, lineId: sold.lineId, soldAt: placedAt };
      handleRight(id, { type: 'IssueTicket', facts });
    }
    yield;
    const tickets = places.map(({ sold, id }): TicketReference => ({
      rightId: id,
      number: `N_${id}`,
      lineId: sold.lineId,
    }));
    const told = tickets.map(({ number, lineId }) => ({ number, lineId, qr: `qr-${number}` }));
    handle({ type: 'FulfilOrder', tickets, told });
  }

  // As features/carry-out-exchange.ts.
  function* replace(exchangeId: string): Generator<undefined, void> {
    const exchange = order.status === 'none' ? undefined : order.exchanges.find(({ id }) => id === exchangeId);
    if (exchange?.status !== 'replacing') return;
    const right = rights.get(exchange.rightId);
    yield;
    const refundId = `rfd_${exchangeId}`;
    const number = `N_${exchangeId}`;
    const place = placeOf(exchange.line, { number, qr: `qr-${number}`, holdId: exchange.holdId });
    const { fee, due: paid, returned, revision } = exchange;
    const change = { exchangeId, revision, place, fee, paid, returned, at: at(nowMs) };
    const after = handleRight(exchange.rightId, { type: 'ExchangeTicket', ...change }, right);
    if (after.status === 'none') throw new Error('a ticket that is not there was exchanged');
    yield;
    const refused = after.refusedExchanges?.find((one) => one.exchangeId === exchangeId);
    if (refused !== undefined) {
      handle({ type: 'FailExchange', exchangeId, reason: refused.reason, refundId });
      return;
    }
    const ticket = { number, qr: `qr-${number}`, lineId: exchange.line.lineId };
    const { waived } = after.past.find(({ cause }) => cause === exchangeId) ?? {};
    handle({ type: 'CompleteExchange', exchangeId, ticket, refundId, waived, at: at(nowMs) });
  }

  function handleException(id: string, command: ExceptionCommand): ExceptionState {
    const before = exceptions.get(id) ?? exceptionDecider.initial;
    const state = fold(exceptionDecider, before, exceptionDecider.decide(before, command));
    exceptions.set(id, state);
    return state;
  }

  // As features/on-refund-exception.ts.
  function* carryOutException(id: string): Generator<undefined, void> {
    const exception = exceptions.get(id);
    if (exception?.status !== 'approved') return;
    const right = rights.get(exception.rightId);
    yield;
    const { price, amount, revision } = exception;
    const refundId = `rfd_${id}`;
    const when = at(nowMs);
    const refund = { refundId, fee: fen(price - amount), returned: amount, reason: 'exception', at: when } as const;
    const after = handleRight(exception.rightId, { type: 'RefundTicket', refund, revision }, right);
    yield;
    const refused =
      after.status === 'none' ? undefined : after.refusedRefunds?.find((one) => one.refundId === refundId);
    if (refused === undefined) handleException(id, { type: 'CompleteException', at: when });
    else handleException(id, { type: 'FailException', failure: refused.reason, at: when });
  }

  // As features/carry-on.ts.
  function* carryOn(state: OrderState): Generator<undefined, void> {
    yield;
    if (state.status === 'none') return;
    if (state.status === 'paid') yield* issue();
    for (const { id, status } of state.exchanges) if (status === 'replacing') yield* replace(id);
  }

  function commandOf(letter: Letter): OrderCommand | undefined {
    const refundId = `rfd_${ORDER}`;
    const when = at(nowMs);
    const granted = read(letter, holdGranted);
    if (granted !== undefined) return { type: 'GrantHold', holdId: granted.holdId, at: when };
    const queued = read(letter, holdQueued);
    if (queued !== undefined) return { type: 'QueueHold', holdId: queued.holdId, position: queued.position };
    const rejected = read(letter, holdRejected);
    if (rejected !== undefined)
      return { type: 'RejectHold', holdId: rejected.holdId, reason: rejected.reason, reasonData: {}, refundId };
    const opened = read(letter, paymentOpened);
    if (opened !== undefined) return { type: 'OpenPayment', ...opened };
    const failed = read(letter, paymentFailed);
    if (failed !== undefined) return { type: 'FailPayment', ...failed, refundId };
    const closed = read(letter, paymentClosed);
    if (closed !== undefined) return { type: 'ClosePayment', paymentId: closed.paymentId, at: when, refundId };
    const captured = read(letter, paymentCaptured);
    if (captured !== undefined) {
      const { paymentId, amount } = captured;
      return { type: 'CapturePayment', paymentId, amount: fen(amount), refundId: `rfd_${paymentId}`, at: when };
    }
    const refunded = read(letter, paymentRefunded);
    if (refunded !== undefined) return { type: 'ConfirmRefund', refundId: refunded.refundId };
    return undefined;
  }

  /** The slice that hears a letter. */
  function* hear(letter: Letter): Generator<undefined, void> {
    const command = commandOf(letter);
    if (command !== undefined) yield* carryOn(handle(command, letter.id));
    const refunded = read(letter, ticketRefunded);
    if (refunded !== undefined) {
      const { refundId, rightId, ticketNumber: number, fee, returned, reason, disruptionId, refundedAt } = refunded;
      const facts = { refundId, rightId, number, fee: fen(fee), returned: fen(returned), reason, at: refundedAt };
      const atDeadline = disruptionId === undefined ? {} : { atDeadline: true as const };
      handle({ type: 'ReturnTicket', returned: facts, ...atDeadline, at: at(nowMs) }, letter.id);
    }
    if (read(letter, expireOrder) !== undefined)
      handle({ type: 'ExpireOrder', at: at(nowMs), refundId: `rfd_${ORDER}` }, letter.id);
    const expired = read(letter, expireExchange);
    if (expired !== undefined)
      handle({ type: 'EndExchange', exchangeId: expired.exchangeId, reason: 'expired', at: at(nowMs) }, letter.id);
    if (read(letter, sendOwedBack) !== undefined) handle({ type: 'SendOwedBack', at: at(nowMs) }, letter.id);
    if (read(letter, issueTickets) !== undefined) yield* issue();
    const replacing = read(letter, replaceTicket);
    if (replacing !== undefined) yield* replace(replacing.exchangeId);
    const excepted = read(letter, carryOutRefundException);
    if (excepted !== undefined) yield* carryOutException(excepted.exceptionId);
    const review = read(letter, reviewHold);
    if (review !== undefined) handle({ type: 'ReviewHold', holdId: review.holdId }, letter.id);
  }

  // As features/refund-ticket.ts: what was read may be old when it is decided.
  function* giveBack(id: string, feePercent: number): Generator<undefined, void> {
    const right = rights.get(id);
    if (right === undefined || right.status === 'none') return;
    const refundId = `rfd_${(made += 1)}`;
    const { fee, returned, reason } = refundQuote(right, [ladder(feePercent)], at(nowMs));
    yield;
    const now = rights.get(id);
    if (guarded && (now === undefined || now.status === 'none' || now.revision !== right.revision)) return;
    handleRight(id, { type: 'RefundTicket', refund: { refundId, fee, returned, reason, at: at(nowMs) } }, right);
  }

  /** Asked for by one, approved by another: to be carried out. */
  function except(rightId: string, percent: number): void {
    const right = rights.get(rightId);
    if (right === undefined || right.status === 'none') return;
    const { orderId, productId, number: ticketNumber, revision, amount: price } = right;
    const exceptionId = `exx_${(made += 1)}`;
    const when = at(nowMs);
    const about = { rightId, orderId, productId, ticketNumber, revision, price };
    const asked = { amount: fen(Math.ceil((price * percent) / 100)), reason: '生病', requestedBy: 'usr_1' } as const;
    const facts = { ...about, ...asked, requester: 'staff', requestedAt: when } as const;
    handleException(exceptionId, { type: 'RequestException', facts });
    handleException(exceptionId, { type: 'DecideException', by: 'usr_2', approve: true, remark: '属实', at: when });
    pool.push({ id: exceptionId, definition: carryOutRefundException, data: { exceptionId } });
  }

  // As disruption/return-step.ts.
  function* returnAtDeadline(id: string): Generator<undefined, void> {
    const right = rights.get(id);
    if (right === undefined || right.status === 'none' || right.offer === undefined) return;
    const { disruptionId } = right.offer;
    yield;
    const refund = { refundId: `rfd_${disruptionId}_${id}`, ...unusedShare(right), disruptionId, at: at(nowMs) };
    handleRight(id, { type: 'RefundTicket', refund: { ...refund, reason: 'session-cancelled' } }, right);
  }

  // As features/exchange-ticket.ts.
  function* exchange(rightId: string, amount: number, feePercent: number): Generator<undefined, void> {
    const right = rights.get(rightId);
    if (right === undefined || right.status === 'none') return;
    const id = `exc_${(made += 1)}`;
    const { travellers: _people, ...place } = SOLD.dear[0] ?? unknownLine();
    const wished = { ...place, sessionId: `ses_${id}`, amount: fen(amount), admits: right.admits };
    const { price, fee, due, returned } = exchangeQuote(right, wished, [ladder(feePercent)], at(nowMs));
    const newLine = { ...place, lineId: right.lineId, sessionId: `ses_${id}`, unitAmount: fen(amount), quantity: 1 };
    yield;
    handle({
      type: 'BeginExchange',
      facts: {
        ...{ id, rightId, number: right.number, revision: right.revision, holdId: `hld_${id}`, line: newLine },
        ...{ price, fee, due, returned, requestedAt: at(nowMs), expiresAt: at(nowMs + 900 * SECOND_MS) },
      },
    });
  }

  function start(steps: Generator<undefined, void>, letter?: Letter): void {
    step({ steps, ...(letter === undefined ? {} : { letter }) });
  }

  /** One step further. A caller's mistake ends a request; of a message it would be a bug. */
  function step(process: Running): void {
    const index = running.indexOf(process);
    if (index >= 0) running.splice(index, 1);
    try {
      if (process.steps.next().done !== true) running.push(process);
    } catch (error) {
      if (error instanceof NotYet && process.letter !== undefined) pool.push(process.letter);
      else if (!(error instanceof DomainError) || process.letter !== undefined) throw error;
    }
  }

  function deliver(letter: Letter, fate: number): void {
    const { type } = letter.definition;
    try {
      if (type.startsWith('inventory.') && letter.definition.kind === 'command') inventory.hear(letter, fate);
      else if (type.startsWith('finance.') && letter.definition.kind === 'command') finance.hear(letter);
      else if (HEARD_BY_SALES.has(type)) start(hear(letter), letter);
    } catch (error) {
      if (!(error instanceof TooEarly)) throw error;
      pool.push(letter);
    }
  }

  /** @param aheadMs of the clock by which the timers ring */
  function ring(aheadMs = 0): void {
    for (const [name, { letter, dueMs }] of timers) {
      if (dueMs > nowMs + aheadMs) continue;
      timers.delete(name);
      pool.push(letter);
    }
  }

  handle({
    type: 'PlaceOrder',
    facts: {
      ...factsOf({
        lines: sold,
        total: fen(sold.reduce((sum, { unitAmount, quantity }) => sum + unitAmount * quantity, 0)),
      }),
      expiresAt: waitingOf(kind)?.until ?? at(START_MS + 900 * SECOND_MS),
      placedAt: at(START_MS),
      waiting: waitingOf(kind),
    },
  });

  return {
    ...{ rights, pool, timers, running, inventory, finance, handle, handleRight, start, step, deliver, ring },
    ...{ giveBack, returnAtDeadline, exchange, except, exceptions },
    /** A request of one step: a refusal is its answer. */
    ask(request: () => void): void {
      try {
        request();
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
      }
    },
    get order(): OrderState {
      return order;
    },
    get at(): string {
      return at(nowMs);
    },
    /** Whether its customer left the line, and was told so. */
    get left(): boolean {
      return left;
    },
    leave(): void {
      const inLine = order.status === 'placed';
      handle({ type: 'CancelOrder', at: at(nowMs), by: 'customer', refundId: `rfd_${ORDER}` });
      left ||= inLine;
    },
    next: (prefix: string): string => `${prefix}_${(made += 1)}`,
    wait(seconds: number): void {
      nowMs += seconds * SECOND_MS;
    },
    waitForTimer(): void {
      nowMs = Math.max(nowMs, Math.min(...[...timers.values()].map(({ dueMs }) => dueMs)));
    },
  };
}

const HEARD_BY_SALES = new Set(
  [
    ...[holdGranted, holdRejected, holdQueued, paymentOpened, paymentCaptured, paymentFailed, paymentClosed],
    ...[paymentRefunded, ticketRefunded, expireOrder, issueTickets, expireExchange, replaceTicket, reviewHold],
    carryOutRefundException,
    sendOwedBack,
  ].map(({ type }) => type),
);
