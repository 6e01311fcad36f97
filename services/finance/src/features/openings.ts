// Payments that this instance is opening at this moment. A call-back that is faster than our own write waits for it here, instead of
// being told to come again. Only a courtesy: a call-back that meets another instance, or a crash, does come again.

export type Openings = {
  during<Value>(paymentId: string, work: () => Promise<Value>): Promise<Value>;
  /** Resolves once the payment is not being opened here, whether that worked or not. */
  settled(paymentId: string): Promise<void>;
};

export function createOpenings(): Openings {
  // As many as the slice handles at once.
  const underWay = new Map<string, Promise<void>>();
  return {
    async during(paymentId, work) {
      const { promise, resolve } = Promise.withResolvers<void>();
      underWay.set(paymentId, promise);
      try {
        return await work();
      } finally {
        underWay.delete(paymentId);
        resolve();
      }
    },
    async settled(paymentId) {
      await underWay.get(paymentId);
    },
  };
}
