// The words of the ledger. Each leg of an entry moves one amount from one account to another, so it is balanced by construction; an
// entry names the event that it comes from, whose id is its own id: booking an event twice is impossible (FIN-10).
import type { Fen } from '@tongpiao/kernel';

export type EntryLine = { readonly account: string; readonly debit: Fen; readonly credit: Fen };

type Source = {
  /** Id of the message. */
  readonly id: string;
  readonly type: string;
  /** The record behind it: payment, right. */
  readonly subject: string;
  readonly time: string;
};

/** An entry before it has its place in the book. */
export type Posting = {
  readonly source: Source;
  readonly rule: string;
  readonly rulesVersion: number;
  /** Of the tenant's chart of accounts; 0: accounts are called as we call them. */
  readonly chartVersion: number;
  readonly lines: readonly EntryLine[];
};

export type AccountTotals = { readonly account: string; readonly debit: number; readonly credit: number };
