// Which lanes there are and how wide they are. The message centre's window of 50 is shared: receipts may fill 28 of it and mass sends 12,
// so that a code always finds a place at once (NOT-08). Mail shares 12 connections in the same way. Mass sends have a pace of their own,
// and yield while receipts wait.
import type { Logger } from 'pino';
import type { MailProvider, SmsProvider } from '../adapters/providers.ts';
import type { LaneName, Submission } from '../message/message.ts';
import { createLane, type Job, type Lane, type LaneOptions, type SendingFaults } from './lane.ts';
import type { ResultWriter } from './result-writer.ts';

type Carrier<Provider> = { readonly provider: Provider; readonly submit: (job: Job) => Promise<Submission> };

const WIDTHS: Readonly<Record<LaneName, { concurrency: number; line: number }>> = {
  sms: { concurrency: 28, line: 14 },
  // A mail server answers within some 10 ms: 300 are gone within a second.
  email: { concurrency: 7, line: 42 },
  'code-sms': { concurrency: 10, line: 10 },
  'code-email': { concurrency: 10, line: 10 },
  'bulk-sms': { concurrency: 12, line: 3 },
  'bulk-email': { concurrency: 3, line: 12 },
};

export function openLanes(parts: {
  sms: Carrier<SmsProvider>;
  mail: Carrier<MailProvider>;
  results: ResultWriter;
  clock: () => Date;
  logger: Logger;
  faults: SendingFaults | undefined;
  answerWithinMs: number;
  /** Of each kind of mass message. */
  bulkPerSecond: number;
}): Readonly<Record<LaneName, Lane>> {
  const { results, clock, logger, faults, bulkPerSecond: perSecond } = parts;
  const open = (
    name: LaneName,
    { provider, submit }: Carrier<SmsProvider | MailProvider>,
    behind?: Pick<LaneOptions, 'perSecond' | 'yields'>,
  ): Lane =>
    createLane({
      name,
      ...WIDTHS[name],
      submit,
      healthy: () => provider.healthy(),
      done: (held, command) => results.add(held, command),
      unwritten: () => results.unwritten(),
      clock,
      logger,
      faults,
      // A submission that begins this late has the rest of the time for all its parts.
      beginWithinMs: parts.answerWithinMs / 3,
      ...behind,
    });
  const sms = open('sms', parts.sms);
  const email = open('email', parts.mail);
  return {
    sms,
    email,
    'code-sms': open('code-sms', parts.sms),
    'code-email': open('code-email', parts.mail),
    'bulk-sms': open('bulk-sms', parts.sms, { perSecond, yields: () => sms.crowded() }),
    'bulk-email': open('bulk-email', parts.mail, { perSecond, yields: () => email.crowded() }),
  };
}
