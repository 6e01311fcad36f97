// GET and PUT /api/v1/ledger/accounts: the accounts of the books, and how a tenant's own books call them (FIN-12). A change is for what is
// booked from a later moment on; entries keep the chart by which they were booked.
import { etagOf, route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { chartAt, chartsOf, versionOf } from '../ledger/chart.decider.ts';
import { chartIdOf, chartStateOf, type Charts } from '../ledger/chart.store.ts';
import type { ChartState } from '../ledger/chart.ts';
import { DEFAULT_RULES } from '../ledger/posting-rules.ts';

const PATH = '/api/v1/ledger/accounts';
const ACCOUNTS = DEFAULT_RULES.accounts.map(({ id }) => id);
const words = z.string().trim().min(1).max(80);
const bilingual = z.strictObject({ zh: words, en: words });
const own = z.strictObject({
  /** As accountants write it: 1012.01, 6001-02. */
  code: z.string().regex(/^[0-9A-Za-z][0-9A-Za-z.-]{0,29}$/),
  name: bilingual.optional(),
});
const accounts = z.partialRecord(z.enum(ACCOUNTS), own);
const chart = z.object({
  version: z.int(),
  effectiveFrom: z.string(),
  reason: z.string(),
  accounts: z.record(z.string(), own),
});
const view = z
  .object({
    version: z.int().describe('Of the newest chart, whether it has begun or not; 0: none was ever made.'),
    rulesVersion: z.int().describe('Of the posting rules that book today.'),
    inForce: z.int().describe('Version of the chart that books today.'),
    items: z
      .array(
        z.object({
          account: z.string(),
          kind: z.enum(['asset', 'liability', 'revenue', 'expense']),
          code: z.string().describe('Of today.'),
          name: z.object({ zh: z.string(), en: z.string() }),
        }),
      )
      .describe('Every account that is booked on.'),
    charts: z.array(chart).describe('Oldest first.'),
  })
  .meta({ id: 'LedgerAccounts' });

export function manageAccounts({ clock }: Foundation, charts: Charts): readonly Route[] {
  function shown(state: ChartState): z.input<typeof view> {
    const inForce = chartAt(chartsOf(state), clock());
    return {
      version: versionOf(state),
      rulesVersion: DEFAULT_RULES.version,
      inForce: inForce?.version ?? 0,
      items: DEFAULT_RULES.accounts.map(({ id, kind, name }) => {
        const called = inForce?.accounts[id];
        return { account: id, kind, code: called?.code ?? id, name: called?.name ?? name };
      }),
      charts: chartsOf(state).map((one) => ({ ...one, accounts: { ...one.accounts } })),
    };
  }

  return [
    route({
      method: 'get',
      path: PATH,
      summary: 'The accounts of the books, with the codes that they have today, and every chart there was.',
      tags: ['ledger'],
      access: { permission: 'finance:ledger:read' },
      responses: { 200: view },
      async handler(context) {
        const state = await chartStateOf(charts, context.scope());
        return { status: 200, body: shown(state), headers: { ETag: etagOf(versionOf(state)) } };
      },
    }),
    route({
      method: 'put',
      path: PATH,
      summary: 'Says how the tenant’s own books call the accounts, from a moment on.',
      description: 'Replaces the whole chart; what is left out is called as the platform calls it.',
      tags: ['ledger'],
      access: { permission: 'finance:accounts:update' },
      edits: true,
      body: z.strictObject({
        effectiveFrom: z.iso.datetime({ offset: true }),
        accounts,
        reason: z.string().trim().min(2).max(500),
      }),
      problems: ['finance.accounts-too-early', 'finance.accounts-too-often'],
      responses: { 200: view },
      async handler(context) {
        const scope = context.scope();
        const { effectiveFrom, reason } = context.body;
        const { state } = await charts.handle(scope, chartIdOf(scope.tenantId), {
          type: 'SetChart',
          effectiveFrom,
          accounts: Object.fromEntries(
            Object.entries(context.body.accounts).flatMap(([id, called]) =>
              called === undefined ? [] : [[id, called]],
            ),
          ),
          reason,
          at: clock().toISOString(),
          expected: context.expectedVersion(),
        });
        return { status: 200, body: shown(state), headers: { ETag: etagOf(versionOf(state)) } };
      },
    }),
  ];
}
