// What exchanging a ticket costs, or why it may not be: each refusal in its order, and money that goes one way only.
import { DomainError, fen } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import { soldRight } from '../right/right.fixture.ts';
import type { PastTicket, SoldRight } from '../right/right.ts';
import { exchangeQuote, type ExchangeQuote, type NewPlace } from './exchange-quote.ts';
import type { ExchangeRules } from './fee-rules.ts';

const START = Date.parse('2026-12-02T09:00:00+08:00');
const before = (minutes: number): string => new Date(START - minutes * 60_000).toISOString();
const use = { at: before(-5), gateId: 'gat_1', people: 1 };
const offer = { disruptionId: 'dis_1', kind: 'cancelled', decideBy: before(0) } as const;
const place = (change: Partial<NewPlace> = {}): NewPlace => ({
  productId: 'prd_1',
  ticketTypeId: 'tty_1',
  sessionId: 'ses_2',
  amount: fen(12_000),
  admits: 1,
  ...change,
});
const rules = (change: Partial<ExchangeRules> = {}): ExchangeRules => ({
  effectiveFrom: '2026-01-01T00:00:00Z',
  steps: [
    { minutesBefore: 120, feePercent: 5, feeMinimum: fen(100) },
    { minutesBefore: 0, feePercent: 20, feeMinimum: fen(100) },
  ],
  rounding: { unit: 'fen', direction: 'half-up' },
  timesMax: 2,
  otherTicketTypes: false,
  ...change,
});
const former = (status: PastTicket['status'], revision: number): PastTicket => ({
  number: `N0${revision}`,
  revision,
  status,
  sessionId: 'ses_0',
  siteId: 'sit_1',
  date: '2026-12-01',
  amount: fen(12_000),
  cause: `exc_${revision}`,
  at: before(9_000),
});

