// Which lanes there are and how wide they are. The message centre's window of 50 is shared: receipts may fill 40 of it, so that a code
// always finds a place at once (NOT-08). Mail shares 12 connections in the same way.
import type { Logger } from 'pino';
import type { MailProvider, SmsProvider } from '../adapters/providers.ts';
import type { LaneName, Submission } from '../message/message.ts';
import { createLane, type Job, type Lane, type SendingFaults } from './lane.ts';
import type { ResultWriter } from './result-writer.ts';

type Carrier<Provider> = { readonly provider: Provider; readonly submit: (job: Job) => Promise<Submission> };

const WIDTHS: Readonly<Record<LaneName, { concurrency: number; line: number }>> = {
  sms: { concurrency: 40, line: 10 },
  // A mail server answers within some 10 ms: 300 are gone within a second.
  email: { concurrency: 10, line: 30 },
  'code-sms': { concurrency: 10, line: 10 },
  'code-email': { concurrency: 10, line: 10 },
};

export function openLanes(parts: {
  sms: Carrier<SmsProvider>;
  mail: Carrier<MailProvider>;
  results: ResultWriter;
  clock: () => Date;
  logger: Logger;
  faults: SendingFaults | undefined;
  answerWithinMs: number;
}): Readonly<Record<LaneName, Lane>> {
  const { results, clock, logger, faults } = parts;
  const open = (name: LaneName, { provider, submit }: Carrier<SmsProvider | MailProvider>): Lane =>
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
    });
  return {
    sms: open('sms', parts.sms),
    'code-sms': open('code-sms', parts.sms),
    email: open('email', parts.mail),
    'code-email': open('code-email', parts.mail),
  };
}
