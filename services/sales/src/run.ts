// Sales, as a table of contents.
import {
  availabilityChanged,
  carryOutRefundException,
  republishSessions,
  reviewHold,
  sessionChanged,
  ticketRefunded,
  waitingLineChanged,
  workDisruption,
} from '@tongpiao/contracts';
import { isMessage } from '@tongpiao/messaging';
import {
  createWaiters,
  openFoundation,
  resumeWork,
  type FoundationOptions,
  type Running,
} from '@tongpiao/service-shell';
import { Redis } from 'ioredis';
import { createScanRequests } from './gate/scan-requests.ts';
import { createAvailability } from './availability/availability.ts';
import { createCopies } from './availability/copies.ts';
import { openClaims } from './claim/claim.store.ts';
import { orderFates } from './claim/order-fates.ts';
import type { Config } from './config.ts';
import { disruptionSpec } from './disruption/disruption.store.ts';
import { browseProducts } from './features/browse-products.ts';
import { cancelOrder } from './features/cancel-order.ts';
import { createCarryOn } from './features/carry-on.ts';
import { createTicketExchanger } from './features/carry-out-exchange.ts';
import { checkIn } from './features/check-in.ts';
import { createQuote } from './features/create-quote.ts';
import { eraseOldOrders } from './features/erase-old-orders.ts';
import { exchangeTicket } from './features/exchange-ticket.ts';
import { expireTickets } from './features/expire-tickets.ts';
import { followEvents } from './features/follow-events.ts';
import { gateIncidents } from './features/gate-incidents.ts';
import { getGateManifest } from './features/get-gate-manifest.ts';
import { getOrder, listOrders } from './features/get-order.ts';
import { getTicketPdf } from './features/get-ticket-pdf.ts';
import { getTicket, getTicketQr, revealTraveller } from './features/get-ticket.ts';
import { createTicketIssuer } from './features/issue-tickets.ts';
import { manageProducts } from './features/manage-products.ts';
import { onDisruptionWork } from './features/on-disruption-work.ts';
import { HOLD_ANSWERS, onHoldAnswered } from './features/on-hold-answered.ts';
import { onHoldReview } from './features/on-hold-review.ts';
import { ORDER_TIMERS, onOrderTimer } from './features/on-order-timer.ts';
import { onPaymentTold, PAYMENT_NEWS } from './features/on-payment-told.ts';
import { onRefundException } from './features/on-refund-exception.ts';
import { onSessionChanged } from './features/on-session-changed.ts';
import { onWaitingLineChanged } from './features/on-waiting-line-changed.ts';
import { createEndUnpaid } from './disruption/end-unpaid.ts';
import { createProgress } from './disruption/progress.ts';
import { DISRUPTED, onSessionDisrupted } from './features/on-session-disrupted.ts';
import { onReissueCommand, REISSUE_COMMANDS } from './features/on-reissue-command.ts';
import { onTicketRefunded } from './features/on-ticket-refunded.ts';
import { ownOrders } from './features/own-orders.ts';
import { placeOrder } from './features/place-order.ts';
import { refundExceptions } from './features/refund-exceptions.ts';
import { printTicket } from './features/print-ticket.ts';
import { listRefundPresets } from './features/refund-presets.ts';
import { refundTicket } from './features/refund-ticket.ts';
import { onRepublish, REPUBLISH } from './features/republish.ts';
import { requestRefundException } from './features/request-refund-exception.ts';
import { recordExit } from './features/record-exit.ts';
import { requestPayment } from './features/request-payment.ts';
import { siteOccupancy } from './features/site-occupancy.ts';
import { sessionCancellations } from './features/session-cancellations.ts';
import { settleExchange } from './features/settle-exchange.ts';
import { listTicketKeys } from './features/ticket-key-list.ts';
import { uploadScans } from './features/upload-scans.ts';
import { createGateDocuments } from './gate/gate-documents.ts';
import { openManifestReader } from './gate/manifest.store.ts';
import { gateClockSpec } from './gate-clock/gate-clock.store.ts';
import { createIncidentIds, incidentSpec } from './gate-incident/incident.store.ts';
import { openOccupancy } from './occupancy/open-occupancy.ts';
import { createOrderAccess } from './order-access/order-access.ts';
import { createBuyersPulse } from './order/buyers-pulse.ts';
import { createOrderWaiting } from './order/order-waiting.ts';
import { createRefundIds } from './order/refund-ids.ts';
import { orderSpec } from './order/order.store.ts';
import { openPaperSerials } from './paper/paper-serial.store.ts';
import { printFate } from './paper/print-fate.ts';
import { problems } from './problems.ts';
import { createProductCatalogue } from './product/product-catalogue.ts';
import { productSpec } from './product/product.store.ts';
import { createQuoteTokens } from './quote/quote-token.ts';
import { createQuoting } from './quote/quoting.ts';
import { exceptionSpec } from './refund-exception/refund-exception.store.ts';
import { rightSpec } from './right/right.store.ts';
import { askForSessions } from './session-view/ask-for-sessions.ts';
import { openSessionViews } from './session-view/session-view.store.ts';
import { openWaitingLines } from './waiting-line/waiting-lines.store.ts';
import { openTicketKeys } from './ticket-keys/ticket-keys.store.ts';