function quoted(
  right: SoldRight,
  wish: Partial<NewPlace> = {},
  change: Partial<ExchangeRules> = {},
  minutes = 600,
): ExchangeQuote {
  return exchangeQuote(right, place(wish), [rules(change)], before(minutes));
}
function refusal(...wish: Parameters<typeof quoted>): DomainError {
  try {
    quoted(...wish);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('a quote was given');
}

describe('SAL-53 what an exchange costs', () => {
  it('dearer: the difference and the fee are due', () => {
    expect(quoted(soldRight(), { amount: fen(15_000) })).to.deep.equal({
      price: 12_000,
      newPrice: 15_000,
      fee: 600,
      due: 3_600,
      returned: 0,
      goodUntil: before(595),
    });
  });
  it('cheaper: the difference less the fee comes back', () => {
    expect(quoted(soldRight(), { amount: fen(9_000) })).to.include({ fee: 600, due: 0, returned: 2_400 });
  });
  it('it is shown for five minutes, or until its step ends', () => {
    expect(quoted(soldRight(), {}, {}, 122).goodUntil).to.equal(before(120));
    expect(quoted(soldRight({ offer }), {}, {}, 122).goodUntil).to.equal(before(117));
  });
  it('a little cheaper than the fee: what is missing is due', () => {
    expect(quoted(soldRight(), { amount: fen(11_700) })).to.include({ fee: 600, due: 300, returned: 0 });
    expect(quoted(soldRight(), { amount: fen(11_400) })).to.include({ due: 0, returned: 0 });
  });
  it('the fee is that of the moment, of what the ticket costs today', () => {
    const fee = (minutes: number, amount = 12_000): number =>
      quoted(soldRight({ amount: fen(amount) }), {}, {}, minutes).fee;
    expect([fee(120), fee(119), fee(600, 1_000), fee(600, 50), fee(600, 0)]).to.deep.equal([600, 2_400, 100, 50, 0]);
  });
  it('without rules: once, free, until the start, same product and type', () => {
    const free = (right: SoldRight): ExchangeQuote => exchangeQuote(right, place(), undefined, before(0));
    expect(free(soldRight())).to.include({ fee: 0, due: 0, returned: 0 });
    expect(() => free(soldRight({ past: [former('exchanged', 1)] })))
      .to.throw(DomainError)
      .with.property('code', 'sales.exchange-limit');
  });
  it('the rules of the day of the sale', () => {
    const later = rules({ effectiveFrom: '2026-11-21T00:00:00Z', steps: [] });
    const elsewhere = soldRight({ ruledFrom: '2026-11-22T00:00:00.000Z' });
    expect(() => exchangeQuote(elsewhere, place(), [later, rules()], before(600)))
      .to.throw(DomainError)
      .with.property('code', 'sales.exchange-window-over');
    expect(exchangeQuote(soldRight(), place(), [later, rules()], before(600)).fee).to.equal(600);
  });

  describe('may not be', () => {
    it('for a ticket that was used, or is not living', () => {
      expect(refusal(soldRight({ status: 'used', uses: [use] })).code).to.equal('sales.ticket-used');
      expect(refusal(soldRight({ status: 'checked_in', entries: 2, uses: [use] })).code).to.equal('sales.ticket-used');
      for (const status of ['refunded', 'exchanged', 'voided', 'superseded', 'frozen', 'expired'] as const) {
        const error = refusal(soldRight({ status }));
        expect([error.code, error.data]).to.deep.equal(['sales.ticket-not-living', { status }]);
      }
    });
    it('to the session and type that it is for; the same session as another type is another ticket', () => {
      expect(refusal(soldRight(), { sessionId: 'ses_1' }).code).to.equal('sales.exchange-to-the-same');
      const other = { sessionId: 'ses_1', ticketTypeId: 'tty_2' };
      expect(quoted(soldRight(), other, { otherTicketTypes: true }).fee).to.equal(600);
    });
    it('more often than the rules say; a ticket that was replaced was not exchanged', () => {
      const twice = soldRight({ past: [former('exchanged', 1), former('exchanged', 2)] });
      const error = refusal(twice);
      expect([error.code, error.data]).to.deep.equal(['sales.exchange-limit', { limit: 2 }]);
      expect(quoted(soldRight({ past: [former('superseded', 1), former('exchanged', 2)] })).fee).to.equal(600);
      expect(refusal(soldRight(), {}, { timesMax: 0 }).code).to.equal('sales.exchange-limit');
    });
    it('SAL-52 but an exchange that the tenant made necessary uses up none of the customer’s own', () => {
      const forced = { ...former('exchanged', 1), disruptionId: 'dis_1' };
      const past = [forced, former('exchanged', 2)];
      expect(quoted(soldRight({ past })).fee).to.equal(600);
      expect(refusal(soldRight({ past: [...past, former('exchanged', 3)] })).code).to.equal('sales.exchange-limit');
      expect(quoted(soldRight({ past: [forced] }), {}, { timesMax: 1 }).fee).to.equal(600);
    });
    it('after its ticket’s own time, whatever the ladder counts to', () => {
      const long = { steps: [{ minutesBefore: -600, feePercent: 0, feeMinimum: fen(0) }] };
      const { validUntil, startsAt } = soldRight();
      const ends = (Date.parse(startsAt) - Date.parse(validUntil)) / 60_000;
      expect(quoted(soldRight(), {}, long, ends).fee).to.equal(0);
      expect(refusal(soldRight(), {}, long, ends - 0.01).code).to.equal('sales.exchange-window-over');
    });
    it('after its last step', () => {
      const error = refusal(soldRight(), {}, {}, -0.01);
      expect([error.code, error.data]).to.deep.equal([
        'sales.exchange-window-over',
        { startsAt: soldRight().startsAt },
      ]);
    });
    it('to another product, unless the rules name it', () => {
      const other = { productId: 'prd_2', ticketTypeId: 'tty_9' };
      expect(refusal(soldRight(), other).code).to.equal('sales.exchange-not-to-this-product');
      expect(quoted(soldRight(), other, { productIds: ['prd_2'] }).fee).to.equal(600);
      expect(refusal(soldRight(), { ...other, productId: 'prd_3' }, { productIds: ['prd_2'] }).code).to.equal(
        'sales.exchange-not-to-this-product',
      );
    });
    it('to another type, unless the rules allow it, and never for another number of people', () => {
      expect(refusal(soldRight(), { ticketTypeId: 'tty_2' }).code).to.equal('sales.exchange-not-to-this-type');
      expect(quoted(soldRight(), { ticketTypeId: 'tty_2' }, { otherTicketTypes: true }).fee).to.equal(600);
      const group = { ticketTypeId: 'tty_2', admits: 5 };
      expect(refusal(soldRight(), group, { otherTicketTypes: true }).code).to.equal('sales.exchange-not-to-this-type');
    });
  });

  describe('SAL-52 the tenant took the session away', () => {
    const offered = soldRight({ offer, past: [former('exchanged', 1), former('exchanged', 2)] });
    it('free, whatever the ladder says, however often it was exchanged, also after the start', () => {
      expect(quoted(offered, {}, {}, -30)).to.include({ fee: 0, due: 0, returned: 0 });
      expect(quoted(offered, { amount: fen(15_000) }, { steps: [] })).to.include({ fee: 0, due: 3_000 });
    });
    it('but only to what an exchange may be to', () => {
      expect(refusal(offered, { productId: 'prd_2' }).code).to.equal('sales.exchange-not-to-this-product');
      expect(refusal(offered, { sessionId: 'ses_1' }).code).to.equal('sales.exchange-to-the-same');
    });
  });

  it('money goes one way: what was paid, what is due and what comes back are the new price and the fee', () => {
    const amounts = fc.integer({ min: 0, max: 1_000_000 });
    fc.assert(
      fc.property(amounts, amounts, fc.integer({ min: 0, max: 600 }), (old, next, minutes) => {
        const { fee, due, returned } = quoted(soldRight({ amount: fen(old) }), { amount: fen(next) }, {}, minutes);
        expect(old + due - returned).to.equal(next + fee);
        expect(Math.min(due, returned)).to.equal(0);
        expect(Math.min(due, returned, fee)).to.be.at.least(0);
      }),
    );
  });
});
