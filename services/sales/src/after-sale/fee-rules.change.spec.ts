// What may become of fee rules under which tickets were sold.
import { DomainError, fen } from '@tongpiao/kernel';
import { expect } from 'chai';
import { refuseRewrittenRules, type FeeRules } from './fee-rules.change.ts';
import type { ExchangeRules, RefundRules } from './fee-rules.ts';

const NOW = '2026-11-20T02:00:00.000Z';
const refunds = (effectiveFrom: string, feePercent = 10): RefundRules => ({
  effectiveFrom,
  steps: [
    { minutesBefore: 1_440, feePercent: 0, feeMinimum: fen(0) },
    { minutesBefore: 0, feePercent, feeMinimum: fen(100) },
  ],
  rounding: { unit: 'fen', direction: 'half-up' },
});
const exchanges = (effectiveFrom: string, change: Partial<ExchangeRules> = {}): ExchangeRules => ({
  ...refunds(effectiveFrom),
  timesMax: 2,
  otherTicketTypes: false,
  productIds: ['prd_2', 'prd_3'],
  ...change,
});
const OLD = '2026-01-01T00:00:00Z';
const NEXT = '2027-01-01T00:00:00Z';
const before: FeeRules = { refunds: [refunds(OLD), refunds(NEXT)], exchanges: [exchanges(OLD)] };

function refusal(after: FeeRules, from: FeeRules = before): unknown {
  try {
    refuseRewrittenRules(from, after, NOW);
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return [error.code, error.data];
    throw error;
  }
}
const inForce = (kind: string, effectiveFrom = OLD): unknown => ['sales.fee-rules-in-force', { kind, effectiveFrom }];
const tooEarly = (kind: string, effectiveFrom: string): unknown => [
  'sales.fee-rules-too-early',
  { kind, effectiveFrom },
];

describe('SAL-50 fee rules of tickets that are sold', () => {
  it('stay: the same again, however it is written, is no change', () => {
    expect(refusal(before)).to.equal(undefined);
    const old = refunds('2026-01-01T08:00:00+08:00');
    const turned = { ...old, steps: [...old.steps].reverse() };
    const other = exchanges(OLD, { productIds: ['prd_3', 'prd_2'] });
    expect(refusal({ refunds: [turned], exchanges: [other] })).to.equal(undefined);
  });
  it('what begins later may come, change and go', () => {
    expect(refusal({ ...before, refunds: [refunds(OLD)] })).to.equal(undefined);
    expect(refusal({ ...before, refunds: [refunds(OLD), refunds(NEXT, 50)] })).to.equal(undefined);
    const added = { refunds: [refunds(NEXT)], exchanges: [exchanges(NEXT)] };
    expect(refusal(added, {})).to.equal(undefined);
  });
  it('what has begun neither changes nor goes', () => {
    expect(refusal({ ...before, refunds: [refunds(OLD, 50)] })).to.deep.equal(inForce('refunds'));
    expect(refusal({ ...before, refunds: [refunds(NEXT)] })).to.deep.equal(inForce('refunds'));
    const toTheEnd = { ...refunds(OLD), countsTo: 'end' as const };
    const keeping = { ...refunds(OLD), keepsStepOfExchange: true };
    expect(refusal({ ...before, refunds: [keeping, refunds(NEXT)] })).to.deep.equal(inForce('refunds'));
    expect(refusal({ ...before, refunds: [toTheEnd] })).to.deep.equal(inForce('refunds'));
    const spelledOut = { ...refunds(OLD), countsTo: 'start' as const };
    expect(refusal({ ...before, refunds: [spelledOut, refunds(NEXT)] })).to.equal(undefined);
    expect(refusal({ exchanges: before.exchanges })).to.deep.equal(inForce('refunds'));
    expect(refusal({ refunds: before.refunds })).to.deep.equal(inForce('exchanges'));
    for (const change of [{ timesMax: 1 }, { otherTicketTypes: true }, { productIds: ['prd_2'] }])
      expect(refusal({ ...before, exchanges: [exchanges(OLD, change)] })).to.deep.equal(inForce('exchanges'));
  });
  it('nothing begins in the past, or at this moment', () => {
    const early = '2026-11-01T00:00:00Z';
    expect(refusal({ ...before, refunds: [refunds(OLD), refunds(early)] })).to.deep.equal(tooEarly('refunds', early));
    expect(refusal({ exchanges: [exchanges(NOW)] }, {})).to.deep.equal(tooEarly('exchanges', NOW));
  });
});
