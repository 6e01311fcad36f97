// What happens to a payment regardless of the protocol it came by: paying, failing, closing, refunding, and telling
// the merchant. The two protocol files translate; the rules about money are here.
import type { Logger } from 'pino';
import type { Settings } from '../settings.ts';
import type { Book } from './book.ts';
import type { Callback, Callbacks } from './callbacks.ts';
import { createNumbers } from './spelling.ts';
import { keyOf, refundedFen } from './transaction.ts';
import type { ProviderName, Refund, Transaction } from './transaction.ts';

/** Signs and spells the call-backs of one provider. */
export type Teller = {
  payment(transaction: Transaction): Omit<Callback, 'finished'>;
  refund(transaction: Transaction, refund: Refund): Omit<Callback, 'finished'>;
};

type NewPayment = Pick<
  Transaction,
  'provider' | 'outTradeNo' | 'amountFen' | 'description' | 'attach' | 'notifyUrl' | 'tradeType' | 'expiresAt'
>;

export type CreateOutcome =
  | { readonly kind: 'created' | 'same'; readonly transaction: Transaction }
  | { readonly kind: 'differs' | 'already-paid' | 'closed' };

type RefundRequest = {
  readonly provider: ProviderName;
  readonly outTradeNo: string;
  readonly outRefundNo: string;
  readonly amountFen: number;
  readonly reason: string;
  readonly notifyUrl: string;
  /** Alipay refunds on the spot, WeChat Pay takes its time. */
  readonly immediate: boolean;
};

type RefundOutcome =
  | { readonly kind: 'requested' | 'same'; readonly transaction: Transaction; readonly refund: Refund }
  | { readonly kind: 'unknown-payment' | 'not-paid' | 'differs' | 'too-much' | 'too-many' | 'poor' };

export type Till = {
  create(payment: NewPayment): CreateOutcome;
  /** The record as of now: a payment whose time has passed is closed. */
  find(provider: ProviderName, outTradeNo: string): Transaction | undefined;
  close(provider: ProviderName, outTradeNo: string): 'closed' | 'already-paid' | 'unknown';
  /**
   * @param options.force pays a closed one too: the payment that crossed the closing
   * @param options.callbackDelayMs pause before the merchant is told
   */
  pay(
    key: string,
    options: { readonly force: boolean; readonly callbackDelayMs: number },
  ): 'paid' | 'already-paid' | 'not-payable' | 'unknown';
  fail(key: string): 'failed' | 'not-payable' | 'unknown';
  refund(request: RefundRequest): RefundOutcome;
  /** Sends the call-back of a paid payment once more. */
  tellAgain(key: string): boolean;
  /** Takes up what a killed process left behind: self-payers, refunds in progress, call-backs without an answer. */
  resume(): void;
  stop(): void;
};

// The providers' own limit for refunds of one payment.
const maximumRefunds = 50;

/** Payments that carry `{"sandbox":"auto"}` pay themselves. */
const paysItself = (attach: string): boolean => {
  if (!attach.includes('"sandbox"')) return false;
  try {
    const parsed: unknown = JSON.parse(attach);
    return typeof parsed === 'object' && parsed !== null && 'sandbox' in parsed && parsed.sandbox === 'auto';
  } catch {
    return false;
  }
};