export type SalesTestOptions = Pick<FoundationOptions, 'faults' | 'messagingFaults' | 'clock' | 'logger'> & {
  readonly resumeEveryMs?: number;
  /** How often records whose time is over are looked for. */
  readonly eraseEveryMs?: number;
};

/** Handlers mostly wait for the database; enough of them at once keep it busy. */
const CONCURRENCY = 64;
const PREFETCH = 256;
const KEYS_EVERY_MS = 60_000;
/** As long as an order's usual time to pay. */
const EXCHANGE_SETTLE_MS = 15 * 60_000;

export async function run(config: Config, options: SalesTestOptions = {}): Promise<Running> {
  const foundation = await openFoundation({ service: 'sales', config, ...options });
  const { broker, database, vault, logger, clock } = foundation;
  const everywhere = foundation.acrossTenants('public catalogue of all tenants');

  const orders = await foundation.aggregate(orderSpec);
  const rights = await foundation.aggregate(rightSpec);
  const products = await foundation.aggregate(productSpec);
  const disruptions = await foundation.aggregate(disruptionSpec);
  const exceptions = await foundation.aggregate(exceptionSpec);
  const reader = await openManifestReader(database);
  const incidents = await foundation.aggregate(incidentSpec);
  const occupancy = await openOccupancy(foundation, everywhere, config.OCCUPANCY_SWEEP_SECONDS * 1_000);
  const { lights, entrance } = occupancy;
  const clocks = await foundation.aggregate(gateClockSpec);
  const incidentIds = createIncidentIds(vault.serviceKey('gate-incident-ids'));
  const sessions = await openSessionViews(database);
  const lines = await openWaitingLines(database);
  const claims = await openClaims(database, orderFates(orders, rights));
  const serials = await openPaperSerials(database, printFate(rights));
  const scanRequests = createScanRequests(vault.serviceKey('scan-requests'));
  const documents = createGateDocuments(foundation, vault.serviceKey('gate-documents'));
  const keys = await openTicketKeys(database, vault, everywhere, clock());

  const redis = new Redis(config.REDIS_URL, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(100 * times, 2_000),
  });
  redis.on('error', (error: unknown) =>
    logger.debug({ err: error }, 'Redis is away; availability is answered from memory'),
  );
  const availability = createAvailability(createCopies(redis), logger);
  const waiters = createWaiters({
    redisUrl: config.REDIS_URL,
    channel: `${config.BROKER_PREFIX}sales.changed`,
    logger,
  });
  const waiting = createOrderWaiting(orders, waiters);
  for (const watched of [disruptions, exceptions])
    watched.onCommit((id) => {
      waiters.wake([id]);
    });

  const catalogue = createProductCatalogue(products, everywhere);
  const quoting = createQuoting(foundation, {
    sessions,
    catalogue,
    everywhere,
    tokens: createQuoteTokens(vault.serviceKey('quotes')),
    siteIsFull: (...asked) => lights.isFull(...asked),
  });
  const access = createOrderAccess(vault.serviceKey('order-access'));
  const refundIds = createRefundIds(foundation);
  const issue = createTicketIssuer(foundation, { orders, rights, keys });
  const exchange = createTicketExchanger(foundation, { orders, rights, disruptions, keys, refundIds });
  const carryOn = createCarryOn({ issue, exchange });
  const progress = createProgress({ disruptions, rights });
  const endUnpaid = createEndUnpaid(foundation, { orders, refundIds });

  const busy = { concurrency: CONCURRENCY, prefetch: PREFETCH };
  await broker.consume({
    slice: 'on-hold-answered',
    definitions: HOLD_ANSWERS,
    handle: onHoldAnswered(foundation, { orders, carryOn, refundIds }),
    ...busy,
  });
  await broker.consume({
    slice: 'on-payment-told',
    definitions: PAYMENT_NEWS,
    handle: onPaymentTold(foundation, { orders, carryOn, refundIds }),
    ...busy,
  });
  await broker.consume({
    slice: 'on-order-timer',
    definitions: ORDER_TIMERS,
    handle: onOrderTimer(foundation, { orders, issue, exchange, refundIds }),
  });
  await broker.consume({
    slice: 'on-ticket-refunded',
    definitions: [ticketRefunded],
    handle: onTicketRefunded(foundation, orders),
    ...busy,
  });
  await broker.consume({
    slice: 'on-session-disrupted',
    definitions: DISRUPTED,
    singleActive: true,
    handle: onSessionDisrupted(foundation, disruptions, endUnpaid),
    concurrency: 1,
  });
  await broker.consume({
    slice: 'on-disruption-work',
    definitions: [workDisruption],
    handle: onDisruptionWork(foundation, {
      ...{ disruptions, orders, rights, refundIds, endUnpaid },
      pulse: createBuyersPulse(orders),
    }),
    // One step after the other, whichever instance: their pace is what leaves room for sales.
    singleActive: true,
    concurrency: 1,
    prefetch: 1,
  });
  await broker.consume({
    slice: 'on-reissue-command',
    definitions: REISSUE_COMMANDS,
    handle: onReissueCommand(foundation, { rights, keys, claims, catalogue }),
  });
  await broker.consume({
    slice: 'on-refund-exception',
    definitions: [carryOutRefundException],
    handle: onRefundException(foundation, { exceptions, rights, disruptions, refundIds }),
  });
  await broker.consume({
    slice: 'on-hold-review',
    definitions: [reviewHold],
    handle: onHoldReview(foundation, orders),
  });
  await broker.consume({
    slice: 'republish',
    definitions: REPUBLISH,
    handle: onRepublish(foundation, { products, orders, rights }),
  });
  await broker.consume({
    slice: 'on-waiting-line-changed',
    definitions: [waitingLineChanged],
    singleActive: true,
    handle: onWaitingLineChanged(foundation, { lines, waiters }),
    concurrency: 1,
  });
  const sessionQueue = await broker.consume({
    slice: 'on-session-changed',
    definitions: [sessionChanged],
    singleActive: true,
    handle: onSessionChanged(foundation, sessions),
    concurrency: 1,
  });
  await broker.broadcast({
    name: 'availability',
    definitions: [availabilityChanged],
    handle: async (message) => {
      if (isMessage(message, availabilityChanged)) availability.hear(message.envelope.data.sessions);
    },
  });

  foundation.every('ticket-keys', KEYS_EVERY_MS, () => keys.refresh(clock()));
  expireTickets(foundation, { rights, orders, disruptions }, config.EXPIRE_EVERY_SECONDS * 1_000);
  eraseOldOrders(foundation, { orders, rights, exceptions, claims }, options.eraseEveryMs);
  resumeWork(foundation, 'resume-disruptions', disruptions, options.resumeEveryMs);
  foundation.onStop(async () => {
    await availability.stop();
    redis.disconnect();
  });
  await askForSessions(foundation, sessions, everywhere, republishSessions, sessionQueue.queue);

  const own = await ownOrders(foundation, { orders, rights, claims }, options.eraseEveryMs);

  return foundation.serve({
    problems,
    bearers: [access.recogniser],
    waiters,
    routes: [
      ...browseProducts(foundation, {
        products,
        catalogue,
        sessions,
        availability,
        everywhere,
        siteIsFull: (...asked) => lights.isFull(...asked),
      }),
      ...manageProducts(foundation, products),
      listRefundPresets(),
      createQuote(foundation, quoting),
      placeOrder(foundation, { orders, claims, quoting, access, waiting, limits: config.LIMITS === 'on' }),
      ...own,
      listOrders(foundation, orders),
      getOrder(foundation, { orders, rights, lines }),
      ...requestPayment(foundation, { orders, disruptions, waiting, production: config.NODE_ENV === 'production' }),
      cancelOrder(foundation, { orders, waiting, refundIds }),
      ...refundTicket(foundation, { orders, rights, disruptions, catalogue, quoting, waiting }),
      ...exchangeTicket(foundation, {
        orders,
        rights,
        disruptions,
        catalogue,
        quoting,
        claims,
        waiting,
        settleWithinMs: EXCHANGE_SETTLE_MS,
      }),
      ...settleExchange(foundation, { orders, waiting }),
      getTicket(foundation, { orders, rights }),
      getTicketQr(foundation, { orders, rights }),
      getTicketPdf(foundation, { orders, rights }),
      ...printTicket(foundation, { orders, rights, serials }),
      revealTraveller(foundation, { orders, rights }),
      checkIn(foundation, { rights, keys, entrance, requests: scanRequests }),
      getGateManifest(foundation, { reader, keys, lights, documents }),
      uploadScans(foundation, { rights, keys, documents, incidents, incidentIds, clocks, entrance }),
      recordExit(foundation, occupancy),
      ...siteOccupancy(foundation, occupancy),
      ...gateIncidents(foundation, incidents),
      followEvents(foundation, { orders, rights, lines, disruptions, progress, waiters }),
      ...sessionCancellations({ disruptions, progress }),
      requestRefundException(foundation, { orders, rights, exceptions }),
      ...refundExceptions(foundation, { exceptions, orders, catalogue, waiters }),
      listTicketKeys(keys),
    ],
  });
}
