// GET /api/v1/ledger/…: entries, balances at any moment, and the trial balance (FIN-10, FIN-11), for those who read the books.
import { DomainError } from '@tongpiao/kernel';
import { route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { chartAt } from '../ledger/chart.decider.ts';
import type { KnownCharts } from '../ledger/chart.store.ts';
import type { Chart } from '../ledger/chart.ts';
import type { AccountTotals } from '../ledger/entry.ts';
import { SETTLED_AFTER_MS, type Ledger } from '../ledger/ledger.store.ts';
import { DEFAULT_RULES, type Account } from '../ledger/posting-rules.ts';
import { isBalanced } from '../ledger/posting.policy.ts';
import { CURSOR_MAX, cursorOf, cursorText } from './cursor.ts';

const PAGE = 100;
const bilingual = z.object({ zh: z.string(), en: z.string() });
const kind = z.enum(['asset', 'liability', 'revenue', 'expense']);
const instant = z.iso.datetime({ offset: true });

const entryView = z
  .object({
    id: z.string(),
    bookedAt: z.string(),
    rule: z.string(),
    rulesVersion: z.int().describe('Of the posting rules that booked it.'),
    chartVersion: z.int().describe('Of the tenant’s chart of accounts that it was booked by; 0: none.'),
    source: z.object({ id: z.string(), type: z.string(), subject: z.string(), time: z.string() }),
    lines: z.array(
      z.object({
        account: z.string(),
        code: z.string().describe('As the tenant’s chart called it.'),
        debit: z.int(),
        credit: z.int(),
      }),
    ),
  })
  .meta({ id: 'LedgerEntry' });

const balanceView = z
  .object({
    account: z.string(),
    code: z.string(),
    name: bilingual,
    kind,
    debit: z.int(),
    credit: z.int(),
    balance: z.int(),
  })
  .meta({ id: 'LedgerBalance' });

const moment = { asOf: z.string(), final: z.boolean(), currency: z.literal('CNY') };

export function listEntries(ledger: Ledger, charts: KnownCharts): Route {
  return route({
    method: 'get',
    path: '/api/v1/ledger/entries',
    summary: 'Entries in order of booking, each with the event that it comes from.',
    description: '`from` and `to` are booking times; `to` is not included.',
    tags: ['ledger'],
    access: { permission: 'finance:ledger:read' },
    query: z.strictObject({
      account: z.string().max(60).optional(),
      from: instant.optional(),
      to: instant.optional(),
      cursor: z.string().max(CURSOR_MAX).optional(),
    }),
    problems: ['finance.cursor-invalid'],
    responses: { 200: z.object({ items: z.array(entryView), next: z.string().optional() }) },
    async handler(context) {
      const { account, from, to, cursor } = context.query;
      const after = cursor === undefined ? undefined : cursorOf(cursor);
      const scope = context.scope();
      const known = new Map((await charts(scope)).map((chart) => [chart.version, chart]));
      const found = await ledger.entries(scope, {
        account,
        from: from === undefined ? undefined : new Date(from),
        to: to === undefined ? undefined : new Date(to),
        after: after === undefined ? undefined : { bookedAt: new Date(after.at), id: after.id },
        limit: PAGE,
      });
      const items = found.map(({ _id: id, bookedAt, rule, rulesVersion, chartVersion, source, lines }) => ({
        id,
        bookedAt: bookedAt.toISOString(),
        rule,
        rulesVersion,
        chartVersion,
        source,
        lines: lines.map((line) => ({ ...line, code: codeOf(known.get(chartVersion), line.account) })),
      }));
      const last = items[items.length - 1];
      const next =
        items.length < PAGE || last === undefined ? {} : { next: cursorText({ at: last.bookedAt, id: last.id }) };
      return { status: 200, body: { items, ...next } };
    },
  });
}

export function getBalances(foundation: Foundation, ledger: Ledger, charts: KnownCharts): Route {
  return route({
    method: 'get',
    path: '/api/v1/ledger/balances',
    summary: 'Balance of every account at a moment.',
    description:
      'Counts what was booked up to that moment. `final`: the figures of that moment can never change again.',
    tags: ['ledger'],
    access: { permission: 'finance:ledger:read' },
    query: z.strictObject({ asOf: instant.optional() }),
    problems: ['finance.moment-in-future'],
    responses: { 200: z.object({ ...moment, items: z.array(balanceView) }) },
    async handler(context) {
      const { at, final } = momentOf(foundation, context.query.asOf);
      const scope = context.scope();
      const [totals, known] = await Promise.all([ledger.totalsAt(scope, at), charts(scope)]);
      const items = balancesOf(totals, chartAt(known, at));
      return { status: 200, body: { asOf: at.toISOString(), final, currency: 'CNY', items } };
    },
  });
}

export function getTrialBalance(foundation: Foundation, ledger: Ledger, charts: KnownCharts): Route {
  return route({
    method: 'get',
    path: '/api/v1/ledger/trial-balance',
    summary: 'All accounts with their sums: debits equal credits, or the book is broken.',
    tags: ['ledger'],
    access: { permission: 'finance:ledger:read' },
    query: z.strictObject({ asOf: instant.optional() }),
    problems: ['finance.moment-in-future'],
    responses: {
      200: z.object({
        ...moment,
        items: z.array(balanceView),
        debits: z.int(),
        credits: z.int(),
        balanced: z.boolean(),
      }),
    },
    async handler(context) {
      const { at, final } = momentOf(foundation, context.query.asOf);
      const scope = context.scope();
      const [totals, known] = await Promise.all([ledger.totalsAt(scope, at), charts(scope)]);
      const debits = totals.reduce((sum, { debit }) => sum + debit, 0);
      const credits = totals.reduce((sum, { credit }) => sum + credit, 0);
      const balanced = isBalanced(totals);
      if (!balanced) foundation.logger.error({ debits, credits }, 'the book is not balanced');
      const body = {
        asOf: at.toISOString(),
        final,
        currency: 'CNY',
        items: balancesOf(totals, chartAt(known, at)),
        debits,
        credits,
        balanced,
      } as const;
      return { status: 200, body };
    },
  });
}

/** @throws DomainError for a moment that has not come */
function momentOf({ clock }: Foundation, asOf: string | undefined): { at: Date; final: boolean } {
  const now = clock();
  const at = asOf === undefined ? now : new Date(asOf);
  if (at > now) throw new DomainError('finance.moment-in-future', 'That moment is still to come.');
  return { at, final: now.getTime() - at.getTime() > SETTLED_AFTER_MS };
}

const codeOf = (chart: Chart | undefined, account: string): string => chart?.accounts[account]?.code ?? account;

/** Accounts that grow by debits show debit less credit, the others the reverse; called as they were at that moment. */
function balancesOf(totals: readonly AccountTotals[], chart: Chart | undefined): z.input<typeof balanceView>[] {
  const sums = new Map(totals.map((row) => [row.account, row]));
  return DEFAULT_RULES.accounts.map(({ id, name, kind: accountKind }: Account) => {
    const { debit, credit } = sums.get(id) ?? { debit: 0, credit: 0 };
    const grows = accountKind === 'asset' || accountKind === 'expense';
    const called = { code: codeOf(chart, id), name: chart?.accounts[id]?.name ?? name };
    return {
      account: id,
      ...called,
      kind: accountKind,
      debit,
      credit,
      balance: grows ? debit - credit : credit - debit,
    };
  });
}
