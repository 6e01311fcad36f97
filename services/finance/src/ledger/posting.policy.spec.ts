// What the rules make of events, and what holds for every book whatever is booked in whatever order.
import {
  paymentCaptured,
  paymentRefunded,
  paymentSurplusReceived,
  smsCharged,
  ticketExchanged,
  ticketExpired,
  ticketRefunded,
  ticketUsed,
  type Envelope,
  type MessageDefinition,
} from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import { POSTED } from '../features/post-ledger.ts';
import type { AccountTotals, Posting } from './entry.ts';
import { addTotals, isBalanced, postingOf } from './posting.policy.ts';
import { DEFAULT_RULES } from './posting-rules.ts';

const envelope = (definition: MessageDefinition, change: Record<string, unknown> = {}, id = 'x:1:0'): Envelope => ({
  specversion: '1.0',
  id,
  type: definition.type,
  source: 'trial',
  subject: 'subject',
  time: '2026-12-01T02:00:00.000Z',
  datacontenttype: 'application/json',
  tenantid: 'ten_1',
  correlationid: 'c',
  causationid: 'c',
  sequence: 1,
  data: { ...(definition.data.parse(definition.example) as object), ...change },
});
type Leg = readonly [debit: string, credit: string, amount: number];
const legsOf = (definition: MessageDefinition, change?: Record<string, unknown>): readonly Leg[] => {
  const lines = postingOf(DEFAULT_RULES, envelope(definition, change))?.lines ?? [];
  return lines.flatMap((line, index): readonly Leg[] => {
    const other = lines[index + 1];
    return index % 2 === 0 && other !== undefined ? [[line.account, other.account, line.debit]] : [];
  });
};
const codeOf = (book: () => unknown): string => {
  try {
    book();
  } catch (error) {
    if (error instanceof ContractBreach) return error.code;
    throw error;
  }
  return 'booked';
};

const LIES = {
  wechat: 'wechat-clearing',
  alipay: 'alipay-clearing',
  sandbox: 'sandbox-clearing',
  cash: 'cash-on-hand',
} as const;

