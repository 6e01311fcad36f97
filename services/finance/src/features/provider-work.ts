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
  /** Asks what became of a refund. @throws TransientError */
  askForRefund(scope: Scope, id: string, state: LivePayment, refundId: string): Promise<PaymentState>;
};

type Parts = {
  readonly payments: Payments;
  readonly providers: Providers;
  readonly publicBaseUrl: string;
  readonly clock: () => Date;
};

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

  async function requestRefund(scope: Scope, id: string, state: LivePayment, refund: Refund): Promise<PaymentState> {
    const provider = providerFor(state);
    try {
      const answer = await provider.refund({
        refundId: refund.id,
        paymentId: id,
        amountFen: refund.amount,
        totalFen: totalOf(state, refund),
        reason: refund.reason,
        notifyUrl: notifyUrlOf(publicBaseUrl, provider.name, scope.tenantId),
      });
      return await tell(scope, id, commandAfterRefund(refund.id, answer));
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return refundRefused(scope, id, state, refund, error);
    }
  }

  /** An earlier try may have been taken although its answer was lost: only what the provider does not know has failed. */
  async function refundRefused(
    scope: Scope,
    id: string,
    state: LivePayment,
    refund: Refund,
    refusal: DomainError,
  ): Promise<PaymentState> {
    const answer = await providerFor(state).queryRefund(refund.id, id);
    if (answer.status !== 'unknown') return tell(scope, id, commandAfterRefund(refund.id, answer));
    if (!REFUND_REFUSALS.has(refusal.code)) throw new TransientError(refusal.code, refusal.message, { cause: refusal });
    return tell(scope, id, { type: 'FailRefund', refundId: refund.id, problem: refusal.code, final: true, at: now() });
  }

  function commandAfterRefund(refundId: string, answer: ProviderRefundState): PaymentCommand {
    const at = now();
    switch (answer.status) {
      case 'processing':
        return { type: 'AcceptRefund', refundId, providerRefundId: answer.providerRefundId, at };
      case 'succeeded':
        return { type: 'ConfirmRefund', refundId, refundedAt: at, at };
      case 'failed':
      case 'abnormal':
        return { type: 'FailRefund', refundId, problem: answer.status, final: answer.status === 'failed', at };
      case 'unknown':
        throw new TransientError('finance.refund-unconfirmed', 'The provider knows nothing of the refund yet.');
    }
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
        return requestRefund(scope, id, state, step.refund);
    }
  }

  async function settle(scope: Scope, id: string, start: PaymentState): Promise<PaymentState> {
    let state = start;
    for (let steps = 0; steps < STEPS_MAX; steps += 1) {
      const step = nextStep(state, now());
      if (step.kind === 'none' || state.status === 'none') return state;
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
    async askForRefund(scope, id, state, refundId) {
      const refund = refundToAskFor(state, refundId);
      if (refund === undefined) return settle(scope, id, state);
      const answer = await providerFor(state).queryRefund(refundId, id);
      if (answer.status === 'unknown') return requestRefund(scope, id, state, refund);
      if (answer.status === 'processing') return tell(scope, id, { type: 'ReportRefundPending', refundId, at: now() });
      return tell(scope, id, commandAfterRefund(refundId, answer));
    },
  };
}
