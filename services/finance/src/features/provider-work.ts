// Carries out at the provider what a payment's state asks for, and takes the answer back into the payment. It starts from what is
// stored and every call is idempotent by our own ids, so doing it again after a crash, or in two places at once, does no harm.
import { DomainError, fen, formatId, TransientError, type RefundId, type TenantId } from '@tongpiao/kernel';
import type { AggregateStore, Scope } from '@tongpiao/persistence';
import { createHash } from 'node:crypto';
import type {
  PaymentProvider,
  ProviderName,
  ProviderPaymentState,
  ProviderRefundState,
} from '../adapters/payment-provider.ts';
import {
  isExpired,
  nextStep,
  providerNumber,
  providerOf,
  refundToAskFor,
  totalOf,
  type ProviderStep,
} from '../payment/payment.policy.ts';
import type {
  Capture,
  LivePayment,
  PaymentCommand,
  PaymentEvent,
  PaymentFacts,
  PaymentState,
  Refund,
} from '../payment/payment.ts';

export type Payments = AggregateStore<PaymentState, PaymentCommand, PaymentEvent>;
export type Providers = ReadonlyMap<ProviderName, PaymentProvider>;

export type ProviderWork = {
  /** Opens a payment of which nothing is stored yet. @returns its address, or undefined when the provider did not open it */
  openFirst(scope: Scope, id: string, facts: PaymentFacts): Promise<string | undefined>;
  /** Does whatever is due at the provider. @throws TransientError when the provider does not answer */
  settle(scope: Scope, id: string, state: PaymentState): Promise<PaymentState>;
  /** Asks the provider whether it was paid (FIN-02). @throws TransientError */
  ask(scope: Scope, id: string, state: LivePayment): Promise<PaymentState>;
  /**
   * Asks the provider to carry out a refund that is written down. What it has taken and not finished is not written: its call-back comes
   * within seconds as a rule, and else the refund's timer asks. @throws TransientError
   */
  sendRefund(scope: Scope, id: string, state: LivePayment, refundId: string): Promise<PaymentState>;
  /** Asks what became of a refund, and writes it down. @throws TransientError */
  askForRefund(scope: Scope, id: string, state: LivePayment, refundId: string): Promise<PaymentState>;
};

type Parts = {
  readonly payments: Payments;
  readonly providers: Providers;
  readonly publicBaseUrl: string;
  readonly clock: () => Date;
};

/** What the provider says of a refund, or that it refused to begin one. */
type Answer = ProviderRefundState | { readonly status: 'refused'; readonly problem: string };

/** Enough for a payment with all the refunds that a provider allows for it. */
const STEPS_MAX = 60;
/** A refusal that the same request will meet again; all others may be our own settings, and money that is owed is not dropped for that. */
const REFUND_REFUSALS = new Set(['finance.refund-refused', 'finance.payment-not-found']);

/** The refund of a transaction that was one too many has the same id whoever finds it. */
export function surplusRefundId(tenantId: TenantId, paymentId: string, transactionId: string): string {
  const digest = createHash('sha256').update(`${paymentId}|${transactionId}`).digest();
  return formatId<'Refund'>('rfd', tenantId, digest) satisfies RefundId;
}

export function notifyUrlOf(publicBaseUrl: string, provider: ProviderName, tenantId: string): string {
  return `${publicBaseUrl}/api/v1/payment-notifications/${provider}/${tenantId}`;
}

