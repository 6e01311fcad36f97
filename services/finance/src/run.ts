// Finance, as a table of contents.
import {
  closePayment,
  payCompensation,
  queryPayment,
  queryRefund,
  refundPayment,
  republishPayments,
  requestPayment,
} from '@tongpiao/contracts';
import { retryClasses } from '@tongpiao/messaging';
import { openFoundation, type FoundationOptions, type Running } from '@tongpiao/service-shell';
import type { Config } from './config.ts';
import { compensationSpec } from './compensation/compensation.store.ts';
import { closeLedger } from './features/close-ledger.ts';
import { getBalances, getTrialBalance, listEntries } from './features/get-ledger.ts';
import { getPayment, listPayments } from './features/get-payments.ts';
import { listRefunds } from './features/list-refunds.ts';
import { onClosePayment } from './features/on-close-payment.ts';
import { manageAccounts } from './features/manage-accounts.ts';
import { onPayCompensation } from './features/on-pay-compensation.ts';
import { onQueryPayment } from './features/on-query-payment.ts';
import { onQueryRefund } from './features/on-query-refund.ts';
import { onRefundPayment } from './features/on-refund-payment.ts';
import { onRepublishPayments } from './features/on-republish-payments.ts';
import { onRequestPayment } from './features/on-request-payment.ts';
import { createOpenings } from './features/openings.ts';
import { POSTED, postLedger } from './features/post-ledger.ts';
import { createProviderWork } from './features/provider-work.ts';
import { receiveNotification } from './features/receive-notification.ts';
import { payOutRefund } from './features/pay-out-refund.ts';
import { retryRefund } from './features/retry-refund.ts';
import { chartSpec, rememberCharts } from './ledger/chart.store.ts';
import { openLedger } from './ledger/ledger.store.ts';
import { openProviders } from './open-providers.ts';
import { paymentSpec } from './payment/payment.store.ts';
import { problems } from './problems.ts';

export type FinanceTestOptions = Pick<FoundationOptions, 'faults' | 'messagingFaults' | 'clock' | 'logger'>;

/** A payment mostly waits for the provider and the database: 32 at once keep both busy at 300 payments a second. */
const PAYMENTS_AT_ONCE = 32;
/** Entries that one write takes. */
const LEDGER_BATCH = 200;
/** Waiting a moment fills batches; nobody waits for the ledger. */
const LEDGER_LINGER_MS = 250;

export async function run(config: Config, options: FinanceTestOptions = {}): Promise<Running> {
  const foundation = await openFoundation({ service: 'finance', config, ...options });
  const { broker, clock } = foundation;

  const payments = await foundation.aggregate(paymentSpec);
  const takings = foundation.metrics.counter('takings_fen_total', 'Money captured, by method.', ['method']);
  payments.onCommit((_id, state, _scope, events) => {
    if (state.status === 'none') return;
    for (const event of events)
      if (event.type === 'PaymentCaptured') takings.inc({ method: state.method }, event.capture.amount);
  });
  const compensations = await foundation.aggregate(compensationSpec);
  const ledger = await openLedger(foundation);
  const charts = await foundation.aggregate(chartSpec);
  const knownCharts = rememberCharts(charts, foundation);
  const providers = await openProviders(foundation, config);
  const work = createProviderWork({ payments, providers, publicBaseUrl: config.PUBLIC_BASE_URL, clock });
  const openings = createOpenings();
  const production = config.NODE_ENV === 'production';

  await broker.consume({
    slice: 'on-request-payment',
    definitions: [requestPayment],
    concurrency: PAYMENTS_AT_ONCE,
    handle: onRequestPayment({ foundation, payments, providers, work, openings, production }),
  });
  await broker.consume({
    slice: 'on-close-payment',
    definitions: [closePayment],
    handle: onClosePayment(foundation, payments, work),
  });
  await broker.consume({
    slice: 'on-refund-payment',
    definitions: [refundPayment],
    concurrency: PAYMENTS_AT_ONCE,
    retry: retryClasses.patient,
    handle: onRefundPayment(foundation, payments, work),
  });
  await broker.consume({
    slice: 'on-pay-compensation',
    definitions: [payCompensation],
    retry: retryClasses.patient,
    handle: onPayCompensation(foundation, { compensations, payments, work }),
  });
  await broker.consume({
    slice: 'on-query-payment',
    definitions: [queryPayment],
    handle: onQueryPayment(foundation, payments, work),
  });
  await broker.consume({
    slice: 'on-query-refund',
    definitions: [queryRefund],
    handle: onQueryRefund(foundation, payments, work),
  });
  await broker.consume({
    slice: 'post-ledger',
    definitions: POSTED,
    maxBatch: LEDGER_BATCH,
    lingerMs: LEDGER_LINGER_MS,
    handleBatch: postLedger(foundation, { ledger, charts: knownCharts }),
  });
  await broker.consume({
    slice: 'on-republish-payments',
    definitions: [republishPayments],
    concurrency: 1,
    handle: onRepublishPayments(foundation, payments),
  });

  closeLedger(foundation, ledger);

  return foundation.serve({
    problems,
    routes: [
      receiveNotification({ foundation, payments, providers, work, openings }),
      listPayments(payments),
      getPayment(payments),
      listRefunds(payments),
      retryRefund(foundation, payments, work),
      payOutRefund(foundation, payments),
      listEntries(ledger, knownCharts),
      getBalances(foundation, ledger, knownCharts),
      getTrialBalance(foundation, ledger, knownCharts),
      ...manageAccounts(foundation, charts),
    ],
  });
}
