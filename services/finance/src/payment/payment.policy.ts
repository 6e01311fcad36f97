// Small named rules over numbers that may change: when a provider is asked again, what money is still there to give back, and
// what has to be done at the provider next.
import type { PaymentMethod } from '@tongpiao/contracts';
import { addFen, fen, subtractFen, ZERO_FEN, type Fen } from '@tongpiao/kernel';
import type { LivePayment, PaymentFacts, PaymentState, Refund } from './payment.ts';

/** FIN-02: a call-back usually comes within seconds; after this long the provider is asked. */
const FIRST_ASK_MS = 30_000;
const PAYMENT_ASK_MAX_MS = 600_000;
const REFUND_ASK_MAX_MS = 3_600_000;
/** A provider's own closing and a payment at the last second cross each other within this time. */
const EXPIRY_MARGIN_MS = 60_000;
/** 2^12 × 30 s is more than a day; larger exponents only overflow. */
const DOUBLINGS_MAX = 12;

function gapMs(asked: number, maxMs: number): number {
  return Math.min(maxMs, FIRST_ASK_MS * 2 ** Math.min(asked, DOUBLINGS_MAX));
}

function later(at: string, byMs: number): string {
  return new Date(Date.parse(at) + byMs).toISOString();
}

/** @param asked how often it was asked already */
export function nextPaymentAsk(at: string, asked: number): string {
  return later(at, gapMs(asked, PAYMENT_ASK_MAX_MS));
}

export function nextRefundAsk(at: string, asked: number): string {
  return later(at, gapMs(asked, REFUND_ASK_MAX_MS));
}

/** Past its time and the margin: it is closed at the provider instead of being asked for once more. */
export function isOverdue(state: LivePayment, at: string): boolean {
  return Date.parse(at) > Date.parse(state.expiresAt) + EXPIRY_MARGIN_MS;
}

export function isExpired(state: PaymentFacts, at: string): boolean {
  return Date.parse(at) >= Date.parse(state.expiresAt);
}

/** Money of the transaction that is on its way back or gone, or that nobody knows about. */
export function setAside(refunds: readonly Refund[], transactionId: string): Fen {
  return refunds
    .filter(
      (refund) => refund.transactionId === transactionId && refund.status !== 'failed' && refund.status !== 'refused',
    )
    .reduce((sum, { amount }) => addFen(sum, amount), ZERO_FEN);
}

/** What of the captured amount may still be given back. */
export function refundable(state: LivePayment): Fen {
  if (state.status !== 'captured') return ZERO_FEN;
  return subtractFen(state.capture.amount, setAside(state.refunds, state.capture.transactionId));
}

/** Confirmed refunds, those of surplus transactions included. */
export function refundedAmount(state: LivePayment): Fen {
  return fen(state.refunds.filter(({ status }) => status === 'done').reduce((sum, { amount }) => sum + amount, 0));
}

/** The whole of the transaction that a refund gives back: providers compare it. */
export function totalOf(state: LivePayment, refund: Refund): Fen {
  const captures = state.status === 'captured' ? [state.capture, ...state.surplus] : state.surplus;
  return captures.find(({ transactionId }) => transactionId === refund.transactionId)?.amount ?? refund.amount;
}

/** What of its transaction may still be given back, a refund that is under way or gone included in what may not. */
export function leftFor(state: LivePayment, refund: Refund): Fen {
  return subtractFen(totalOf(state, refund), setAside(state.refunds, refund.transactionId));
}

/** The provider's last word on a refund that it had taken; a refusal has codes of its own. */
const ENDED_AT_PROVIDER = 'failed';

/**
 * A number under which a refund has ended at the provider never starts another. One that was refused stays good, and protects: should
 * the refusal not have been the whole truth, the same number pays nobody twice.
 */
export function numberAfter({ attempt = 1, problem }: Refund): number {
  return problem === ENDED_AT_PROVIDER ? attempt + 1 : attempt;
}

/** The refund's number at the provider. */
export function providerNumber({ id, attempt = 1 }: Pick<Refund, 'id' | 'attempt'>): string {
  return attempt === 1 ? id : `${id}-${attempt}`;
}

/** Which refund, and which attempt at it, has this number at the provider. */
export function refundNumbered(
  state: PaymentState,
  number: string,
): { readonly refund: Refund; readonly attempt: number } | undefined {
  if (state.status === 'none') return undefined;
  for (const refund of state.refunds) {
    for (let attempt = refund.attempt ?? 1; attempt > 0; attempt -= 1)
      if (providerNumber({ id: refund.id, attempt }) === number) return { refund, attempt };
  }
  return undefined;
}

/** What a person may have another go at: what failed, as long as its money is there; what nobody knows about may be asked about. */
export function isRetryable(state: LivePayment, refund: Refund): boolean {
  if (refund.status === 'abnormal') return true;
  const ended = refund.status === 'failed' || refund.status === 'refused';
  if (!ended || state.status !== 'captured') return false;
  return (
    refund.amount > 0 && refund.amount <= leftFor(state, { ...refund, transactionId: transactionOf(state, refund) })
  );
}

