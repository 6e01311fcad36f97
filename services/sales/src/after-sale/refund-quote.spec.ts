// What comes back for a ticket, or why nothing does: each refusal, each border of the ladder, and that fee and money are the price.
import { DomainError, fen } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import { soldRight } from '../right/right.fixture.ts';
import type { PastTicket, SoldRight } from '../right/right.ts';
import { REFUND_PRESETS, type RefundRules } from './fee-rules.ts';
import { refundQuote } from './refund-quote.ts';

const START = Date.parse('2026-12-02T09:00:00+08:00');
const before = (minutes: number): string => new Date(START - minutes * 60_000).toISOString();
const DAY = 24 * 60;
const road: RefundRules = { effectiveFrom: '2026-01-01T00:00:00Z', ...presetOf('road-standard') };
const use = { at: before(-5), gateId: 'gat_1', people: 1 };
const offer = { disruptionId: 'dis_1', kind: 'cancelled', decideBy: before(0) } as const;

function presetOf(name: string): Omit<RefundRules, 'effectiveFrom'> {
  const found = REFUND_PRESETS[name];
  if (found === undefined) throw new Error(`no preset ${name}`);
  const { source: _source, ...rules } = found;
  return rules;
}
function refusal(right: SoldRight, at = before(DAY), rules: readonly RefundRules[] = [road]): DomainError {
  try {
    refundQuote(right, rules, at);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('a quote was given');
}

describe('SAL-50 what comes back for a ticket', () => {
  describe('after an exchange of the customer’s own', () => {
    const exchanged = (minutes: number, change: Partial<PastTicket> = {}): SoldRight =>
      soldRight({
        ...{ startsAt: '2026-12-09T09:00:00+08:00', endsAt: '2026-12-09T11:00:00+08:00', revision: 2 },
        past: [
          {
            ...{
              number: 'N0',
              revision: 1,
              status: 'exchanged',
              sessionId: 'ses_0',
              siteId: 'sit_1',
              date: '2026-12-02',
            },
            ...{ amount: fen(12_000), cause: 'exc_1', at: before(minutes) },
            ...{ startsAt: '2026-12-02T09:00:00+08:00', endsAt: '2026-12-02T11:00:00+08:00' },
            ...change,
          },
        ],
      });
    const fee = (right: SoldRight, rules?: readonly RefundRules[], at = before(0)): number =>
      refundQuote(right, rules, at).fee;

    it('it costs at least what it would have cost then, by the rules that hold where a product says nothing', () => {
      expect([fee(exchanged(60)), fee(exchanged(DAY)), fee(exchanged(3 * DAY))]).to.deep.equal([1_200, 0, 0]);
      expect(fee(exchanged(-30)), 'after the start').to.equal(1_200);
      expect(fee(soldRight({ ...exchanged(60), amount: fen(20_000) })), 'of what is paid now').to.equal(2_000);
    });
    it('and more when the step of the moment is dearer', () => {
      const steep = { ...road, keepsStepOfExchange: true };
      const soon = new Date(Date.parse('2026-12-09T08:00:00+08:00')).toISOString();
      expect([fee(exchanged(DAY), [steep], soon), fee(exchanged(60), [steep])]).to.deep.equal([2_400, 2_400]);
    });
    it('SAL-52 not after one that the tenant made necessary, or a reissue', () => {
      expect(fee(exchanged(60, { disruptionId: 'dis_1' }))).to.equal(0);
      expect(fee(exchanged(60, { status: 'superseded' }))).to.equal(0);
    });
    it('not where the rules do not say so: a station’s', () => {
      expect(REFUND_PRESETS['road-standard']).not.to.have.property('keepsStepOfExchange');
      expect(fee(exchanged(60), [road])).to.equal(1_200);
    });
  });
  it('price less fee, by the step of the moment', () => {
    const quote = (minutes: number): number => refundQuote(soldRight(), [road], before(minutes)).fee;
    expect([quote(DAY), quote(120), quote(119), quote(0)]).to.deep.equal([1_200, 1_200, 2_400, 2_400]);
    expect(refundQuote(soldRight(), [road], before(DAY))).to.include({
      reason: 'customer',
      price: 12_000,
      fee: 1_200,
      returned: 10_800,
    });
  });
  it('the quote is good for five minutes, and not longer than its step', () => {
    const until = (minutes: number): number =>
      (START - Date.parse(refundQuote(soldRight(), [road], before(minutes)).goodUntil)) / 60_000;
    expect([until(DAY), until(123), until(120), until(119), until(2)]).to.deep.equal([DAY - 5, 120, 120, 114, 0]);
  });
  it('INV-06 of a flow ticket: counted to the end of its session, and good no longer than that', () => {
    const flow: RefundRules = { effectiveFrom: '2026-01-01T00:00:00Z', ...presetOf('road-flow') };
    // It ends two hours after its start.
    expect(refundQuote(soldRight(), [flow], before(0))).to.include({ fee: 1_200, goodUntil: before(0) });
    expect(refundQuote(soldRight(), [flow], before(-118))).to.include({ fee: 2_400, goodUntil: before(-120) });
    expect(refusal(soldRight(), before(-121), [flow]).code).to.equal('sales.refund-window-over');
    expect(refusal(soldRight({ status: 'used', uses: [use] }), before(-10), [flow]).code).to.equal('sales.ticket-used');
  });
  it('without rules: free until a day before, 10 % until the start', () => {
    expect(refundQuote(soldRight(), undefined, before(DAY)).fee).to.equal(0);
    expect(refundQuote(soldRight(), [], before(DAY - 1)).fee).to.equal(1_200);
  });
  it('the rules of the day of the sale, not of today', () => {
    const dearer: RefundRules = { effectiveFrom: '2026-11-25T00:00:00Z', ...presetOf('non-refundable') };
    expect(refundQuote(soldRight(), [dearer, road], before(DAY)).fee).to.equal(1_200);
    // Exchanged to this product after its sale: the rules of the day of the exchange.
    const exchanged = soldRight({ ruledFrom: '2026-11-25T00:00:00Z' });
    expect(refusal(exchanged, before(DAY), [dearer, road]).code).to.equal('sales.refund-window-over');
    expect(refusal(soldRight({ soldAt: '2026-11-25T00:00:00Z' }), before(DAY), [dearer, road]).code).to.equal(
      'sales.refund-window-over',
    );
  });
  it('a free ticket gives nothing back and costs nothing', () => {
    expect(refundQuote(soldRight({ amount: fen(0) }), [road], before(1))).to.include({ fee: 0, returned: 0 });
  });

  it('after the last step nothing comes back', () => {
    const error = refusal(soldRight(), before(-0.01));
    expect([error.code, error.data]).to.deep.equal(['sales.refund-window-over', { startsAt: soldRight().startsAt }]);
  });
  it('nor for a ticket that was used, wholly or once', () => {
    expect(refusal(soldRight({ status: 'used', uses: [use] })).code).to.equal('sales.ticket-used');
    const once = refusal(soldRight({ status: 'checked_in', entries: 2, uses: [use] }));
    expect([once.code, once.data['gateId']]).to.deep.equal(['sales.ticket-used', 'gat_1']);
  });
  it('nor for one that is not living, which says what it is', () => {
    for (const status of ['refunded', 'exchanged', 'voided', 'superseded', 'frozen', 'expired'] as const) {
      const error = refusal(soldRight({ status }));
      expect([error.code, error.data]).to.deep.equal(['sales.ticket-not-living', { status }]);
    }
  });

  describe('SAL-52 the tenant took the session away', () => {
    it('everything comes back, whatever the ladder says, also after the start', () => {
      for (const at of [before(DAY), before(-30)])
        expect(refundQuote(soldRight({ offer }), [{ ...road, steps: [] }], at)).to.include({
          reason: 'session-cancelled',
          fee: 0,
          returned: 12_000,
        });
    });
    it('after a first entry what was not used of it: entries and people that are left, rounded up', () => {
      const inside = (change: Parameters<typeof soldRight>[0]): unknown => {
        const right = soldRight({ offer, status: 'checked_in', uses: [use], ...change });
        const { fee, returned } = refundQuote(right, [road], before(-30));
        return [fee, returned];
      };
      expect(inside({ entries: 2 })).to.deep.equal([6_000, 6_000]);
      expect(inside({ entries: 3, amount: fen(100) })).to.deep.equal([33, 67]);
      expect(inside({ admits: 5, uses: [{ ...use, people: 4 }] })).to.deep.equal([9_600, 2_400]);
      expect(inside({ entries: 2, admits: 3, uses: [{ ...use, people: 2 }] })).to.deep.equal([4_000, 8_000]);
      expect(inside({ entries: 2, amount: fen(0) })).to.deep.equal([0, 0]);
    });
    it('the reason says which it was', () => {
      const reduced = soldRight({ offer: { ...offer, kind: 'reduced' } });
      expect(refundQuote(reduced, [road], before(1)).reason).to.equal('session-reduced');
    });
    it('everything of a ticket whose holder was let in before the start, or which expired while the news was on its way', () => {
      const early = { ...use, at: before(20) };
      const known = { ...offer, cancelledAt: before(10) };
      const all = { reason: 'session-cancelled', fee: 0, returned: 12_000 };
      for (const right of [
        soldRight({ offer: known, status: 'used', uses: [early] }),
        soldRight({ offer: known, status: 'checked_in', entries: 2, uses: [early] }),
        soldRight({ offer: known, status: 'expired' }),
      ])
        expect(refundQuote(right, [road], before(-200)), right.status).to.include(all);
      expect(refusal(soldRight({ offer, status: 'expired' })).code).to.equal('sales.ticket-not-living');
    });
    it('not for a ticket that was used up or given back', () => {
      expect(refusal(soldRight({ offer, status: 'used', uses: [use] })).code).to.equal('sales.ticket-used');
      const inside = { status: 'checked_in', entries: 2, uses: [use] } as const;
      const came = refusal(soldRight({ ...inside, offer: { ...offer, kind: 'reduced' } }));
      expect(came.code, 'who came although there were fewer places').to.equal('sales.ticket-used');
      for (const status of ['refunded', 'frozen'] as const)
        expect(refusal(soldRight({ offer, status })).code, status).to.equal('sales.ticket-not-living');
    });
  });

  it('fee and money are the price, neither is negative, and waiting never makes it cheaper', () => {
    const presets = fc.constantFrom(...Object.keys(REFUND_PRESETS));
    fc.assert(
      fc.property(
        presets,
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.integer({ min: -200, max: 5_000 }),
        fc.integer({ min: 0, max: 200 }),
        (name, amount, minutes, sooner) => {
          const rules = [{ effectiveFrom: '2026-01-01T00:00:00Z', ...presetOf(name) }];
          const right = soldRight({ amount: fen(amount) });
          const feeAt = (left: number): number => {
            try {
              const { price, fee, returned } = refundQuote(right, rules, before(left));
              expect(fee + returned).to.equal(price);
              expect(Math.min(fee, returned)).to.be.at.least(0);
              return fee;
            } catch (error) {
              if (error instanceof DomainError) return Number.POSITIVE_INFINITY;
              throw error;
            }
          };
          expect(feeAt(minutes)).to.be.at.least(feeAt(minutes + sooner));
        },
      ),
    );
  });
});