export const createTill = (options: {
  readonly book: Book;
  readonly callbacks: Callbacks;
  readonly settings: () => Settings;
  readonly tellers: Readonly<Record<ProviderName, Teller>>;
  readonly logger: Logger;
}): Till => {
  const { book, callbacks, settings, tellers } = options;
  const nextNumber = createNumbers();
  const timers = new Set<NodeJS.Timeout>();

  const after = (delayMs: number, act: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, delayMs);
    timers.add(timer);
  };

  const current = (transaction: Transaction | undefined): Transaction | undefined => {
    if (transaction?.status !== 'not_paid' || transaction.expiresAt === 0) return transaction;
    if (transaction.expiresAt > Date.now()) return transaction;
    return book.record({ type: 'closed', key: keyOf(transaction.provider, transaction.outTradeNo) });
  };

  const tellPayment = (transaction: Transaction, delayMs: number): void => {
    const key = keyOf(transaction.provider, transaction.outTradeNo);
    const finished = (): void => {
      if (book.byKey(key)?.told === false) book.record({ type: 'told', key });
    };
    callbacks.send({ ...tellers[transaction.provider].payment(transaction), finished }, delayMs);
  };

  const tellRefund = (transaction: Transaction, refund: Refund): void => {
    const key = keyOf(transaction.provider, transaction.outTradeNo);
    const finished = (): void => {
      book.record({ type: 'told', key, outRefundNo: refund.outRefundNo });
    };
    callbacks.send({ ...tellers[transaction.provider].refund(transaction, refund), finished }, 0);
  };

  const pay: Till['pay'] = (key, { force, callbackDelayMs }) => {
    const transaction = current(book.byKey(key));
    if (transaction === undefined) return 'unknown';
    if (transaction.status === 'paid') return 'already-paid';
    if (transaction.status !== 'not_paid' && !force) return 'not-payable';
    const at = Date.now();
    const prefix = transaction.provider === 'wechat' ? '4200' : '2200';
    const paid = book.record({ type: 'paid', key, transactionId: nextNumber(prefix, at), at });
    if (paid !== undefined) tellPayment(paid, callbackDelayMs);
    return 'paid';
  };

  const settleRefund = (key: string, outRefundNo: string): void => {
    const mode = settings().refunds;
    const refund = book.byKey(key)?.refunds.find((candidate) => candidate.outRefundNo === outRefundNo);
    if (mode === 'hold' || refund?.status !== 'processing') return;
    const status = mode === 'abnormal' ? 'abnormal' : mode === 'close' ? 'closed' : 'succeeded';
    const transaction = book.record({ type: 'refund-settled', key, outRefundNo, status, at: Date.now() });
    const settled = transaction?.refunds.find((candidate) => candidate.outRefundNo === outRefundNo);
    if (transaction !== undefined && settled !== undefined) tellRefund(transaction, settled);
  };

  const payLater = (transaction: Transaction): void => {
    const key = keyOf(transaction.provider, transaction.outTradeNo);
    after(settings().autoPayDelayMs, () => pay(key, { force: false, callbackDelayMs: 0 }));
  };

  const sameOrder = (transaction: Transaction, payment: NewPayment): boolean =>
    transaction.amountFen === payment.amountFen && transaction.notifyUrl === payment.notifyUrl;

  return {
    create(payment) {
      const known = current(book.get(payment.provider, payment.outTradeNo));
      if (known !== undefined) {
        if (known.status === 'paid') return { kind: 'already-paid' };
        if (known.status !== 'not_paid') return { kind: 'closed' };
        return sameOrder(known, payment) ? { kind: 'same', transaction: known } : { kind: 'differs' };
      }
      const transaction: Transaction = {
        ...payment,
        createdAt: Date.now(),
        status: 'not_paid',
        transactionId: '',
        paidAt: 0,
        told: false,
        refunds: [],
      };
      book.record({ type: 'created', transaction });
      if (paysItself(transaction.attach)) payLater(transaction);
      return { kind: 'created', transaction };
    },
    find: (provider, outTradeNo) => current(book.get(provider, outTradeNo)),
    close(provider, outTradeNo) {
      const transaction = current(book.get(provider, outTradeNo));
      if (transaction === undefined) return 'unknown';
      if (transaction.status === 'paid') return 'already-paid';
      if (transaction.status !== 'closed') book.record({ type: 'closed', key: keyOf(provider, outTradeNo) });
      return 'closed';
    },
    pay,
    fail(key) {
      const transaction = current(book.byKey(key));
      if (transaction === undefined) return 'unknown';
      if (transaction.status !== 'not_paid') return 'not-payable';
      book.record({ type: 'failed', key });
      return 'failed';
    },
    refund({ provider, outTradeNo, immediate, ...wanted }) {
      const transaction = current(book.get(provider, outTradeNo));
      if (transaction === undefined) return { kind: 'unknown-payment' };
      const known = transaction.refunds.find((candidate) => candidate.outRefundNo === wanted.outRefundNo);
      if (known !== undefined) {
        return known.amountFen === wanted.amountFen
          ? { kind: 'same', transaction, refund: known }
          : { kind: 'differs' };
      }
      // WeChat's refund numbers are unique for the merchant, not for the payment.
      if (provider === 'wechat' && book.byWechatRefund(wanted.outRefundNo) !== undefined) return { kind: 'differs' };
      if (transaction.status !== 'paid') return { kind: 'not-paid' };
      if (refundedFen(transaction) + wanted.amountFen > transaction.amountFen) return { kind: 'too-much' };
      if (transaction.refunds.length >= maximumRefunds) return { kind: 'too-many' };
      if (settings().refunds === 'refuse') return { kind: 'poor' };
      const createdAt = Date.now();
      const refund: Refund = {
        ...wanted,
        refundId: nextNumber('5030', createdAt),
        createdAt,
        status: immediate ? 'succeeded' : 'processing',
        settledAt: immediate ? createdAt : 0,
        told: false,
      };
      const key = keyOf(provider, outTradeNo);
      const changed = book.record({ type: 'refund-requested', key, refund }) ?? transaction;
      if (immediate) tellRefund(changed, refund);
      else after(settings().refundDelayMs, () => settleRefund(key, refund.outRefundNo));
      return { kind: 'requested', transaction: changed, refund };
    },
    tellAgain(key) {
      const transaction = book.byKey(key);
      if (transaction?.status !== 'paid') return false;
      tellPayment(transaction, 0);
      return true;
    },
    resume() {
      for (const transaction of [...book.all()]) {
        if (transaction.status === 'paid' && !transaction.told) tellPayment(transaction, 0);
        if (transaction.status === 'not_paid' && paysItself(transaction.attach)) payLater(transaction);
        for (const refund of transaction.refunds) {
          const key = keyOf(transaction.provider, transaction.outTradeNo);
          if (refund.status === 'processing')
            after(settings().refundDelayMs, () => settleRefund(key, refund.outRefundNo));
          else if (!refund.told) tellRefund(transaction, refund);
        }
      }
    },
    stop() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
};