/** The transaction that a refund gives back; one that was refused was never bound to any, and would give back the capture. */
export function transactionOf(state: LivePayment, { transactionId }: Refund): string {
  if (transactionId !== '' || state.status !== 'captured') return transactionId;
  return state.capture.transactionId;
}

/** A person has to look: money that did not find its way back, or that came twice. */
export function needsAttention(state: LivePayment): boolean {
  return (
    state.surplus.length > 0 ||
    state.refunds.some(({ status }) => status === 'failed' || status === 'abnormal' || status === 'refused')
  );
}

/** What has to happen at the provider next; the same after a crash as before it. */
export type ProviderStep =
  | { readonly kind: 'none' }
  | { readonly kind: 'create' }
  /** Its time passed before it was opened: nothing may stay open at the provider. */
  | { readonly kind: 'abandon'; readonly reason: string }
  | { readonly kind: 'close' }
  | { readonly kind: 'refund'; readonly refund: Refund };

const NOTHING: ProviderStep = { kind: 'none' };
const NONE: ReadonlySet<string> = new Set();

/** @param sent refunds that the provider was asked for just now, and that it has not confirmed yet */
export function nextStep(state: PaymentState, at: string, sent: ReadonlySet<string> = NONE): ProviderStep {
  if (state.status === 'none') return NOTHING;
  if (state.closing) return { kind: 'close' };
  switch (state.status) {
    case 'requested':
      return isExpired(state, at) ? { kind: 'abandon', reason: 'expired' } : { kind: 'create' };
    case 'captured': {
      const refund = state.refunds.find(({ id, status }) => status === 'requested' && !sent.has(id));
      return refund === undefined ? NOTHING : { kind: 'refund', refund };
    }
    case 'opened':
    case 'failed':
    case 'closed':
      return NOTHING;
  }
}

/** FIN-02: an unconfirmed payment is asked for; one that is closing is closed instead. */
export function isAwaitingPayer(state: PaymentState): state is LivePayment {
  return state.status === 'opened' && !state.closing;
}

/** The refund, as long as its end is not known. */
export function refundToAskFor(state: LivePayment, refundId: string): Refund | undefined {
  return state.refunds.find(
    ({ id, status }) => id === refundId && (status === 'requested' || status === 'accepted' || status === 'abnormal'),
  );
}

export type Notice =
  | {
      readonly kind: 'payment';
      readonly status: 'paid' | 'closed';
      readonly transactionId: string;
      readonly amountFen: number;
    }
  /** `refundId`: the number at the provider. */
  | { readonly kind: 'refund'; readonly refundId: string; readonly amountFen: number | null };

/** FIN-02: a call-back is never trusted alone. Where it does not match what we know, the provider is asked. */
export function contradicts(state: PaymentState, notice: Notice): boolean {
  if (state.status === 'none') return false;
  if (notice.kind === 'refund') {
    const found = refundNumbered(state, notice.refundId);
    return found !== undefined && notice.amountFen !== null && notice.amountFen !== found.refund.amount;
  }
  // Providers say "closed" of a payment that was refunded in full, too.
  if (notice.status === 'closed') return state.status === 'requested' || state.status === 'opened' || state.closing;
  if (state.status !== 'captured') return notice.amountFen !== state.amount;
  return !hasTransaction(state, notice.transactionId);
}

export function hasTransaction(state: PaymentState, transactionId: string): boolean {
  if (state.status !== 'captured') return false;
  return [state.capture, ...state.surplus].some((capture) => capture.transactionId === transactionId);
}

export type MethodFacts = {
  readonly production: boolean;
  readonly demoTenant: boolean;
  readonly providers: ReadonlySet<'wechat' | 'alipay'>;
};

/** The providers' common ground for merchant order numbers. */
const PAYMENT_ID = /^[0-9A-Za-z_\-|*]{6,32}$/;

type Request = {
  readonly paymentId: string;
  readonly method: PaymentMethod;
  readonly amount: Fen;
  readonly takenBy?: string | undefined;
};

type Rule = (request: Request, facts: MethodFacts) => string | undefined;

const RULES: readonly Rule[] = [
  ({ amount }) => (amount > 0 ? undefined : 'nothing-to-pay'),
  ({ method, takenBy }) => (method === 'cash' && takenBy === undefined ? 'cash-without-clerk' : undefined),
  ({ method, paymentId }) => (method === 'cash' || PAYMENT_ID.test(paymentId) ? undefined : 'id-not-accepted'),
  ({ method }, { production, demoTenant }) =>
    method === 'sandbox' && (production || !demoTenant) ? 'sandbox-not-allowed' : undefined,
  ({ method }, { providers }) => {
    const provider = providerOf(method);
    return provider === undefined || providers.has(provider) ? undefined : 'method-not-available';
  },
];

/** The first rule that refuses wins and says why. */
export function refusalOf(request: Request, facts: MethodFacts): string | undefined {
  for (const rule of RULES) {
    const refusal = rule(request, facts);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** `sandbox` is the WeChat sandbox, asked to pay by itself. */
export function providerOf(method: PaymentMethod): 'wechat' | 'alipay' | undefined {
  switch (method) {
    case 'wechat':
    case 'sandbox':
      return 'wechat';
    case 'alipay':
      return 'alipay';
    case 'cash':
      return undefined;
  }
}
