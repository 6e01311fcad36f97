// Reissue, as a table of contents.
import {
  formerTicketShown,
  gateSynced,
  remindApplication,
  ticketScanned,
  ticketsRecorded,
  verifyApplication,
  workBatch,
} from '@tongpiao/contracts';
import {
  createWaiters,
  openFoundation,
  resumeWork,
  type FoundationOptions,
  type Running,
} from '@tongpiao/service-shell';
import { createApplicationAccess } from './access/application-access.ts';
import { createIdentityCheck } from './adapters/identity-check.ts';
import { applicationSpec } from './application/application.store.ts';
import { createDerivedIds } from './application/derived-ids.ts';
import { openOpenCases } from './application/open-case.store.ts';
import { openAttachmentBytes } from './attachment/attachment-bytes.store.ts';
import { openBatchLines } from './batch/batch-lines.store.ts';
import { batchSpec } from './batch/batch.store.ts';
import { createLinesToCases } from './batch/lines-to-cases.ts';
import type { Config } from './config.ts';
import { addAttachment } from './features/add-attachment.ts';
import { applicantSteps } from './features/applicant-steps.ts';
import { enterBatch } from './features/enter-batch.ts';
import { createTicketFinder } from './features/find-ticket.ts';
import { eraseOldCases } from './features/erase-old-cases.ts';
import { followEvents } from './features/follow-events.ts';
import { getAnalysis } from './features/get-analysis.ts';
import { getApplication, listApplications } from './features/get-application.ts';
import { getAttachments } from './features/get-attachments.ts';
import { getDossier } from './features/get-dossier.ts';
import { getTicketChain } from './features/get-ticket-chain.ts';
import { managePolicy } from './features/manage-policy.ts';
import { onGateSynced } from './features/on-gate-synced.ts';
import { onFormerShown } from './features/on-former-shown.ts';
import { getBatches } from './features/get-batches.ts';
import { onBatchWork } from './features/on-batch-work.ts';
import { onPaymentTold, PAYMENT_NEWS } from './features/on-payment-told.ts';
import { onRemind } from './features/on-remind.ts';
import { onTicketChanged, TICKET_NEWS } from './features/on-ticket-changed.ts';
import { onTicketScanned } from './features/on-ticket-scanned.ts';
import { onTicketsRecorded } from './features/on-tickets-recorded.ts';
import { onVerify } from './features/on-verify.ts';
import { ownApplications } from './features/own-applications.ts';
import { payFee } from './features/pay-fee.ts';
import { createPhoneCodes, sendPhoneCode } from './features/phone-code.ts';
import { createOwnershipProver, proveOwnership } from './features/prove-ownership.ts';
import { reviewApplication } from './features/review-application.ts';
import { shipTicket } from './features/ship-ticket.ts';
import { steerBatch } from './features/steer-batch.ts';
import { submitApplication } from './features/submit-application.ts';
import { markError } from './features/mark-error.ts';
import { COMPENSATION_NEWS, onCompensationTold } from './features/on-compensation-told.ts';
import { revealData } from './features/reveal-data.ts';
import { reviewSample } from './features/review-sample.ts';
import { tryPolicy } from './features/try-policy.ts';
import { watchDeadlines } from './features/watch-deadlines.ts';
import { sweepAttachments } from './features/sweep-attachments.ts';
import { policySpec } from './policy/policy.store.ts';
import { staffErrorSpec } from './staff-error/staff-error.store.ts';
import { problems } from './problems.ts';
import { openCodeTries } from './views/code-tries.store.ts';
import { openGateLists } from './views/gate-lists.store.ts';
import { openShownTickets } from './views/shown-tickets.store.ts';
import { openTickets } from './views/tickets.store.ts';

export type ReissueTestOptions = Pick<FoundationOptions, 'faults' | 'messagingFaults' | 'clock' | 'logger'> & {
  /** How often work that stands still is looked for. */
  readonly resumeEveryMs?: number;
  /** How often records whose time is over are looked for. */
  readonly eraseEveryMs?: number;
};

/** Every order of the platform comes by, and every ticket that is used: few writes for many of them. */
const RECORDED = { maxBatch: 100, lingerMs: 150 };
/** A case that waits for news of its ticket waits no longer than that. */
const CHANGED = { maxBatch: 50, lingerMs: 10 };
/** A check waits for somebody outside; several wait at once, and a slow one holds up no other. */
const CHECKS_AT_ONCE = 8;
const BUSY = { concurrency: 32, prefetch: 128 };

