import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import { BEGINS_AFTER_MS, chartAt, chartDecider } from './chart.decider.ts';
import type { Chart, ChartCommand, ChartEvent } from './chart.ts';

const given = specify(chartDecider);
const AT = '2026-11-20T00:00:00.000Z';
const NEW_YEAR = '2027-01-01T00:00:00+08:00';
const accounts = {
  'cash-on-hand': { code: '1001' },
  'admission-revenue': { code: '6001.01', name: { zh: '门票收入', en: 'Tickets' } },
};
const set = (change: Partial<ChartCommand> = {}): ChartCommand => ({
  type: 'SetChart',
  effectiveFrom: NEW_YEAR,
  accounts,
  reason: '启用新会计制度',
  at: AT,
  expected: 0,
  ...change,
});
const chart = (version: number, change: Partial<Chart> = {}): Chart => ({
  ...{ version, effectiveFrom: NEW_YEAR, accounts, reason: '启用新会计制度' },
  ...change,
});
const wasSet = (version = 1, change: Partial<Chart> = {}): ChartEvent => ({
  type: 'ChartSet',
  chart: chart(version, change),
});

describe('FIN-12 chart of accounts', () => {
  it('none × SetChart → set, as version 1', () => {
    given().when(set()).then(wasSet());
  });
  it('set × SetChart → a new version; those before stay', () => {
    const other = { 'cash-on-hand': { code: '1001.02' } };
    given(wasSet())
      .when(set({ accounts: other, expected: 1 }))
      .then(wasSet(2, { accounts: other }));
    given(wasSet(), wasSet(2, { accounts: other }))
      .when(set({ expected: 2 }))
      .then(wasSet(3));
  });
  it('set × SetChart of the newest again → -, whoever has read what, however it is spelled', () => {
    const turned = Object.fromEntries(Object.entries(accounts).reverse());
    given(wasSet())
      .when(set({ accounts: turned, effectiveFrom: '2026-12-31T16:00:00Z' }))
      .thenNothing();
  });
  it('× SetChart by somebody who has read another version → refused', () => {
    given()
      .when(set({ expected: 1 }))
      .thenRefused('platform.precondition-failed');
    given(wasSet())
      .when(set({ accounts: {} }))
      .thenRefused('platform.precondition-failed');
  });
  it('× SetChart that begins before every instance knows of it → refused', () => {
    const earliest = Date.parse(AT) + BEGINS_AFTER_MS;
    const from = (ms: number): string => new Date(ms).toISOString();
    given()
      .when(set({ effectiveFrom: from(earliest - 1) }))
      .thenRefused('finance.accounts-too-early');
    given()
      .when(set({ effectiveFrom: from(earliest) }))
      .then(wasSet(1, { effectiveFrom: from(earliest) }));
    given(wasSet())
      .when(set({ effectiveFrom: AT, expected: 1 }))
      .thenRefused('finance.accounts-too-early');
  });
  it('× SetChart for the 201st time → refused', () => {
    const many = Array.from({ length: 200 }, (_, index) => wasSet(index + 1));
    given(...many)
      .when(set({ accounts: {}, expected: 200 }))
      .thenRefused('finance.accounts-too-often');
  });
});

describe('FIN-12 by which chart is booked', () => {
  const first = chart(1, { effectiveFrom: '2026-06-01T00:00:00Z' });
  const next = chart(2, { effectiveFrom: '2027-01-01T00:00:00Z' });
  const at = (charts: readonly Chart[], moment: string): number | undefined =>
    chartAt(charts, new Date(moment))?.version;
  it('the one that began last, from its first moment on', () => {
    expect(at([first, next], '2026-05-31T23:59:59.999Z')).to.equal(undefined);
    expect(at([first, next], '2026-06-01T00:00:00Z')).to.equal(1);
    expect(at([first, next], '2026-12-31T23:59:59.999Z')).to.equal(1);
    expect(at([first, next], '2027-01-01T00:00:00Z')).to.equal(2);
  });
  it('one that was made later for the same moment replaces the other; for an earlier one it does not outlive it', () => {
    expect(at([first, next, chart(3, { effectiveFrom: next.effectiveFrom })], '2027-02-01T00:00:00Z')).to.equal(3);
    expect(at([first, next, chart(3, { effectiveFrom: '2026-12-01T00:00:00Z' })], '2027-02-01T00:00:00Z')).to.equal(2);
  });
});
