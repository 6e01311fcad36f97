// A tenant's charts of accounts: each change is a new version that begins later, so what was booked keeps the name it was booked under.
//
// input ↓ \ status →  none (version 0: as we call them)  set
// SetChart            set | too early¹                    set | - (the newest again) | too early¹ | changed meanwhile² | too many³
//
// ¹ it would begin before every instance knows of it
// ² the caller has read another version
// ³ a bound on what one record holds
import { DomainError, type Decider } from '@tongpiao/kernel';
import type { Chart, ChartCommand, ChartEvent, ChartState } from './chart.ts';

/** Instances look every ten seconds (`chart.store.ts`); the rest is for clocks that differ. */
export const BEGINS_AFTER_MS = 60_000;
/** Two changes a week for two years; a chart of accounts changes once a year. */
const CHARTS_MAX = 200;

export function chartsOf(state: ChartState): readonly Chart[] {
  return state.status === 'set' ? state.charts : [];
}

/** @returns 0 where the tenant has never said anything */
export function versionOf(state: ChartState): number {
  return chartsOf(state).length;
}

/** The chart that a booking at this moment goes by: the one that began last, of several the newest. */
export function chartAt(charts: readonly Chart[], at: Date): Chart | undefined {
  let found: Chart | undefined;
  for (const chart of charts) {
    const from = Date.parse(chart.effectiveFrom);
    if (from <= at.getTime() && (found === undefined || from >= Date.parse(found.effectiveFrom))) found = chart;
  }
  return found;
}

function isAgain({ effectiveFrom, accounts }: Chart, command: ChartCommand): boolean {
  return (
    Date.parse(effectiveFrom) === Date.parse(command.effectiveFrom) && spelled(accounts) === spelled(command.accounts)
  );
}

/** Whatever the order in which they were written. */
function spelled(accounts: Chart['accounts']): string {
  return JSON.stringify(
    Object.entries(accounts)
      .map(([account, { code, name }]) => [account, code, name?.zh, name?.en])
      .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  );
}

function decide(state: ChartState, command: ChartCommand): readonly ChartEvent[] {
  const { effectiveFrom, accounts, reason, at, expected } = command;
  const charts = chartsOf(state);
  const newest = charts[charts.length - 1];
  if (newest !== undefined && isAgain(newest, command)) return [];
  if (versionOf(state) !== expected)
    throw new DomainError('platform.precondition-failed', 'The accounts have been changed meanwhile.');
  const earliest = Date.parse(at) + BEGINS_AFTER_MS;
  if (Date.parse(effectiveFrom) < earliest)
    throw new DomainError('finance.accounts-too-early', 'Accounts change for what is booked later.', {
      earliest: new Date(earliest).toISOString(),
    });
  if (charts.length >= CHARTS_MAX)
    throw new DomainError('finance.accounts-too-often', 'The accounts were changed too often.', { limit: CHARTS_MAX });
  return [{ type: 'ChartSet', chart: { version: charts.length + 1, effectiveFrom, accounts, reason } }];
}

export const chartDecider: Decider<ChartState, ChartCommand, ChartEvent> = {
  initial: { status: 'none' },
  decide,
  evolve: (state, { chart }) => ({ status: 'set', charts: [...chartsOf(state), chart] }),
};
