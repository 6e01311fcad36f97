// When money that an order owes back is asked for. Of one payment WeChat Pay takes 50 refunds and no more
// (pay.weixin.qq.com, "Submit Refund API"), so an order with more tickets than that must not send each of them by itself; and whoever
// gets many tickets back at once wants to hear of it once.
//
// owed because ↓ \ refunds that its payment has had →  fewer than 40                       40 and more
// a holder gave a ticket back, or exchanged it         at once, by itself                  collected: an hour, then 2, 4, 8 … hours
// the deadline of a disruption gave it back            collected: a minute; with the last  collected: a minute, then 2, 4, 8 … minutes
//                                                      ticket of its session at once
//
// With 40 or more the last ticket of the order goes at once, with all that was collected.

/**
 * The provider's fifty, less ten: for what is collected from then on, for what it had to be asked again under another number, and for what
 * finance sends back of its own.
 */
export const SINGLE_REFUNDS_MAX = 40;
/** The provider asks for a minute between two refunds of one payment. */
const COLLECT_MS = 60_000;
/** Doubled with each refund, the fiftieth is asked for six weeks after the fortieth: by then hardly anybody still gives tickets back. */
const COLLECT_BEYOND_MS = 3_600_000;

export type Owing = {
  readonly cause: 'holder' | 'deadline';
  /** That the payment has had which it comes from. */
  readonly refunds: number;
  /** No other ticket of the order for the same session can still be given back. */
  readonly lastOfSession: boolean;
  readonly lastOfOrder: boolean;
};

/** `with-others`: at once, with all that was collected. */
export type Sending = 'by-itself' | 'with-others' | { readonly collectMs: number };

export function sendingOf({ cause, refunds, lastOfSession, lastOfOrder }: Owing): Sending {
  if (refunds < SINGLE_REFUNDS_MAX) {
    if (cause === 'holder') return 'by-itself';
    return lastOfSession ? 'with-others' : { collectMs: COLLECT_MS };
  }
  if (lastOfOrder) return 'with-others';
  const first = cause === 'holder' ? COLLECT_BEYOND_MS : COLLECT_MS;
  return { collectMs: first * 2 ** (refunds - SINGLE_REFUNDS_MAX) };
}
