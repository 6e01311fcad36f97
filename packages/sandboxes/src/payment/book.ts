// The providers' memory: a bounded map of transactions behind an append-only journal, so that a killed sandbox comes
// back knowing what was paid. Each entry is handed to the kernel before the answer leaves; a power cut may lose the
// last moments, a killed process loses nothing.
import { closeSync, existsSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Entry, apply, keyOf } from './transaction.ts';
import type { ProviderName, Transaction } from './transaction.ts';

export type Book = {
  get(provider: ProviderName, outTradeNo: string): Transaction | undefined;
  byKey(key: string): Transaction | undefined;
  /** WeChat Pay knows refunds by their own number alone. */
  byWechatRefund(outRefundNo: string): Transaction | undefined;
  /** Writes the entry, applies it, and returns the record as it is now. */
  record(entry: Entry): Transaction | undefined;
  newest(limit: number): readonly Transaction[];
  all(): IterableIterator<Transaction>;
  close(): void;
};

export const journalFile = 'payments.journal';

// At 300 payments a second the last eleven minutes stay known; about 200 MB at worst.
const keptTransactions = 200_000;
// Beyond this the journal is rewritten as a list of what is still known.
const maximumJournalBytes = 256 * 1024 * 1024;
// One write of the compacted journal; keeps the string that is being built small.
const compactionChunk = 1_000;

const readEntries = function* (path: string): Generator<Entry> {
  if (!existsSync(path)) return;
  const content = readFileSync(path);
  let start = 0;
  while (start < content.length) {
    const end = content.indexOf(0x0a, start);
    // A line without its end is what a kill in the middle of a write leaves behind; it was never answered.
    if (end < 0) return;
    yield Entry.parse(JSON.parse(content.toString('utf8', start, end)));
    start = end + 1;
  }
};

export const openBook = (stateDirectory: string): Book => {
  const path = join(stateDirectory, journalFile);
  const transactions = new Map<string, Transaction>();
  const wechatRefunds = new Map<string, string>();
  let descriptor = -1;
  let writtenBytes = 0;

  const applyToMap = (entry: Entry): Transaction | undefined => {
    const key = entry.type === 'created' ? keyOf(entry.transaction.provider, entry.transaction.outTradeNo) : entry.key;
    const after = apply(transactions.get(key), entry);
    if (after === undefined) return undefined;
    transactions.set(key, after);
    if (after.provider === 'wechat') for (const refund of after.refunds) wechatRefunds.set(refund.outRefundNo, key);
    if (transactions.size > keptTransactions) forgetOldest();
    return after;
  };

  const forgetOldest = (): void => {
    for (const [key, { refunds }] of transactions) {
      transactions.delete(key);
      for (const refund of refunds) wechatRefunds.delete(refund.outRefundNo);
      return;
    }
  };

  const compact = (): void => {
    const temporary = `${path}.new`;
    const target = openSync(temporary, 'w', 0o600);
    writtenBytes = 0;
    let lines: string[] = [];
    const flush = (): void => {
      if (lines.length > 0) writtenBytes += writeSync(target, lines.join(''));
      lines = [];
    };
    for (const transaction of transactions.values()) {
      lines.push(`${JSON.stringify({ type: 'created', transaction } satisfies Entry)}\n`);
      if (lines.length >= compactionChunk) flush();
    }
    flush();
    renameSync(temporary, path);
    if (descriptor >= 0) closeSync(descriptor);
    descriptor = target;
  };

  for (const entry of readEntries(path)) applyToMap(entry);
  compact();

  return {
    get: (provider, outTradeNo) => transactions.get(keyOf(provider, outTradeNo)),
    byKey: (key) => transactions.get(key),
    byWechatRefund: (outRefundNo) => transactions.get(wechatRefunds.get(outRefundNo) ?? ''),
    record(entry) {
      writtenBytes += writeSync(descriptor, `${JSON.stringify(entry)}\n`);
      const after = applyToMap(entry);
      if (writtenBytes > maximumJournalBytes) compact();
      return after;
    },
    newest: (limit) => [...transactions.values()].slice(-limit).reverse(),
    all: () => transactions.values(),
    close: () => closeSync(descriptor),
  };
};