export function createProviderWork({ payments, providers, publicBaseUrl, clock }: Parts): ProviderWork {
  const now = (): string => clock().toISOString();

  function providerFor(state: PaymentFacts): PaymentProvider {
    const name = providerOf(state.method);
    const provider = name === undefined ? undefined : providers.get(name);
    if (provider === undefined) throw new TransientError('finance.provider-unset', `No provider for ${state.method}.`);
    return provider;
  }

  async function tell(scope: Scope, id: string, command: PaymentCommand): Promise<PaymentState> {
    return (await payments.handle(scope, id, command)).state;
  }

  async function createAt(provider: PaymentProvider, scope: Scope, id: string, facts: PaymentFacts): Promise<string> {
    const { payUrl } = await provider.create({
      paymentId: id,
      amountFen: facts.amount,
      description: facts.description,
      notifyUrl: notifyUrlOf(publicBaseUrl, provider.name, scope.tenantId),
      expiresAt: new Date(facts.expiresAt),
      auto: facts.method === 'sandbox',
    });
    return payUrl;
  }

  async function create(scope: Scope, id: string, state: LivePayment): Promise<PaymentState> {
    try {
      const payUrl = await createAt(providerFor(state), scope, id, state);
      return await tell(scope, id, { type: 'OpenPayment', payUrl, at: now() });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return abandon(scope, id, state, error.code);
    }
  }

  /** An earlier try may have opened it all the same: nothing may stay payable there that failed here. */
  async function abandon(scope: Scope, id: string, state: LivePayment, reason: string): Promise<PaymentState> {
    if ((await providerFor(state).close(id)) === 'already_paid') return paidAfterAll(scope, id, state);
    return tell(scope, id, { type: 'RefusePayment', reason, at: now() });
  }

  async function close(scope: Scope, id: string, state: LivePayment): Promise<PaymentState> {
    if ((await providerFor(state).close(id)) === 'already_paid') return paidAfterAll(scope, id, state);
    return tell(scope, id, { type: 'ConfirmClosed', at: now() });
  }

  async function paidAfterAll(scope: Scope, id: string, state: LivePayment): Promise<PaymentState> {
    const answer = await providerFor(state).query(id);
    if (answer.status === 'paid') return tell(scope, id, commandAfterQuery(scope, id, answer));
    throw new TransientError('finance.provider-contradiction', 'Paid, says the closing; unpaid, says the query.');
  }

  function commandAfterQuery(scope: Scope, id: string, answer: ProviderPaymentState): PaymentCommand {
    const at = now();
    switch (answer.status) {
      case 'paid': {
        const { transactionId, amountFen, paidAt } = answer;
        const capture: Capture = { transactionId, amount: fen(amountFen), at: paidAt.toISOString() };
        const refundId = surplusRefundId(scope.tenantId, id, transactionId);
        return { type: 'CapturePayment', capture, surplusRefundId: refundId, at };
      }
      case 'closed':
        return { type: 'ConfirmClosed', at };
      // Some providers know nothing of a payment before its code was scanned.
      case 'unknown':
      case 'not_paid':
        return { type: 'ReportUnpaid', at };
    }
  }

  /** Idempotent by the refund's number: asking again finds what the first try began. */
  async function refundAt(scope: Scope, id: string, state: LivePayment, refund: Refund): Promise<Answer> {
    const provider = providerFor(state);
    try {
      return await provider.refund({
        refundId: providerNumber(refund),
        paymentId: id,
        amountFen: refund.amount,
        totalFen: totalOf(state, refund),
        reason: refund.reason,
        notifyUrl: notifyUrlOf(publicBaseUrl, provider.name, scope.tenantId),
      });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return refusedAt(provider, id, refund, error);
    }
  }

  /** An earlier try may have been taken although its answer was lost: only what the provider does not know has failed. */
  async function refusedAt(
    provider: PaymentProvider,
    id: string,
    refund: Refund,
    refusal: DomainError,
  ): Promise<Answer> {
    const answer = await provider.queryRefund(providerNumber(refund), id);
    if (answer.status !== 'unknown') return answer;
    if (!REFUND_REFUSALS.has(refusal.code)) throw new TransientError(refusal.code, refusal.message, { cause: refusal });
    return { status: 'refused', problem: refusal.code };
  }

  function commandAfterRefund({ id: refundId, attempt = 1 }: Refund, answer: Answer): PaymentCommand {
    const at = now();
    const about = { refundId, attempt, at };
    switch (answer.status) {
      case 'processing':
        return { type: 'ReportRefundPending', ...about, providerRefundId: answer.providerRefundId };
      case 'succeeded':
        return { type: 'ConfirmRefund', ...about, refundedAt: at, providerRefundId: answer.providerRefundId };
      case 'failed':
      case 'abnormal':
        return { type: 'FailRefund', ...about, problem: answer.status, final: answer.status === 'failed' };
      case 'refused':
        return { type: 'FailRefund', ...about, problem: answer.problem, final: true };
      case 'unknown':
        throw new TransientError('finance.refund-unconfirmed', 'The provider knows nothing of the refund yet.');
    }
  }

  async function sendRefund(scope: Scope, id: string, state: LivePayment, refundId: string): Promise<PaymentState> {
    const refund = state.refunds.find((one) => one.id === refundId && one.status === 'requested');
    if (refund === undefined) return state;
    const answer = await refundAt(scope, id, state, refund);
    return answer.status === 'processing' ? state : tell(scope, id, commandAfterRefund(refund, answer));
  }

  async function carryOut(scope: Scope, id: string, state: LivePayment, step: ProviderStep): Promise<PaymentState> {
    switch (step.kind) {
      case 'none':
        return state;
      case 'create':
        return create(scope, id, state);
      case 'abandon':
        return abandon(scope, id, state, step.reason);
      case 'close':
        return close(scope, id, state);
      case 'refund':
        return sendRefund(scope, id, state, step.refund.id);
    }
  }

  async function settle(scope: Scope, id: string, start: PaymentState): Promise<PaymentState> {
    let state = start;
    const sent = new Set<string>();
    for (let steps = 0; steps < STEPS_MAX; steps += 1) {
      const step = nextStep(state, now(), sent);
      if (step.kind === 'none' || state.status === 'none') return state;
      if (step.kind === 'refund') sent.add(step.refund.id);
      state = await carryOut(scope, id, state, step);
    }
    throw new TransientError('finance.unsettled', `payment ${id}: ${STEPS_MAX} steps at the provider and no end`);
  }

  return {
    async openFirst(scope, id, facts) {
      if (providerOf(facts.method) === undefined || isExpired(facts, now())) return undefined;
      try {
        return await createAt(providerFor(facts), scope, id, facts);
      } catch (error) {
        // What went wrong is met again, and dealt with, once the payment is written down.
        if (error instanceof DomainError || error instanceof TransientError) return undefined;
        throw error;
      }
    },
    settle,
    async ask(scope, id, state) {
      const answer = await providerFor(state).query(id);
      return settle(scope, id, await tell(scope, id, commandAfterQuery(scope, id, answer)));
    },
    sendRefund,
    async askForRefund(scope, id, state, refundId) {
      const refund = refundToAskFor(state, refundId);
      if (refund === undefined) return settle(scope, id, state);
      const found = await providerFor(state).queryRefund(providerNumber(refund), id);
      const answer = found.status === 'unknown' ? await refundAt(scope, id, state, refund) : found;
      return tell(scope, id, commandAfterRefund(refund, answer));
    },
  };
}
