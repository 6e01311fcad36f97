// The tests' remote control over payments: what a payer, a bank or a bad network would do.
import { z } from 'zod';
import type { Book } from '../payment/book.ts';
import type { Till } from '../payment/till.ts';
import { keyOf } from '../payment/transaction.ts';
import type { ProviderName } from '../payment/transaction.ts';

export const PaymentControl = z.strictObject({
  action: z.enum(['pay', 'fail', 'duplicate-callback', 'callback-late']),
  /** Pause before the action; for `callback-late` the pause before the merchant is told. */
  delayMs: z.int().min(0).max(86_400_000).default(0),
  /** Needed only where both providers know the number. */
  provider: z.enum(['wechat', 'alipay']).optional(),
  /** `pay` works on a closed payment too: it crossed the closing on its way. */
  force: z.boolean().default(false),
});
export type PaymentControl = z.input<typeof PaymentControl>;

export type ControlOutcome = 'done' | 'scheduled' | 'unknown' | 'already-paid' | 'not-payable';

export type PaymentControls = {
  apply(outTradeNo: string, control: z.output<typeof PaymentControl>): ControlOutcome;
  stop(): void;
};

export const createPaymentControls = (book: Book, till: Till): PaymentControls => {
  const timers = new Set<NodeJS.Timeout>();

  const keyFor = (outTradeNo: string, provider: ProviderName | undefined): string | undefined => {
    const providers: readonly ProviderName[] = provider === undefined ? ['wechat', 'alipay'] : [provider];
    const found = providers.find((name) => book.get(name, outTradeNo) !== undefined);
    return found === undefined ? undefined : keyOf(found, outTradeNo);
  };

  const act = (key: string, control: z.output<typeof PaymentControl>): ControlOutcome => {
    switch (control.action) {
      case 'pay':
      case 'callback-late': {
        const callbackDelayMs = control.action === 'pay' ? 0 : control.delayMs;
        const outcome = till.pay(key, { force: control.force, callbackDelayMs });
        return outcome === 'paid' ? 'done' : outcome;
      }
      case 'fail': {
        const outcome = till.fail(key);
        return outcome === 'failed' ? 'done' : outcome;
      }
      case 'duplicate-callback':
        return till.tellAgain(key) ? 'done' : 'not-payable';
    }
  };

  return {
    apply(outTradeNo, control) {
      const key = keyFor(outTradeNo, control.provider);
      if (key === undefined) return 'unknown';
      if (control.delayMs === 0 || control.action === 'callback-late') return act(key, control);
      const timer = setTimeout(() => {
        timers.delete(timer);
        act(key, control);
      }, control.delayMs);
      timers.add(timer);
      return 'scheduled';
    },
    stop() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
};