describe('posting', () => {
  it('FIN-12 an entry names the rules and the chart of accounts by which it was booked', () => {
    expect(postingOf(DEFAULT_RULES, envelope(ticketUsed), 3)).to.include({
      rulesVersion: DEFAULT_RULES.version,
      chartVersion: 3,
    });
    expect(postingOf(DEFAULT_RULES, envelope(ticketUsed))).to.include({ chartVersion: 0 });
  });

  it('FIN-12 money that comes in is owed until the ticket is used, wherever it lies', () => {
    for (const [method, account] of Object.entries(LIES)) {
      expect(legsOf(paymentCaptured, { method })).to.deep.equal([[account, 'deferred-takings', 24_000]]);
      expect(legsOf(paymentSurplusReceived, { method })).to.deep.equal([[account, 'deferred-takings', 24_000]]);
    }
  });

  it('FIN-12 money that goes back settles what it was owed for, wherever it lies', () => {
    for (const [method, account] of Object.entries(LIES)) {
      for (const reason of ['late-payment', 'double-payment', 'cancelled'])
        expect(legsOf(paymentRefunded, { method, reason })).to.deep.equal([['deferred-takings', account, 24_000]]);
      expect(legsOf(paymentRefunded, { method, reason: 'refund' })).to.deep.equal([
        ['refunds-payable', account, 24_000],
      ]);
    }
    expect(legsOf(paymentRefunded, { reason: 'compensation' })).to.deep.equal([
      ['compensation-expense', 'wechat-clearing', 24_000],
    ]);
    expect(codeOf(() => legsOf(paymentRefunded, { reason: 'generosity' }))).to.equal('finance.unbookable');
  });

  it('REI-22 the fee of a reissue is earned as such, and whatever sends it back reverses that; no ticket’s takings move', () => {
    const orderId = 'rei_0a5d8k2m7q9x3c6v1b4n';
    for (const [method, account] of Object.entries(LIES)) {
      for (const definition of [paymentCaptured, paymentSurplusReceived])
        expect(legsOf(definition, { method, orderId, amount: 500 })).to.deep.equal([
          [account, 'reissue-fee-revenue', 500],
        ]);
      for (const reason of ['late-payment', 'double-payment', 'cancelled'])
        expect(legsOf(paymentRefunded, { method, reason, orderId, amount: 500 })).to.deep.equal([
          ['reissue-fee-revenue', account, 500],
        ]);
    }
    expect(postingOf(DEFAULT_RULES, envelope(paymentCaptured, { orderId }))?.rule).to.equal('reissue-fee-captured');
    expect(postingOf(DEFAULT_RULES, envelope(paymentCaptured, { orderId: 'ord_rei_' }))?.rule).to.equal(
      'payment-captured',
    );
  });

  it('FIN-12 a used or expired ticket turns the debt into revenue; a free one moves nothing', () => {
    for (const definition of [ticketUsed, ticketExpired]) {
      expect(legsOf(definition)).to.deep.equal([['deferred-takings', 'admission-revenue', 12_000]]);
      expect(postingOf(DEFAULT_RULES, envelope(definition, { amount: 0 }))).to.equal(undefined);
    }
  });

  it('FIN-12 a ticket that is given back: the fee is earned, the rest is owed until the money has gone', () => {
    expect(legsOf(ticketRefunded)).to.deep.equal([
      ['deferred-takings', 'refund-fee-revenue', 1_200],
      ['deferred-takings', 'refunds-payable', 10_800],
    ]);
    expect(legsOf(ticketRefunded, { fee: 0, returned: 12_000 })).to.deep.equal([
      ['deferred-takings', 'refunds-payable', 12_000],
    ]);
    expect(legsOf(ticketRefunded, { fee: 12_000, returned: 0 })).to.deep.equal([
      ['deferred-takings', 'refund-fee-revenue', 12_000],
    ]);
    expect(postingOf(DEFAULT_RULES, envelope(ticketRefunded, { fee: 0, returned: 0 }))).to.equal(undefined);
    const used = { fee: 6_000, returned: 6_000, reason: 'session-cancelled' };
    expect(legsOf(ticketRefunded, used), 'what was used of a session that was cancelled').to.deep.equal([
      ['deferred-takings', 'admission-revenue', 6_000],
      ['deferred-takings', 'refunds-payable', 6_000],
    ]);
    const all = { fee: 0, returned: 12_000, reason: 'session-cancelled', outOf: 'earned' };
    expect(legsOf(ticketRefunded, all), 'let in before the start of a session that was cancelled').to.deep.equal([
      ['admission-revenue', 'refunds-payable', 12_000],
    ]);
  });

  it('FIN-12 an exchange: the fee is earned, what is returned is owed, what was paid for it stays deferred', () => {
    expect(legsOf(ticketExchanged)).to.deep.equal([['deferred-takings', 'refund-fee-revenue', 500]]);
    expect(legsOf(ticketExchanged, { amount: 9_000, fee: 500, paid: 0, returned: 2_500 })).to.deep.equal([
      ['deferred-takings', 'refund-fee-revenue', 500],
      ['deferred-takings', 'refunds-payable', 2_500],
    ]);
    const even = { amount: 12_000, fee: 0, paid: 0, returned: 0 };
    expect(postingOf(DEFAULT_RULES, envelope(ticketExchanged, even))).to.equal(undefined);
  });

  it('FIN-12 an exchange whose figures do not add up to the new price is shown, not booked', () => {
    for (const change of [{ amount: 15_001 }, { fee: 499 }, { paid: 0 }, { returned: 1 }, { previousAmount: 0 }])
      expect(codeOf(() => legsOf(ticketExchanged, change))).to.equal('finance.unbookable');
  });

  it('FIN-12 messages are an expense at the price per segment, rounded half up', () => {
    expect(legsOf(smsCharged, { segments: 41 })).to.deep.equal([['messaging-expense', 'messaging-payable', 185]]);
    expect(legsOf(smsCharged, { segments: 2 })).to.deep.equal([['messaging-expense', 'messaging-payable', 9]]);
  });

  it('FIN-10 an entry names its source event, and its id is the event’s', () => {
    const posting = postingOf(DEFAULT_RULES, envelope(paymentCaptured, {}, 'pay_1:3:0'));
    expect(posting?.source).to.deep.equal({
      id: 'pay_1:3:0',
      type: 'finance.payment.captured.v1',
      subject: 'subject',
      time: '2026-12-01T02:00:00.000Z',
    });
  });

  it('FIN-10 what the rules cannot book is parked, not dropped', () => {
    expect(codeOf(() => postingOf(DEFAULT_RULES, envelope(paymentCaptured, { method: 'shells' })))).to.equal(
      'finance.unbookable',
    );
    expect(codeOf(() => postingOf(DEFAULT_RULES, envelope(paymentCaptured, { amount: -1 })))).to.equal(
      'finance.unbookable',
    );
    expect(codeOf(() => postingOf(DEFAULT_RULES, envelope(paymentCaptured, { amount: 0.5 })))).to.equal(
      'finance.unbookable',
    );
    expect(codeOf(() => legsOf(ticketRefunded, { fee: -1 }))).to.equal('finance.unbookable');
    expect(codeOf(() => legsOf(ticketRefunded, { returned: undefined }))).to.equal('finance.unbookable');
    expect(codeOf(() => postingOf({ ...DEFAULT_RULES, rules: [] }, envelope(paymentCaptured)))).to.equal(
      'finance.unbookable',
    );
  });

  it('FIN-12 every event that is heard has a rule, every rule an event, and every account of a rule is in the chart', () => {
    const always = DEFAULT_RULES.rules.filter(({ when }) => when === undefined);
    expect(always.map(({ event }) => event)).to.have.members(POSTED.map(({ type }) => type));
    const only = DEFAULT_RULES.rules.filter(({ when }) => when !== undefined);
    expect(POSTED.map(({ type }) => type)).to.include.members(only.map(({ event }) => event));
    for (const definition of POSTED) expect(legsOf(definition), definition.type).not.to.deep.equal([]);
  });
});

