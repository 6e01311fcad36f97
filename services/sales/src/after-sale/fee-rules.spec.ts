// Ladders, roundings and presets: borders of each step, minimum, and that a fee is never more than the price.
import { fen } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  DEFAULT_REFUND_RULES,
  EXCHANGE_PRESETS,
  feeOf,
  REFUND_PRESETS,
  rulesAt,
  stepAt,
  type RefundRules,
  type Rounding,
} from './fee-rules.ts';
import { refundRulesSchema } from './fee-rules.schema.ts';

const START = '2026-12-02T09:00:00+08:00';
const END = '2026-12-02T18:00:00+08:00';
const minutesBefore = (minutes: number): string => new Date(Date.parse(START) - minutes * 60_000).toISOString();
const preset = (name: string): RefundRules => ({ effectiveFrom: '2026-01-01T00:00:00Z', ...named(name) });
function named(name: string): Omit<RefundRules, 'effectiveFrom'> {
  const found = REFUND_PRESETS[name];
  if (found === undefined) throw new Error(`no preset ${name}`);
  const { source: _source, ...rules } = found;
  return rules;
}
function fee(rules: RefundRules, price: number, minutes: number): number | undefined {
  const step = stepAt(rules, { startsAt: START, endsAt: END }, minutesBefore(minutes));
  return step === undefined ? undefined : feeOf(step, rules.rounding, fen(price));
}

describe('SAL-50 fee rules', () => {
  it('road tickets: 10 % until two hours before, at least 0.50 yuan; then 20 %, at least 1 yuan; nothing after departure', () => {
    const road = preset('road-standard');
    expect(fee(road, 5_000, 121)).to.equal(500);
    expect(fee(road, 5_000, 120)).to.equal(500);
    expect(fee(road, 5_000, 119.99)).to.equal(1_000);
    expect(fee(road, 5_000, 0)).to.equal(1_000);
    expect(fee(road, 5_000, -0.01)).to.equal(undefined);
    expect(fee(road, 300, 180)).to.equal(50);
    expect(fee(road, 300, 60)).to.equal(100);
    expect(fee(road, 80, 60), 'never more than the price').to.equal(80);
  });
  it('the lenient ladder takes half within an hour after departure', () => {
    const lenient = preset('road-lenient');
    expect(fee(lenient, 5_000, -60)).to.equal(2_500);
    expect(fee(lenient, 5_000, -60.1)).to.equal(undefined);
  });
  it('INV-06 a flow ticket is given back until it expires, by the time that is left until then', () => {
    const flow = preset('road-flow');
    const hours = (minutes: number): number => minutes * 60;
    expect(fee(flow, 5_000, 60), 'before the first run').to.equal(500);
    // 18:00 is nine hours after the start.
    expect(fee(flow, 5_000, -hours(7)), 'two hours before it expires').to.equal(500);
    expect(fee(flow, 5_000, -hours(7) - 0.01)).to.equal(1_000);
    expect(fee(flow, 5_000, -hours(9))).to.equal(1_000);
    expect(fee(flow, 5_000, -hours(9) - 0.01)).to.equal(undefined);
    expect(fee(flow, 80, -hours(8)), 'never more than the price').to.equal(80);
  });
  it('each preset says whose practice it is, in both languages', () => {
    for (const [name, { source }] of Object.entries({ ...REFUND_PRESETS, ...EXCHANGE_PRESETS })) {
      expect(source.zh, name).to.match(/[一-鿿]{4}/);
      expect(source.en, name)
        .to.match(/[a-z]{3}/)
        .and.not.match(/[一-鿿]/);
    }
  });
  it('non-refundable is a ladder without steps', () => {
    expect(fee(preset('non-refundable'), 5_000, 10_000)).to.equal(undefined);
  });
  it('rounds as the rule says, to fen, jiao or yuan', () => {
    const table: [Rounding, number][] = [
      [{ unit: 'fen', direction: 'half-up' }, 1_235],
      [{ unit: 'fen', direction: 'down' }, 1_234],
      [{ unit: 'jiao', direction: 'half-up' }, 1_230],
      [{ unit: 'jiao', direction: 'up' }, 1_240],
      [{ unit: 'yuan', direction: 'down' }, 1_200],
      [{ unit: 'yuan', direction: 'up' }, 1_300],
    ];
    for (const [rounding, expected] of table)
      expect(feeOf({ minutesBefore: 0, feePercent: 12.34, feeMinimum: fen(0) }, rounding, fen(10_005))).to.equal(
        expected,
        JSON.stringify(rounding),
      );
  });
  it('a free ticket costs nothing to give back, whatever the minimum', () => {
    expect(fee(preset('road-standard'), 0, 60)).to.equal(0);
  });
  it('a ticket keeps the rules of the day on which it was sold', () => {
    const old = { ...preset('scenic-flexible'), effectiveFrom: '2026-01-01T00:00:00Z' };
    const dear = { ...preset('road-standard'), effectiveFrom: '2026-11-01T00:00:00+08:00' };
    expect(rulesAt([dear, old], '2026-10-31T15:59:59Z', DEFAULT_REFUND_RULES)).to.equal(old);
    expect(rulesAt([dear, old], '2026-10-31T16:00:00Z', DEFAULT_REFUND_RULES)).to.equal(dear);
    expect(rulesAt([dear], '2026-10-01T00:00:00Z', DEFAULT_REFUND_RULES)).to.equal(DEFAULT_REFUND_RULES);
    expect(rulesAt(undefined, '2026-10-01T00:00:00Z', DEFAULT_REFUND_RULES)).to.equal(DEFAULT_REFUND_RULES);
  });
  it('every preset is a rule that staff could have written', () => {
    for (const name of Object.keys(REFUND_PRESETS)) refundRulesSchema.parse(preset(name));
  });
  it('is an integer between nothing and the price, never falls as the price rises, and half-up is within half a unit', () => {
    const rounding = fc.record({
      unit: fc.constantFrom('fen' as const, 'jiao' as const, 'yuan' as const),
      direction: fc.constantFrom('up' as const, 'down' as const, 'half-up' as const),
    });
    const percent = fc.integer({ min: 0, max: 10_000 }).map((points) => points / 100);
    fc.assert(
      fc.property(
        rounding,
        percent,
        fc.integer({ min: 0, max: 10_000_000 }),
        fc.integer({ min: 0, max: 500 }),
        (rule, feePercent, price, minimum) => {
          const step = { minutesBefore: 0, feePercent, feeMinimum: fen(minimum) };
          const taken = feeOf(step, rule, fen(price));
          expect(Number.isSafeInteger(taken)).to.equal(true);
          expect(taken).to.be.within(0, price);
          expect(feeOf(step, rule, fen(price + 100))).to.be.at.least(taken);
          expect(taken).to.be.at.least(Math.min(price, minimum));
        },
      ),
    );
  });
});
