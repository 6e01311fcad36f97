// Notification, as a table of contents.
import {
  applicationOverdue,
  applicationProgressed,
  applicationReissued,
  applicationShipped,
  exchangeCompleted,
  exchangeFailed,
  holderKeepsTickets,
  holderToldOfDisruption,
  orderClosed,
  orderFulfilled,
  paymentReturned,
  republishMessages,
  sendCode,
  ticketsRefunded,
  waitingJoined,
  waitingServed,
  type Envelope,
} from '@tongpiao/contracts';
import { retryClasses } from '@tongpiao/messaging';
import type { Scope } from '@tongpiao/persistence';
import { openFoundation, type FoundationOptions, type Running } from '@tongpiao/service-shell';
import { chargeSpec } from './charge/charge.ts';
import { openSettledMinutes } from './charge/settled-minutes.store.ts';
import { openCodeLimits } from './code-limit/code-limit.store.ts';
import type { Config } from './config.ts';
import { chargeSms } from './features/charge-sms.ts';
import { getMessage, listMessages } from './features/get-messages.ts';
import { onLateAnswer } from './features/late-answers.ts';
import { onOrderClosed } from './features/on-order-closed.ts';
import { onOrderFulfilled } from './features/on-order-fulfilled.ts';
import { onPaymentReturned } from './features/on-payment-returned.ts';
import { onExchangeTold } from './features/on-exchange-told.ts';
import { onReissueTold } from './features/on-reissue-told.ts';
import { onRepublishMessages } from './features/on-republish-messages.ts';
import { onSessionDisrupted } from './features/on-session-disrupted.ts';
import { onTicketsRefunded } from './features/on-tickets-refunded.ts';
import { onWaitingTold } from './features/on-waiting-told.ts';
import { batchOf, paced } from './features/paced.ts';
import { eraseOldMessages } from './features/erase-old-messages.ts';
import { sendCodes } from './features/send-code.ts';
import { sweepLost } from './features/sweep-lost.ts';
import { LANE_NAMES } from './message/message.ts';
import { openMessages, type Held } from './message/message.store.ts';
import { problems } from './problems.ts';
import { openMail, openSms, submitMail, submitSms } from './sending/carriers.ts';
import { createDispatch } from './sending/dispatch.ts';
import type { SendingFaults } from './sending/lane.ts';
import { openLanes } from './sending/lanes.ts';
import { createReceiptBook } from './sending/receipts.ts';
import { createResultWriter } from './sending/result-writer.ts';
import { resumeQueued } from './features/resume-queued.ts';
import { DEFAULT_TEMPLATES } from './templates/default-templates.ts';
import { loadTemplates } from './templates/template.ts';

export type Timings = {
  /** A sender that has not been heard of for so long is lost. Longer than the slowest provider may take for all parts of a text. */
  readonly answerWithinMs: number;
  readonly sweepEveryMs: number;
  readonly resumeEveryMs: number;
  readonly receiptsEveryMs: number;
  readonly chargeEveryMs: number;
  readonly settleEveryMs: number;
  /** How long the message centre may take for one part. */
  readonly smsAnswerMs: number;
};

const TIMINGS: Timings = {
  answerWithinMs: 60_000,
  sweepEveryMs: 5_000,
  resumeEveryMs: 250,
  receiptsEveryMs: 1_000,
  chargeEveryMs: 10_000,
  settleEveryMs: 300_000,
  smsAnswerMs: 10_000,
};

export type NotificationTestOptions = Pick<
  FoundationOptions,
  'faults' | 'messagingFaults' | 'clock' | 'logger' | 'trust'
> & {
  readonly sendingFaults?: SendingFaults;
  readonly timings?: Partial<Timings>;
  /** How often messages whose time is over are looked for. */
  readonly eraseEveryMs?: number;
};

/** One insert holds two messages per order: 200 orders are some 800 kB. */
const ORDERS_BATCH = 200;
/** Waiting a moment fills batches; nobody notices it before a message arrives. */
const ORDERS_LINGER_MS = 120;
const CODES_AT_ONCE = 20;

