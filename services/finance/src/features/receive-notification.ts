// POST /api/v1/payment-notifications/{provider}/{tenantId}: what a provider tells by itself (FIN-02). Believed only when its
// signature holds and it matches what is stored; where it does not match, the provider is asked. The answer goes out after the
// commit: whatever is not written down is told again by the provider.
import { DomainError, fen, NotYet, TransientError, type TenantId } from '@tongpiao/kernel';
import { Scope } from '@tongpiao/persistence';
import { rawBody, route, type Foundation, type RequestContext, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { ProviderCallbackRefused, type PaymentProvider, type ProviderCallback } from '../adapters/payment-provider.ts';
import { contradicts, hasTransaction, providerOf, refundNumbered } from '../payment/payment.policy.ts';
import type { LivePayment, PaymentCommand, PaymentState } from '../payment/payment.ts';
import type { Openings } from './openings.ts';
import { surplusRefundId, type Payments, type Providers, type ProviderWork } from './provider-work.ts';

type Parts = {
  readonly foundation: Foundation;
  readonly payments: Payments;
  readonly providers: Providers;
  readonly work: ProviderWork;
  readonly openings: Openings;
};

/** Notifications have one or two thousand bytes. */
const BODY_MAX_BYTES = 16_384;

const params = z.strictObject({
  provider: z.enum(['wechat', 'alipay']),
  tenantId: z.string().regex(/^[a-z0-9_-]{3,60}$/),
});

/** Every answer but 200 makes the provider repeat; the status says to people and dashboards why. */
const STATUSES = { taken: 200, refused: 401, unknown: 404, contradicted: 409, failed: 503 } as const;
type Outcome = keyof typeof STATUSES;

class Contradiction extends Error {
  override readonly name = 'Contradiction';
  readonly state: PaymentState;
  constructor(state: PaymentState) {
    super('the call-back does not match the payment');
    this.state = state;
  }
}

export function receiveNotification({ foundation, payments, providers, work, openings }: Parts): Route {
  const { clock, logger, metrics } = foundation;
  const count = metrics.counter('payment_callbacks_total', 'Call-backs of payment providers by outcome.', [
    'provider',
    'outcome',
  ]);

  function verified(provider: PaymentProvider, context: RequestContext): ProviderCallback {
    const names = ['wechatpay-timestamp', 'wechatpay-nonce', 'wechatpay-signature', 'wechatpay-serial', 'content-type'];
    const headers = Object.fromEntries(names.map((name) => [name, context.header(name)]));
    return provider.verifyCallback({ headers, body: context.rawBody });
  }

  function commandOf(tenantId: TenantId, state: PaymentState, callback: ProviderCallback): PaymentCommand {
    const at = clock().toISOString();
    if (callback.kind === 'payment') {
      const { paymentId, transactionId, amountFen } = callback;
      if (callback.status === 'closed') return { type: 'ConfirmClosed', at };
      const capture = { transactionId, amount: fen(amountFen), at: callback.at.toISOString() };
      return {
        type: 'CapturePayment',
        capture,
        surplusRefundId: surplusRefundId(tenantId, paymentId, transactionId),
        at,
      };
    }
    const { status, providerRefundId } = callback;
    const { refund, attempt } = refundNumbered(state, callback.refundId) ?? { refund: undefined, attempt: 1 };
    const about = { refundId: refund?.id ?? callback.refundId, attempt, at };
    if (status === 'succeeded')
      return { type: 'ConfirmRefund', ...about, refundedAt: callback.at.toISOString(), providerRefundId };
    return { type: 'FailRefund', ...about, problem: status, final: status === 'failed' };
  }

  async function take(scope: Scope, provider: PaymentProvider, callback: ProviderCallback): Promise<Outcome> {
    const { paymentId } = callback;
    await openings.settled(paymentId);
    try {
      const { state } = await payments.handle(
        scope,
        paymentId,
        (current) => {
          assertOf(provider, current);
          if (contradicts(current, callback)) throw new Contradiction(current);
          return commandOf(scope.tenantId, current, callback);
        },
        { messageId: idOf(provider, callback) },
      );
      // The end of a refund leads to nothing else at the provider; further refunds are in other hands.
      if (callback.kind === 'payment') await work.settle(scope, paymentId, state);
      return 'taken';
    } catch (error) {
      if (!(error instanceof Contradiction) || error.state.status === 'none') throw error;
      return afterAsking(scope, callback, error.state);
    }
  }

  /** What the provider says when it is asked counts; a call-back that it does not confirm changes nothing. */
  async function afterAsking(scope: Scope, callback: ProviderCallback, state: LivePayment): Promise<Outcome> {
    const { paymentId } = callback;
    if (callback.kind === 'refund') {
      const refundId = refundNumbered(state, callback.refundId)?.refund.id ?? callback.refundId;
      await work.askForRefund(scope, paymentId, state, refundId);
      return 'contradicted';
    }
    const after = await work.ask(scope, paymentId, state);
    return callback.status === 'closed' || hasTransaction(after, callback.transactionId) ? 'taken' : 'contradicted';
  }

  async function outcomeOf(provider: PaymentProvider, scope: Scope, context: RequestContext): Promise<Outcome> {
    try {
      const callback = verified(provider, context);
      // Somebody waits for the ticket of what they paid; money on its way back takes its time anyway.
      return await take(callback.kind === 'refund' ? scope.inBackground() : scope, provider, callback);
    } catch (error) {
      if (error instanceof ProviderCallbackRefused) {
        logger.warn(
          { provider: provider.name, reason: error.reason, address: context.request.address },
          'call-back refused',
        );
        return 'refused';
      }
      if (error instanceof NotYet) return 'unknown';
      if (error instanceof DomainError) {
        logger.error({ err: error, provider: provider.name }, 'call-back contradicts what is stored');
        return 'contradicted';
      }
      if (error instanceof TransientError) {
        logger.warn({ code: error.code, provider: provider.name }, 'call-back could not be taken yet');
        return 'failed';
      }
      logger.error({ err: error, provider: provider.name }, 'call-back could not be taken');
      return 'failed';
    }
  }

  return route({
    method: 'post',
    path: '/api/v1/payment-notifications/:provider/:tenantId',
    summary: 'Call-backs of payment providers.',
    description: 'Signed by the provider; answered in the provider’s own form after the change is stored.',
    tags: ['payments'],
    access: 'public',
    params,
    raw: true,
    idempotent: false,
    maxBodyBytes: BODY_MAX_BYTES,
    responses: {
      200: rawBody('text/plain', 'Taken.'),
      401: rawBody('text/plain', 'Not signed by the provider.'),
      404: rawBody('text/plain', 'No such payment yet.'),
      409: rawBody('text/plain', 'Not confirmed by the provider when it was asked.'),
      503: rawBody('text/plain', 'Not stored; tell it again.'),
    },
    async handler(context) {
      const { provider: name, tenantId } = context.params;
      const provider = providers.get(name);
      if (provider === undefined) throw new DomainError('platform.not-found', 'This provider is not in use here.');
      const origin = { ...context.origin(), by: `provider:${name}`, channel: 'provider' };
      const scope = Scope.ofTenant(tenantId as TenantId, origin);
      const outcome = await outcomeOf(provider, scope, context);
      count.inc({ provider: name, outcome });
      const { contentType, body } = provider.callbackAnswer(
        outcome === 'taken',
        outcome === 'taken' ? undefined : outcome,
      );
      return { status: STATUSES[outcome], raw: body, contentType };
    },
  });
}

/** A call-back of one provider says nothing about a payment at another. */
function assertOf(provider: PaymentProvider, state: PaymentState): void {
  if (state.status === 'none' || providerOf(state.method) === provider.name) return;
  throw new DomainError('finance.callback-of-other-provider', 'The payment is not at this provider.');
}

function idOf(provider: PaymentProvider, callback: ProviderCallback): string {
  if (callback.kind === 'payment') return `${provider.name}:${callback.status}:${callback.transactionId}`;
  return `${provider.name}:${callback.status}:${callback.refundId}`;
}