export async function run(config: Config, options: ReissueTestOptions = {}): Promise<Running> {
  const foundation = await openFoundation({ service: 'reissue', config, ...options });
  const { broker, database, vault, logger, clock, metrics } = foundation;

  const applications = await foundation.aggregate(applicationSpec);
  const policies = await foundation.aggregate(policySpec);
  const staffErrors = await foundation.aggregate(staffErrorSpec);
  const batches = await foundation.aggregate(batchSpec);
  const lines = await openBatchLines(database);
  const tickets = await openTickets(foundation);
  const lists = await openGateLists(database);
  const shownTickets = await openShownTickets(database);
  const openCases = await openOpenCases(database, applications);
  const attachments = { applications, bytes: await openAttachmentBytes(database) };
  const ids = createDerivedIds(foundation);
  const access = createApplicationAccess(vault.serviceKey('application-access'));
  metrics.setBreaker('identity-check', 'closed');
  const identityCheck = createIdentityCheck({
    url: config.IDENTITY_CHECK_URL,
    secret: config.IDENTITY_CHECK_SECRET,
    clock,
    onBreaker: (state) => {
      metrics.setBreaker('identity-check', state);
      logger.warn({ state }, 'the breaker to the identity check changed');
    },
  });
  const waiters = createWaiters({
    redisUrl: config.REDIS_URL,
    channel: `${config.BROKER_PREFIX}reissue.changed`,
    logger,
  });
  applications.onCommit((id, state) => {
    waiters.wake(state.status !== 'none' && state.batch !== undefined ? [id, state.batch.id] : [id]);
  });
  batches.onCommit((id) => {
    waiters.wake([id]);
  });
  const finder = createTicketFinder(foundation, tickets);
  const prover = createOwnershipProver(foundation, { applications, openCases, tickets });
  const phoneCodes = createPhoneCodes(foundation, await openCodeTries(database));

  await broker.consume({
    slice: 'on-tickets-recorded',
    definitions: [ticketsRecorded],
    ...RECORDED,
    handleBatch: onTicketsRecorded(foundation, tickets),
  });
  await broker.consume({
    slice: 'on-ticket-changed',
    definitions: TICKET_NEWS,
    handleBatch: onTicketChanged(foundation, { applications, tickets, ids }),
    ...CHANGED,
  });
  await broker.consume({
    slice: 'on-former-shown',
    definitions: [formerTicketShown],
    handle: onFormerShown(foundation, shownTickets),
    ...BUSY,
  });
  await broker.consume({
    slice: 'on-ticket-scanned',
    definitions: [ticketScanned],
    handleBatch: onTicketScanned(foundation, { applications, shownTickets }),
    ...CHANGED,
  });
  await broker.consume({
    slice: 'on-payment-told',
    definitions: PAYMENT_NEWS,
    handle: onPaymentTold(foundation, { applications, ids }),
    ...BUSY,
  });
  await broker.consume({
    slice: 'on-gate-synced',
    definitions: [gateSynced],
    handle: onGateSynced(foundation, { applications, lists }),
  });
  await broker.consume({
    slice: 'on-compensation-told',
    definitions: COMPENSATION_NEWS,
    handle: onCompensationTold(foundation, staffErrors),
  });
  await broker.consume({
    slice: 'on-verify',
    definitions: [verifyApplication],
    handle: onVerify(foundation, { applications, identityCheck, shownTickets, ids }),
    concurrency: CHECKS_AT_ONCE,
  });
  await broker.consume({
    slice: 'on-remind',
    definitions: [remindApplication],
    handle: onRemind(foundation, { applications, policies }),
  });
  const deadlines = watchDeadlines(foundation, { applications, policies });
  sweepAttachments(foundation, attachments);
  eraseOldCases(foundation, { ...attachments, policies, batches, lines, tickets }, options.eraseEveryMs);
  const toCases = createLinesToCases(foundation, { tickets, access });
  const carrying = { batches, lines, applications, openCases, tickets, toCases, ids, waiters };
  await broker.consume({
    slice: 'on-batch-work',
    definitions: [workBatch],
    handle: onBatchWork(foundation, carrying),
    // Lists take turns: their pace is one for all of them.
    singleActive: true,
  });
  resumeWork(foundation, 'resume-batches', batches, options.resumeEveryMs);
  foundation.onStop(() => identityCheck.stop());

  const own = await ownApplications(foundation, { ...attachments, policies }, options.eraseEveryMs);

  return foundation.serve({
    problems,
    bearers: [access.recogniser],
    waiters,
    routes: [
      submitApplication(foundation, { applications, policies, tickets, finder, openCases, access, prover, phoneCodes }),
      sendPhoneCode(foundation, { finder, phoneCodes }),
      ...own,
      listApplications(foundation, applications),
      getApplication(foundation, applications),
      addAttachment(foundation, attachments),
      ...getTicketChain(foundation, { applications, tickets, shownTickets }),
      ...getDossier(foundation, { applications, tickets, shownTickets }),
      ...getAttachments(foundation, attachments),
      proveOwnership(foundation, { applications, prover }),
      reviewApplication(foundation, { applications, ids }),
      ...applicantSteps(foundation, { applications, openCases }),
      payFee(foundation, { applications, waiters, production: config.NODE_ENV === 'production' }),
      shipTicket(foundation, applications),
      followEvents(foundation, { applications, batches, lines, waiters }),
      ...enterBatch(foundation, { applications, batches, lines, policies, waiters }),
      ...getBatches({ applications, batches, lines }),
      ...steerBatch(foundation, { applications, batches, lines }),
      ...managePolicy(foundation, policies, deadlines),
      tryPolicy(foundation, applications),
      revealData(foundation, applications),
      reviewSample(foundation, { applications, staffErrors }),
      ...markError(foundation, { applications, staffErrors, policies, ids }),
      getAnalysis(foundation, { applications, staffErrors }),
    ],
  });
}
