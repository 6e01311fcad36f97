// Whole lives of sales, booked in any order and more than once: what is owed is what is owed (FIN-11, FIN-12). The events are those
// that sales and payments tell of a ticket; the figures that they must come to are counted here without the rules.
import type { Envelope } from '@tongpiao/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import type { AccountTotals, Posting } from './entry.ts';
import { addTotals, isBalanced, postingOf } from './posting.policy.ts';
import { DEFAULT_RULES } from './posting-rules.ts';

type Told = { readonly type: string; readonly data: Readonly<Record<string, unknown>> };

/** What a customer does with one ticket. */
type Life = {
  readonly price: number;
  readonly method: string;
  readonly exchanges: readonly { readonly price: number; readonly fee: number }[];
  readonly end: 'lives' | 'used' | 'expired' | 'refunded' | 'refunded after use' | 'refunded after expiry';
  /** In thousandths of what the ticket is worth when it is given back. */
  readonly refundFee: number;
  /** Money that came too late, twice, for nothing or as another transaction, and goes back as a whole. */
  readonly stray: readonly { readonly amount: number; readonly why: string }[];
};

type Outcome = {
  readonly told: readonly Told[];
  /** Price of the ticket while it lives. */
  readonly worth: number;
  /** Sums of the moneys that go back to the customer, whether told yet or not. */
  readonly returned: number;
  readonly fees: number;
  readonly earned: number;
  /** What is still there: captured less gone back. */
  readonly kept: number;
};

const captured = (amount: number, method: string): Told => ({
  type: 'finance.payment.captured.v1',
  data: { amount, method },
});
const wentBack = (amount: number, method: string, reason: string): Told => ({
  type: 'finance.payment.refunded.v1',
  data: { amount, method, reason },
});

function exchanged(worth: number, { price, fee }: Life['exchanges'][number], method: string): Outcome {
  const difference = price + fee - worth;
  const [paid, returned] = [Math.max(0, difference), Math.max(0, -difference)];
  const data = { previousAmount: worth, amount: price, fee, paid, returned };
  return {
    told: [
      ...(paid > 0 ? [captured(paid, method)] : []),
      { type: 'sales.ticket.exchanged.v1', data },
      ...(returned > 0 ? [wentBack(returned, method, 'refund')] : []),
    ],
    worth: price,
    returned,
    fees: fee,
    earned: 0,
    kept: paid - returned,
  };
}

function ended(worth: number, { end, refundFee, method }: Life): Outcome {
  const nothing = { told: [], returned: 0, fees: 0, earned: 0, kept: 0 };
  switch (end) {
    case 'lives':
      return { ...nothing, worth };
    case 'used':
    case 'expired':
      return {
        ...nothing,
        told: [{ type: `sales.ticket.${end}.v1`, data: { amount: worth } }],
        worth: 0,
        earned: worth,
      };
    case 'refunded':
    case 'refunded after use':
    case 'refunded after expiry': {
      // What the last use or expiry has earned is given back out of that.
      const late = end !== 'refunded';
      const how = end === 'refunded after use' ? 'used' : 'expired';
      const before = late ? [{ type: `sales.ticket.${how}.v1`, data: { amount: worth } }] : [];
      const fees = Math.floor((worth * refundFee) / 1_000);
      const returned = worth - fees;
      return {
        ...nothing,
        told: [
          ...before,
          { type: 'sales.ticket.refunded.v1', data: { fee: fees, returned, ...(late ? { outOf: 'earned' } : {}) } },
          ...(returned > 0 ? [wentBack(returned, method, 'refund')] : []),
        ],
        worth: 0,
        fees,
        returned,
        kept: -returned,
      };
    }
  }
}

function after(before: Outcome, next: Outcome): Outcome {
  return {
    told: [...before.told, ...next.told],
    worth: next.worth,
    returned: before.returned + next.returned,
    fees: before.fees + next.fees,
    earned: before.earned + next.earned,
    kept: before.kept + next.kept,
  };
}

function live(life: Life): Outcome {
  const { price, method } = life;
  const stray = life.stray.flatMap(({ amount, why }) => [
    why === 'double-payment'
      ? { type: 'finance.payment.surplus-received.v1', data: { amount, method } }
      : captured(amount, method),
    wentBack(amount, method, why),
  ]);
  let now: Outcome = {
    told: [captured(price, method), ...stray],
    worth: price,
    returned: 0,
    fees: 0,
    earned: 0,
    kept: price,
  };
  for (const exchange of life.exchanges) now = after(now, exchanged(now.worth, exchange, method));
  return after(now, ended(now.worth, life));
}

