// What the rules make of events, and what holds for every book whatever is booked in whatever order.
import {
  paymentCaptured,
  paymentRefunded,
  paymentSurplusReceived,
  smsCharged,
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
const linesOf = (
  definition: MessageDefinition,
  change?: Record<string, unknown>,
): readonly [string, string, number] => {
  const [debit, credit] = postingOf(DEFAULT_RULES, envelope(definition, change))?.lines ?? [];
  return [debit?.account ?? '', credit?.account ?? '', debit?.debit ?? 0];
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

describe('posting', () => {
  it('FIN-12 money that comes in is owed until the ticket is used, wherever it lies', () => {
    const lies = {
      wechat: 'wechat-clearing',
      alipay: 'alipay-clearing',
      sandbox: 'sandbox-clearing',
      cash: 'cash-on-hand',
    };
    for (const [method, account] of Object.entries(lies)) {
      expect(linesOf(paymentCaptured, { method })).to.deep.equal([account, 'deferred-takings', 24_000]);
      expect(linesOf(paymentSurplusReceived, { method })).to.deep.equal([account, 'deferred-takings', 24_000]);
      expect(linesOf(paymentRefunded, { method })).to.deep.equal(['deferred-takings', account, 24_000]);
    }
  });

  it('FIN-12 a used ticket turns the debt into revenue; a free one moves nothing', () => {
    expect(linesOf(ticketUsed)).to.deep.equal(['deferred-takings', 'admission-revenue', 12_000]);
    expect(postingOf(DEFAULT_RULES, envelope(ticketUsed, { amount: 0 }))).to.equal(undefined);
  });

  it('FIN-12 messages are an expense at the price per segment, rounded half up', () => {
    expect(linesOf(smsCharged, { segments: 41 })).to.deep.equal(['messaging-expense', 'messaging-payable', 185]);
    expect(linesOf(smsCharged, { segments: 2 })).to.deep.equal(['messaging-expense', 'messaging-payable', 9]);
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
    expect(codeOf(() => postingOf({ ...DEFAULT_RULES, rules: [] }, envelope(paymentCaptured)))).to.equal(
      'finance.unbookable',
    );
  });

  it('FIN-12 every event that is heard has a rule, every rule an event, and every account of a rule is in the chart', () => {
    expect(DEFAULT_RULES.rules.map(({ event }) => event)).to.have.members(POSTED.map(({ type }) => type));
    for (const definition of POSTED) expect(linesOf(definition)[2], definition.type).to.be.above(0);
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
    segments: fc.integer({ min: 1, max: 100_000 }),
    method: fc.constantFrom('wechat', 'alipay', 'sandbox', 'cash'),
    id: fc.integer({ min: 0, max: 60 }),
  })
  // One id is one event: what comes again is the same.
  .map(({ definition, amount, segments, method, id }) => ({
    definition,
    change: { amount, segments, method },
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