/** A book as the store keeps it: entries by id, inserted once. */
function book(postings: readonly Posting[]): readonly AccountTotals[] {
  const entries = new Map<string, Posting>();
  for (const posting of postings) if (!entries.has(posting.source.id)) entries.set(posting.source.id, posting);
  return addTotals([...entries.values()].flatMap(({ lines }) => lines));
}

const anyEvent = fc
  .record({
    definition: fc.constantFrom<MessageDefinition>(...POSTED),
    amount: fc.integer({ min: 0, max: 1_000_000_000 }),
    fee: fc.integer({ min: 0, max: 1_000_000 }),
    returned: fc.integer({ min: 0, max: 1_000_000_000 }),
    segments: fc.integer({ min: 1, max: 100_000 }),
    method: fc.constantFrom('wechat', 'alipay', 'sandbox', 'cash'),
    orderId: fc.constantFrom('ord_0a5d8k2m7q9x3c6v1b4n', 'rei_0a5d8k2m7q9x3c6v1b4n'),
    id: fc.integer({ min: 0, max: 60 }),
  })
  // One id is one event: what comes again is the same.
  .map(({ definition, id, ...figures }) => ({
    definition,
    change: { ...figures, paid: 0, previousAmount: figures.amount + figures.fee + figures.returned },
    id: `e${id}`,
  }));
const histories = fc
  .uniqueArray(anyEvent, { selector: ({ id }) => id, maxLength: 40 })
  .map((events) =>
    events.flatMap(({ definition, change, id }) => postingOf(DEFAULT_RULES, envelope(definition, change, id)) ?? []),
  );

describe('a book, whatever is booked', () => {
  it('FIN-11 debits equal credits in every entry and in every book', () => {
    fc.assert(
      fc.property(histories, (postings) => {
        for (const { lines } of postings) expect(isBalanced(lines)).to.equal(true);
        expect(isBalanced(book(postings))).to.equal(true);
      }),
    );
  });

  it('FIN-10 any redelivery and any order give the same balances', () => {
    const orders = histories.chain((postings) =>
      fc.tuple(
        fc.constant(postings),
        fc.shuffledSubarray(postings, { minLength: postings.length }),
        fc.array(fc.nat({ max: Math.max(0, postings.length - 1) }), { maxLength: 20 }),
      ),
    );
    fc.assert(
      fc.property(orders, ([postings, shuffled, again]) => {
        const repeated = again.flatMap((index) => shuffled[index] ?? []);
        expect(book([...shuffled, ...repeated])).to.deep.equal(book(postings));
      }),
    );
  });

  it('FIN-11 a closing and what came since add up to everything', () => {
    fc.assert(
      fc.property(histories, fc.nat({ max: 40 }), (postings, cut) => {
        const closing = book(postings.slice(0, cut));
        expect(addTotals(closing, book(postings.slice(cut)))).to.deep.equal(book(postings));
      }),
    );
  });
});
