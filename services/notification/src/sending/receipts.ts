// Delivery receipts, matched by the provider's reference and written in batches. A receipt may come before its submission is on disk,
// or to an instance that did not submit: such ones are kept, a bounded number for a bounded time, and looked for again.
import type { Origin } from '@tongpiao/persistence';
import type { Logger } from 'pino';
import type { SmsReceipt } from '../adapters/providers.ts';
import type { MessageCommand } from '../message/message.ts';
import type { Held, MessageStore } from '../message/message.store.ts';

export type ReceiptBook = {
  take(receipt: SmsReceipt): void;
  /** These submissions are on disk now. */
  submitted(messages: readonly Held[]): void;
  /** Kept for submissions that are not known yet. */
  early(): number;
  /** Looks again for those that came early; called periodically. */
  retry(): Promise<void>;
  stop(): Promise<void>;
};

type Kept = { readonly receipt: SmsReceipt; readonly since: number; nextAt: number; waitMs: number };

const GATHER_MS = 200;
const BATCH_MAX = 500;
const RETRY_MS = 500;
/** Some seconds' worth of submissions at full speed: receipts mostly come at once, and then nothing has to be read. */
const RECENT_MAX = 5_000;
/** Memory for about a minute of an instance whose neighbour cannot write. */
const EARLY_MAX = 20_000;
const EARLY_FIRST_MS = 500;
const EARLY_LONGEST_MS = 30_000;
const EARLY_FOR_MS = 600_000;
const STOP_TRIES = 6;

export function createReceiptBook(options: {
  store: Pick<MessageStore, 'advance' | 'byReferences'>;
  clock: () => Date;
  logger: Logger;
  origin: Origin;
  lost: (count: number) => void;
}): ReceiptBook {
  const { store, clock, logger, origin } = options;
  let arrived: SmsReceipt[] = [];
  let gathering: NodeJS.Timeout | undefined;
  let working: Promise<void> = Promise.resolve();
  let stopped = false;
  const recent = new Map<string, Held>();
  const early = new Map<string, Kept>();

  function remember(held: Held): void {
    if (held.state.status !== 'sent') return;
    recent.set(held.state.submission.reference, held);
    if (recent.size > RECENT_MAX) for (const oldest of recent.keys()) if (recent.delete(oldest)) break;
  }

  function keep(receipt: SmsReceipt): void {
    const now = clock().getTime();
    const known = early.get(receipt.providerReference);
    if (known !== undefined) {
      known.waitMs = Math.min(known.waitMs * 2, EARLY_LONGEST_MS);
      known.nextAt = now + known.waitMs;
      return;
    }
    early.set(receipt.providerReference, { receipt, since: now, nextAt: now + EARLY_FIRST_MS, waitMs: EARLY_FIRST_MS });
    if (early.size > EARLY_MAX) drop(early.keys().next().value);
  }

  function drop(reference: string | undefined): void {
    if (reference === undefined || !early.delete(reference)) return;
    options.lost(1);
    logger.warn({ reference }, 'a receipt belongs to no message that is known here and is dropped');
  }

  async function record(receipts: readonly SmsReceipt[]): Promise<void> {
    const unseen = receipts.filter(({ providerReference }) => !recent.has(providerReference));
    const stored = await store.byReferences([...new Set(unseen.map(({ providerReference }) => providerReference))]);
    const found = new Map(
      stored.flatMap((held) =>
        'submission' in held.state && held.state.submission !== undefined
          ? [[held.state.submission.reference, held] as const]
          : [],
      ),
    );
    const matched: { held: Held; command: MessageCommand }[] = [];
    const again: SmsReceipt[] = [];
    const taken = new Set<string>();
    for (const receipt of receipts) {
      const held = recent.get(receipt.providerReference) ?? found.get(receipt.providerReference);
      if (held === undefined) keep(receipt);
      // Two for one message: the second is decided on what the first leaves.
      else if (taken.has(held.id)) again.push(receipt);
      else {
        taken.add(held.id);
        matched.push({ held, command: commandOf(receipt) });
      }
    }
    await store.advance(matched, clock(), origin);
    for (const receipt of receipts) {
      if (!recent.delete(receipt.providerReference) && !found.has(receipt.providerReference)) continue;
      early.delete(receipt.providerReference);
    }
    if (again.length > 0) await record(again);
  }

  async function work(batch: readonly SmsReceipt[]): Promise<void> {
    try {
      await record(batch);
    } catch (error) {
      logger.warn({ err: error, receipts: batch.length }, 'receipts are not written yet; they will be tried again');
      arrived = [...batch, ...arrived].slice(0, EARLY_MAX);
      if (!stopped) gather(RETRY_MS);
    }
  }

  function gather(afterMs: number): void {
    if (stopped || arrived.length === 0) return;
    gathering ??= setTimeout(() => {
      gathering = undefined;
      const batch = arrived.slice(0, BATCH_MAX);
      arrived = arrived.slice(BATCH_MAX);
      working = working.then(() => work(batch)).finally(() => gather(GATHER_MS));
    }, afterMs);
  }

  return {
    take(receipt) {
      arrived.push(receipt);
      gather(GATHER_MS);
    },
    submitted(messages) {
      for (const held of messages) {
        remember(held);
        const kept = held.state.status === 'sent' ? early.get(held.state.submission.reference) : undefined;
        if (kept === undefined) continue;
        early.delete(kept.receipt.providerReference);
        arrived.push(kept.receipt);
      }
      gather(GATHER_MS);
    },
    early: () => early.size,
    async retry() {
      const now = clock().getTime();
      for (const [reference, kept] of early) if (now - kept.since > EARLY_FOR_MS) drop(reference);
      const due = [...early.values()].filter(({ nextAt }) => nextAt <= now).slice(0, BATCH_MAX);
      if (due.length === 0) return;
      working = working.then(() => work(due.map(({ receipt }) => receipt)));
      await working;
    },
    async stop() {
      stopped = true;
      clearTimeout(gathering);
      await working;
      for (let attempt = 0; attempt < STOP_TRIES && arrived.length > 0; attempt += 1) {
        const batch = arrived;
        arrived = [];
        await work(batch);
      }
      if (arrived.length + early.size > 0)
        logger.warn({ receipts: arrived.length + early.size }, 'receipts are left behind by this stop');
    },
  };
}

function commandOf(receipt: SmsReceipt): MessageCommand {
  const { providerReference, status, code, at } = receipt;
  return { type: 'RecordReceipt', reference: providerReference, outcome: status, code, at: at.toISOString() };
}
