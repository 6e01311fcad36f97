// From an event to its posting: pure, by the rules alone. And what must hold of every posting and of every sum over them (FIN-11).
import type { Envelope } from '@tongpiao/contracts';
import { ContractBreach, fen, ZERO_FEN, type Fen } from '@tongpiao/kernel';
import type { AccountTotals, EntryLine, Posting } from './entry.ts';
import type { AccountChoice, AmountChoice, Leg, PostingRules } from './posting-rules.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * @param chartVersion of the tenant's chart of accounts that this booking goes by
 * @returns undefined where nothing moves: a free ticket was used
 * @throws ContractBreach for an event that the rules cannot book; it is parked and shown, never dropped
 */
export function postingOf(rules: PostingRules, envelope: Envelope, chartVersion = 0): Posting | undefined {
  const { id, type, subject, time } = envelope;
  const fields = fieldsOf(envelope.data);
  const rule = rules.rules.find(({ event, when }) => event === type && fits(when, fields));
  if (rule === undefined) throw breach(`no rule books ${type}`);
  const { adds } = rule;
  if (adds !== undefined && sumOf(fields, adds.up) !== sumOf(fields, adds.to))
    throw breach(`${type} does not add up: ${adds.up.join(' + ')} is not ${adds.to.join(' + ')}`);
  const lines = rule.legs.flatMap((leg) => linesOf(rules, leg, fields));
  if (lines.length === 0) return undefined;
  return { source: { id, type, subject, time }, rule: rule.name, rulesVersion: rules.version, chartVersion, lines };
}

function fits(when: PostingRules['rules'][number]['when'], fields: Fields): boolean {
  if (when === undefined) return true;
  const value = fields[when.field];
  return typeof value === 'string' && value.startsWith(when.begins);
}

/** A debit and a credit of the same amount, or nothing. */
function linesOf(rules: PostingRules, leg: Leg, fields: Fields): readonly EntryLine[] {
  const amount = amountOf(leg.amount, fields);
  if (amount === ZERO_FEN) return [];
  if (amount < ZERO_FEN) throw breach('a negative amount is moved');
  const debit = accountOf(rules, leg.debit, fields);
  const credit = accountOf(rules, leg.credit, fields);
  if (debit === credit) throw breach(`money is moved from ${debit} to itself`);
  return [
    { account: debit, debit: amount, credit: ZERO_FEN },
    { account: credit, debit: ZERO_FEN, credit: amount },
  ];
}

/** Debits = credits: of an entry's lines, and of any sums over entries. */
export function isBalanced(lines: readonly { readonly debit: number; readonly credit: number }[]): boolean {
  return lines.reduce((difference, { debit, credit }) => difference + debit - credit, 0) === 0;
}

/** Sums per account, in order of the accounts' names. */
export function addTotals(...parts: readonly (readonly AccountTotals[])[]): readonly AccountTotals[] {
  const sums = new Map<string, AccountTotals>();
  for (const { account, debit, credit } of parts.flat()) {
    const before = sums.get(account) ?? { account, debit: 0, credit: 0 };
    sums.set(account, { account, debit: before.debit + debit, credit: before.credit + credit });
  }
  return [...sums.values()].sort((a, b) => (a.account < b.account ? -1 : 1));
}

function fieldsOf(data: unknown): Fields {
  if (typeof data !== 'object' || data === null) throw breach('an event without data');
  return Object.fromEntries(Object.entries(data));
}

function numberIn(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw breach(`${name} is not a whole number`);
  return value;
}

function sumOf(fields: Fields, names: readonly string[]): number {
  return names.reduce((sum, name) => sum + numberIn(fields, name), 0);
}

function amountOf(choice: AmountChoice, fields: Fields): Fen {
  if (typeof choice === 'string') return fen(numberIn(fields, choice));
  return fen(Math.floor((numberIn(fields, choice.count) * choice.priceMilliFen + 500) / 1_000));
}

function accountOf(rules: PostingRules, choice: AccountChoice, fields: Fields): string {
  const account = typeof choice === 'string' ? choice : chosen(choice, fields[choice.by]);
  if (account === undefined || !rules.accounts.some(({ id }) => id === account)) {
    throw breach(`no account for ${JSON.stringify(choice)}`);
  }
  return account;
}

function chosen({ of, otherwise }: Exclude<AccountChoice, string>, value: unknown): string | undefined {
  if (value === undefined) return otherwise;
  return typeof value === 'string' ? of[value] : undefined;
}

function breach(detail: string): ContractBreach {
  return new ContractBreach('finance.unbookable', detail);
}