const amount = fc.integer({ min: 1, max: 1_000_000 });
const fee = fc.integer({ min: 0, max: 5_000 });
const lives: fc.Arbitrary<Life> = fc.record({
  price: amount,
  method: fc.constantFrom('wechat', 'alipay', 'sandbox', 'cash'),
  exchanges: fc.array(fc.record({ price: amount, fee }), { maxLength: 3 }),
  end: fc.constantFrom('lives', 'used', 'expired', 'refunded', 'refunded after use', 'refunded after expiry'),
  refundFee: fc.integer({ min: 0, max: 1_000 }),
  stray: fc.array(fc.record({ amount, why: fc.constantFrom('late-payment', 'double-payment', 'cancelled') }), {
    maxLength: 2,
  }),
});

function postings(told: readonly Told[]): readonly Posting[] {
  return told.flatMap(({ type, data }, index) => {
    const envelope: Envelope = {
      specversion: '1.0',
      id: `e${index}`,
      type,
      source: 'trial',
      subject: 'subject',
      time: '2026-12-01T02:00:00.000Z',
      datacontenttype: 'application/json',
      tenantid: 'ten_1',
      correlationid: 'c',
      causationid: 'c',
      sequence: 1,
      data,
    };
    return postingOf(DEFAULT_RULES, envelope) ?? [];
  });
}

/** As the store keeps it: one entry per source event. */
function book(list: readonly Posting[]): readonly AccountTotals[] {
  const entries = new Map(list.map((posting) => [posting.source.id, posting]));
  return addTotals([...entries.values()].flatMap(({ lines }) => lines));
}

/** What an account holds on its own side: credits less debits for all but the places where money lies. */
function owedBy(totals: readonly AccountTotals[], id: string): number {
  const { debit, credit } = totals.find(({ account }) => account === id) ?? { debit: 0, credit: 0 };
  return credit - debit;
}

const sum = (outcomes: readonly Outcome[], of: (outcome: Outcome) => number): number =>
  outcomes.reduce((total, outcome) => total + of(outcome), 0);
const MONEY = ['wechat-clearing', 'alipay-clearing', 'sandbox-clearing', 'cash-on-hand'];

describe('the books of many sales, in any order and told more than once', () => {
  const histories = fc.array(lives, { minLength: 1, maxLength: 12 }).chain((all) => {
    const outcomes = all.map(live);
    const entries = postings(outcomes.flatMap(({ told }) => told));
    return fc.tuple(
      fc.constant(outcomes),
      fc.shuffledSubarray([...entries], { minLength: entries.length }),
      fc.subarray([...entries]),
    );
  });

  it('FIN-12 what is deferred is the price of the tickets that live, and nothing is owed when all money has gone back', () => {
    fc.assert(
      fc.property(histories, ([outcomes, entries, again]) => {
        const totals = book([...entries, ...again]);
        expect(isBalanced(totals)).to.equal(true);
        expect(owedBy(totals, 'deferred-takings')).to.equal(sum(outcomes, ({ worth }) => worth));
        expect(owedBy(totals, 'refunds-payable')).to.equal(0);
        expect(owedBy(totals, 'refund-fee-revenue')).to.equal(sum(outcomes, ({ fees }) => fees));
        expect(owedBy(totals, 'admission-revenue')).to.equal(sum(outcomes, ({ earned }) => earned));
        const money = -MONEY.reduce((total, account) => total + owedBy(totals, account), 0);
        expect(money).to.equal(sum(outcomes, ({ kept }) => kept));
      }),
      { numRuns: 500 },
    );
  });

  it('FIN-12 until the money has gone back, exactly it is owed', () => {
    fc.assert(
      fc.property(fc.array(lives, { minLength: 1, maxLength: 8 }), (all) => {
        const outcomes = all.map((life) => live({ ...life, stray: [] }));
        const told = outcomes
          .flatMap((outcome) => outcome.told)
          .filter(({ type }) => type !== 'finance.payment.refunded.v1');
        const totals = book(postings(told));
        expect(owedBy(totals, 'refunds-payable')).to.equal(sum(outcomes, ({ returned }) => returned));
        expect(owedBy(totals, 'deferred-takings')).to.equal(sum(outcomes, ({ worth }) => worth));
      }),
      { numRuns: 300 },
    );
  });

  it('FIN-12 after any exchange what is deferred for the ticket is its new price: captured less what the legs took', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const outcome = live({ ...life, stray: [], end: 'lives' });
        const last = life.exchanges.at(-1);
        const totals = book(postings(outcome.told));
        const deferred = totals.find(({ account }) => account === 'deferred-takings');
        expect((deferred?.credit ?? 0) - (deferred?.debit ?? 0)).to.equal(last?.price ?? life.price);
      }),
      { numRuns: 300 },
    );
  });

  it('FIN-11 every moment on the way is balanced, too', () => {
    fc.assert(
      fc.property(histories, fc.nat({ max: 100 }), ([, entries], cut) => {
        const part = entries.slice(0, cut);
        for (const { lines } of part) expect(isBalanced(lines)).to.equal(true);
        expect(isBalanced(book(part))).to.equal(true);
      }),
    );
  });
});
