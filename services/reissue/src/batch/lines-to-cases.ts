// What a line of a list comes to, by what is known of its ticket (REI-53): refused, and why, or the facts of a case. Lines are looked at
// when the list is checked, and again when their turn comes; what happens between that and its own decision, sales refuses.
import { DomainError, parseTicketNumber } from '@tongpiao/kernel';
import type { PersonalValue, RecordKey, Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import type { ApplicationAccess } from '../access/application-access.ts';
import type { CaseFacts, Person } from '../application/application.ts';
import { copiedFacts, correctedPerson } from '../features/case-facts.ts';
import { endedHow, refusalOf } from '../features/find-ticket.ts';
import type { KnownTicket, Tickets } from '../views/tickets.store.ts';
import type { Batch } from './batch.ts';
import type { BatchLine } from './batch-lines.store.ts';

/** `ticket` with `refused`: there is one, but it cannot be reissued by this number. */
export type Judged =
  | { readonly ticket: KnownTicket; readonly refused?: undefined }
  /** There is one, but it cannot be reissued, or not by this number. */
  | { readonly ticket: KnownTicket; readonly refused: string }
  | { readonly ticket?: undefined; readonly refused: string };

type Making = {
  readonly scope: Scope;
  readonly batchId: string;
  readonly batch: Batch;
  /** Opens what the line says. */
  readonly batchKey: RecordKey;
  readonly line: BatchLine;
  readonly ticket: KnownTicket;
  readonly reissues: number;
  readonly applicationId: string;
  readonly recordKey: RecordKey;
  readonly now: Date;
};

export type LinesToCases = {
  /** Reads that are asked for together travel together: ask for many lines at once. */
  judge(scope: Scope, line: BatchLine, now: Date): Promise<Judged>;
  /** @throws DomainError that says why the line cannot be carried out */
  factsOf(making: Making): Promise<CaseFacts>;
};

export function createLinesToCases(
  foundation: Foundation,
  { tickets, access }: { readonly tickets: Tickets; readonly access: ApplicationAccess },
): LinesToCases {
  async function correctionOf(
    { scope, batchKey, line, recordKey: key, now }: Making,
    traveller: Person | undefined,
  ): Promise<Person | undefined> {
    if (line.correction === undefined) return undefined;
    if (traveller === undefined) throw new DomainError('reissue.no-traveller', 'No name is kept with this ticket.');
    const { name, idType, idNumber } = line.correction;
    const open = (value: PersonalValue): string => batchKey.open(value.sealed);
    const corrected = await correctedPerson(
      foundation,
      { scope, traveller, key, now },
      {
        ...(name === undefined ? {} : { name: open(name) }),
        ...(idType === undefined ? {} : { idType }),
        ...(idNumber === undefined ? {} : { idNumber: open(idNumber) }),
      },
    );
    if (corrected === undefined)
      throw new DomainError('reissue.batch-correction-invalid', 'The corrected document is none.');
    return corrected;
  }

  return {
    async judge(scope, line, now) {
      const parsed = parseTicketNumber(line.number);
      const asked = parsed.ok ? await tickets.byNumber(scope, parsed.number) : undefined;
      const ticket = asked === undefined ? undefined : await tickets.byRight(scope, asked.rightId);
      if (asked === undefined || ticket === undefined) return { refused: 'reissue.ticket-not-found' };
      const how = endedHow(ticket, asked, now);
      return how === undefined ? { ticket } : { ticket, refused: refusalOf(how) };
    },

    async factsOf(making) {
      const { scope, batchId, batch, line, ticket, reissues, applicationId, recordKey, now } = making;
      const copied = await copiedFacts(foundation, { scope, ticket, reissues, recordKey });
      const { traveller, contact } = copied;
      const correction = await correctionOf(making, traveller);
      return {
        kind: correction === undefined ? 'replacement' : 'correction',
        reason: 'system-fault',
        channel: 'batch',
        language: ticket.sold.language,
        ...copied,
        ...(correction === undefined ? {} : { correction }),
        enteredBy: batch.enteredBy,
        batch: { id: batchId, line: line.line },
        personIndex: traveller?.idNumber.index ?? contact.phone.index ?? applicationId,
        // Nobody's address: the list came from ours.
        addressIndex: await foundation.vault.blindIndex(scope, 'address', batchId),
        accessHash: access.hashOf(access.tokenOf(applicationId, scope.tenantId)),
        submittedAt: now.toISOString(),
        policy: batch.policy,
      };
    },
  };
}
