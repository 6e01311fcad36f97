// A circuit breaker around one payment provider: while it is down, callers learn so at once instead of queueing behind
// timeouts. Only TransientError counts; a refusal shows that the provider is well.
import { TransientError } from '@tongpiao/kernel';
import CircuitBreaker from 'opossum';
import type { PaymentProvider } from './payment-provider.ts';

export type BreakerOptions = {
  /** Share of failures in the last ten seconds that opens the breaker. */
  readonly errorThresholdPercentage?: number;
  /** Fewer calls than this in ten seconds never open it: one lost packet at night is not an outage. */
  readonly volumeThreshold?: number;
  /** Pause before one call is let through as a probe. */
  readonly resetTimeoutMs?: number;
  readonly onChange?: (state: 'open' | 'half-open' | 'closed') => void;
};

export type GuardedPaymentProvider = PaymentProvider & { readonly breakerState: () => 'open' | 'half-open' | 'closed' };

export const withBreaker = (provider: PaymentProvider, options: BreakerOptions = {}): GuardedPaymentProvider => {
  const breaker = new CircuitBreaker((call: () => Promise<void>) => call(), {
    name: `payment-${provider.name}`,
    // The adapters have their own limits; a second clock would only disagree with them.
    timeout: false,
    errorThresholdPercentage: options.errorThresholdPercentage ?? 50,
    volumeThreshold: options.volumeThreshold ?? 10,
    resetTimeout: options.resetTimeoutMs ?? 5_000,
    errorFilter: (error: unknown) => !(error instanceof TransientError),
  });
  breaker.on('open', () => options.onChange?.('open'));
  breaker.on('halfOpen', () => options.onChange?.('half-open'));
  breaker.on('close', () => options.onChange?.('closed'));

  const guarded = async <Value>(call: () => Promise<Value>): Promise<Value> => {
    const values: Value[] = [];
    try {
      await breaker.fire(async () => {
        values.push(await call());
      });
    } catch (error) {
      if (!(error instanceof Error) || !CircuitBreaker.isOurError(error)) throw error;
      throw new TransientError('finance.provider-unavailable', `${provider.name} is not being called for a moment.`, {
        cause: error,
      });
    }
    for (const value of values) return value;
    throw new Error('The breaker succeeded without calling.');
  };

  return {
    name: provider.name,
    create: (request) => guarded(() => provider.create(request)),
    query: (paymentId) => guarded(() => provider.query(paymentId)),
    close: (paymentId) => guarded(() => provider.close(paymentId)),
    refund: (request) => guarded(() => provider.refund(request)),
    queryRefund: (refundId, paymentId) => guarded(() => provider.queryRefund(refundId, paymentId)),
    // Nothing leaves the process here.
    verifyCallback: (input) => provider.verifyCallback(input),
    callbackAnswer: (ok, message) => provider.callbackAnswer(ok, message),
    breakerState: () => (breaker.opened ? 'open' : breaker.halfOpen ? 'half-open' : 'closed'),
    async stop() {
      breaker.shutdown();
      await provider.stop();
    },
  };
};
