// Charts on disk, one record per tenant, and in memory for bookings: what an instance knows may be ten seconds old, and a chart begins a
// minute after it was made at the earliest.
import type { AggregateSpec, AggregateStore, Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import { z } from 'zod';
import { chartDecider, chartsOf } from './chart.decider.ts';
import type { Chart, ChartCommand, ChartEvent, ChartState } from './chart.ts';

const bilingual = z.object({ zh: z.string(), en: z.string() });
const chartSchema = z.object({
  version: z.number().int().positive(),
  effectiveFrom: z.string(),
  accounts: z.record(z.string(), z.object({ code: z.string(), name: bilingual.optional() })),
  reason: z.string(),
});
const stateSchema: z.ZodType<ChartState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({ status: z.literal('set'), charts: z.array(chartSchema) }),
]);

export const chartSpec: AggregateSpec<ChartState, ChartCommand, ChartEvent> = {
  service: 'finance',
  collection: 'ledger_charts',
  decider: chartDecider,
  state: stateSchema,
  messages: () => [],
};
export type Charts = AggregateStore<ChartState, ChartCommand, ChartEvent>;

export function chartIdOf(tenantId: string): string {
  return `cha_${tenantId}`;
}

export async function chartStateOf(charts: Charts, scope: Scope): Promise<ChartState> {
  return (await charts.load(scope, chartIdOf(scope.tenantId)))?.state ?? { status: 'none' };
}

/** @throws what the database throws: nothing is booked under a chart that may be the wrong one */
export type KnownCharts = (scope: Scope) => Promise<readonly Chart[]>;

const REMEMBERED_MS = 10_000;
/** Tenants with business at the same time. */
const REMEMBERED_MAX = 5_000;

export function rememberCharts(charts: Charts, { clock }: Pick<Foundation, 'clock'>): KnownCharts {
  const remembered = new Map<string, { readonly charts: readonly Chart[]; readonly readAtMs: number }>();
  return async (scope) => {
    const nowMs = clock().getTime();
    const known = remembered.get(scope.tenantId);
    if (known !== undefined && nowMs - known.readAtMs < REMEMBERED_MS) return known.charts;
    const read = chartsOf(await chartStateOf(charts, scope));
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.set(scope.tenantId, { charts: read, readAtMs: nowMs });
    return read;
  };
}
