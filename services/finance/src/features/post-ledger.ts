// Books what has happened (FIN-10, FIN-12): own payments and refunds, what became of tickets, messages that were charged. In batches,
// one write per book; an entry has its event's id, so a batch that comes again finds its entries there.
import {
  paymentCaptured,
  paymentRefunded,
  paymentSurplusReceived,
  smsCharged,
  ticketExchanged,
  ticketExpired,
  ticketRefunded,
  ticketUsed,
  type MessageDefinition,
} from '@tongpiao/contracts';
import type { Outcome, Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import { chartAt } from '../ledger/chart.decider.ts';
import type { KnownCharts } from '../ledger/chart.store.ts';
import type { Posting } from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.store.ts';
import { DEFAULT_RULES } from '../ledger/posting-rules.ts';
import { postingOf } from '../ledger/posting.policy.ts';

export const POSTED: readonly MessageDefinition[] = [
  paymentCaptured,
  paymentSurplusReceived,
  paymentRefunded,
  ticketUsed,
  ticketRefunded,
  ticketExchanged,
  ticketExpired,
  smsCharged,
];

type Parts = { readonly ledger: Ledger; readonly charts: KnownCharts };

export function postLedger(
  foundation: Foundation,
  parts: Parts,
): (messages: readonly Received[]) => Promise<readonly Outcome[]> {
  return async (messages) => {
    const outcomes = new Map<Received, Outcome>();
    for (const group of Map.groupBy(messages, ({ envelope }) => envelope.tenantid).values()) {
      await postBook(foundation, parts, group, outcomes);
    }
    return messages.map((message) => outcomes.get(message) ?? 'done');
  };
}

async function postBook(
  foundation: Foundation,
  { ledger, charts }: Parts,
  messages: readonly Received[],
  outcomes: Map<Received, Outcome>,
): Promise<void> {
  const [first] = messages;
  if (first === undefined) return;
  // The books follow; nobody waits for them.
  const scope = foundation.scopeOf(first.envelope).inBackground();
  let chartVersion: number;
  try {
    chartVersion = chartAt(await charts(scope), foundation.clock())?.version ?? 0;
  } catch (error) {
    for (const message of messages) outcomes.set(message, { failed: error });
    return;
  }
  const postings: Posting[] = [];
  const booked: Received[] = [];
  for (const message of messages) {
    try {
      const posting = postingOf(DEFAULT_RULES, message.envelope, chartVersion);
      if (posting !== undefined) postings.push(posting);
      booked.push(message);
    } catch (error) {
      outcomes.set(message, { failed: error });
    }
  }
  try {
    if (postings.length > 0) await ledger.post(scope, postings);
  } catch (error) {
    for (const message of booked) outcomes.set(message, { failed: error });
  }
}