export async function run(config: Config, options: NotificationTestOptions = {}): Promise<Running> {
  const timings = { ...TIMINGS, ...options.timings };
  const foundation = await openFoundation({ service: 'notification', config, ...options });
  const { broker, bus, clock, database, logger, tenants, trail, vault } = foundation;
  const everyTenant = foundation.acrossTenants('messages of every tenant are sent');
  const { origin } = everyTenant;
  const scopeOf = (envelope: Envelope): Scope => foundation.scopeOf(envelope);

  const templates = loadTemplates(DEFAULT_TEMPLATES);
  const messages = await openMessages(database, {
    ...{ everyTenant, answerWithinMs: timings.answerWithinMs },
    holdsKeys: foundation.holdsKeys,
  });
  const limits = config.LIMITS === 'off' ? undefined : await openCodeLimits(database);
  eraseOldMessages(foundation, messages, options.eraseEveryMs);
  const charges = await foundation.aggregate(chargeSpec);
  const settled = await openSettledMinutes(database);

  const sms = openSms(config, timings.smsAnswerMs, (what, error) =>
    logger.warn({ err: error, provider: 'smpp' }, what),
  );
  const mail = openMail(config);
  const outcomes = foundation.metrics.counter(
    'notification_messages_total',
    'Messages by channel and what became of them.',
    ['channel', 'status'],
  );
  const count = (list: readonly Held[]): void => {
    for (const { state } of list) outcomes.inc({ channel: state.channel, status: state.status });
  };
  const lostReceipts = foundation.metrics.counter(
    'notification_receipts_lost_total',
    'Receipts that belong to no message.',
  );
  const receipts = createReceiptBook({
    store: messages,
    clock,
    logger,
    origin,
    lost: (count) => lostReceipts.inc(count),
  });
  const results = createResultWriter({
    store: messages,
    clock,
    logger,
    origin,
    written(list) {
      count(list);
      receipts.submitted(list);
    },
  });
  const lanes = openLanes({
    sms: { provider: sms, submit: submitSms(sms, templates, clock) },
    mail: { provider: mail, submit: submitMail(mail, templates, clock) },
    results,
    clock,
    logger,
    faults: options.sendingFaults,
    answerWithinMs: timings.answerWithinMs,
    bulkPerSecond: config.BULK_PER_SECOND,
  });
  const dispatch = createDispatch({ store: messages, vault, templates, lanes, results, everyTenant, clock });
  const lateAnswer = onLateAnswer({
    messages,
    everyTenant,
    provider: sms.name,
    clock,
    written: (list) => receipts.submitted(list),
  });
  sms.onReceipt((receipt) => receipts.take(receipt));
  sms.onLateAnswer((answer) => {
    lateAnswer(answer).catch((error: unknown) => logger.warn({ err: error }, 'a late answer was not written'));
  });

  const tell = { dispatch, bus, tenants, scopeOf };
  const inBatches = { maxBatch: ORDERS_BATCH, lingerMs: ORDERS_LINGER_MS };
  await broker.consume({
    slice: 'on-order-fulfilled',
    definitions: [orderFulfilled],
    ...inBatches,
    handleBatch: onOrderFulfilled(tell),
  });
  await broker.consume({
    slice: 'on-order-closed',
    definitions: [orderClosed],
    ...inBatches,
    handleBatch: onOrderClosed(tell),
  });
  await broker.consume({
    slice: 'on-payment-returned',
    definitions: [paymentReturned],
    ...inBatches,
    handleBatch: onPaymentReturned(tell),
  });
  await broker.consume({
    slice: 'on-tickets-refunded',
    definitions: [ticketsRefunded],
    ...inBatches,
    handleBatch: onTicketsRefunded(tell),
  });
  await broker.consume({
    slice: 'on-exchange-told',
    definitions: [exchangeCompleted, exchangeFailed],
    ...inBatches,
    handleBatch: onExchangeTold(tell),
  });
  await broker.consume({
    slice: 'on-waiting-told',
    definitions: [waitingJoined, waitingServed],
    ...inBatches,
    handleBatch: onWaitingTold(tell),
  });
  await broker.consume({
    slice: 'on-reissue-told',
    definitions: [applicationProgressed, applicationReissued, applicationShipped, applicationOverdue],
    ...inBatches,
    handleBatch: onReissueTold(tell),
  });
  await broker.consume({
    slice: 'on-session-disrupted',
    definitions: [holderToldOfDisruption, holderKeepsTickets],
    maxBatch: batchOf(config.BULK_PER_SECOND),
    handleBatch: paced(config.BULK_PER_SECOND, onSessionDisrupted(tell)),
  });
  await broker.consume({
    slice: 'send-code',
    definitions: [sendCode],
    concurrency: CODES_AT_ONCE,
    // A code is of no use after some minutes.
    retry: retryClasses.brief,
    handle: sendCodes({
      dispatch,
      limits,
      bus,
      tenants,
      scopeOf,
      platformSignature: config.PLATFORM_SIGNATURE,
      clock,
    }),
  });
  await broker.consume({
    slice: 'on-republish-messages',
    definitions: [republishMessages],
    concurrency: 1,
    handle: onRepublishMessages(messages, broker.publisher, clock),
  });

  foundation.every('resume queued', timings.resumeEveryMs, resumeQueued(dispatch, lanes, LANE_NAMES));
  foundation.every('early receipts', timings.receiptsEveryMs, () => receipts.retry());
  foundation.every(
    'lost messages',
    timings.sweepEveryMs,
    sweepLost({ messages, answerWithinMs: timings.answerWithinMs, origin, clock, logger, written: count }),
    { lease: true },
  );
  const charging = chargeSms({ messages, charges, settled, everyTenant, clock });
  foundation.every('charges', timings.chargeEveryMs, () => charging.newest(), { lease: true });
  foundation.every('unsettled charges', timings.settleEveryMs, () => charging.unsettled(), { lease: true });
  foundation.onStop(async () => {
    await Promise.all(LANE_NAMES.map((name) => lanes[name].stop()));
    await results.stop();
    await receipts.stop();
    await Promise.all([sms.close(), mail.close()]);
  });

  return foundation.serve({
    problems,
    routes: [listMessages(trail, messages), getMessage(trail, messages, vault, templates)],
  });
}
