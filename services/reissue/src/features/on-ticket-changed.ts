// What happens to tickets at sales while this service has a copy, and perhaps an open case (REI-04): used, given back, exchanged, expired,
// frozen, replaced. The copy is guarded by the right's sequence; the case decides for itself what it makes of the news.
// Nearly all news is of tickets that were used: those of a batch are written and asked about together.
// duplicate: sequence and message id · late: an older sequence changes nothing · early: the copy takes what happens before what was
// sold; a case hears of its own ticket after it has asked · crash between copy and case: the message comes again, the copy says "known".
import {
  ticketExchanged,
  ticketExpired,
  ticketFreezeRefused,
  ticketFrozen,
  ticketRefunded,
  ticketReissued,
  ticketReissueRefused,
  ticketUsed,
} from '@tongpiao/contracts';
import { ContractBreach, fen } from '@tongpiao/kernel';
import { isMessage, type Outcome, type Received } from '@tongpiao/messaging';
import type { PersonalValue, Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import type { ApplicationCommand } from '../application/application.ts';
import type { DerivedIds } from '../application/derived-ids.ts';
import type { Applications } from '../stores.ts';
import type { Tickets } from '../views/tickets.store.ts';
import { findCases, findCasesOf } from './find-cases.ts';
import { workTogether } from './work-together.ts';

export const TICKET_NEWS = [
  ticketUsed,
  ticketRefunded,
  ticketExchanged,
  ticketExpired,
  ticketFrozen,
  ticketFreezeRefused,
  ticketReissued,
  ticketReissueRefused,
] as const;

/** REI-35 wants five. */
const SECONDS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 120];

type Parts = { readonly applications: Applications; readonly tickets: Tickets; readonly ids: DerivedIds };
type Ending = Extract<ApplicationCommand, { type: 'EndTicket' }>['how'];

export function onTicketChanged(
  foundation: Foundation,
  parts: Parts,
): (messages: readonly Received[]) => Promise<readonly Outcome[]> {
  const { applications, tickets, ids } = parts;
  const carriedOut = foundation.metrics.histogram(
    'reissue_carried_out_seconds',
    'From the decision until we have heard that gates with network refuse the old ticket (REI-35: within 5 s).',
    SECONDS,
  );

  async function handle(message: Received, applicationId: string, command: ApplicationCommand): Promise<void> {
    const scope = foundation.scopeOf(message.envelope);
    const { events } = await applications.handle(scope, applicationId, command, { messageId: message.envelope.id });
    for (const event of events) if (event.type === 'CaseReissued') carriedOut.observe(event.carriedOutMs / 1_000);
  }

  /** Whoever has an open case for the ticket learns that it has ended. */
  async function tellCase(
    message: Received,
    rightId: string,
    how: Ending,
    which: { readonly number?: string; readonly butFor?: string } = {},
  ): Promise<void> {
    const { number, butFor } = which;
    const at = foundation.clock().toISOString();
    for (const { id } of await findCases(applications, foundation.scopeOf(message.envelope), rightId))
      if (id !== butFor) await handle(message, id, { type: 'EndTicket', how, number, at });
  }

  /** Tickets of one tenant that have come to their end. */
  async function ended(endings: readonly Ended[]): Promise<void> {
    const [first] = endings;
    if (first === undefined) return;
    const scope = foundation.scopeOf(first.message.envelope);
    await Promise.all(
      endings.map(({ message, rightId, status }) =>
        tickets.happened(scope, rightId, { sequence: message.envelope.sequence, status }),
      ),
    );
    const rightIds = endings.map(({ rightId }) => rightId);
    const cases = Map.groupBy(await findCasesOf(applications, scope, rightIds), ({ rightId }) => rightId);
    const at = foundation.clock().toISOString();
    for (const { message, rightId, status: how } of endings)
      for (const { id } of cases.get(rightId) ?? []) await handle(message, id, { type: 'EndTicket', how, at });
  }

  /** REI-31: the copy's owner is from now on the person of the correction, under a key of the copy's own: erasing one leaves the other. */
  async function corrected(scope: Scope, applicationId: string, rightId: string, sequence: number): Promise<void> {
    const snapshot = await applications.load(scope, applicationId);
    if (snapshot?.key === undefined || snapshot.state.status === 'none') return;
    const { correction } = snapshot.state;
    if (correction === undefined) return;
    const { vault } = foundation;
    const [from, to] = [await vault.recordKey(scope, snapshot.key), await vault.newRecordKey(scope)];
    const own = (value: PersonalValue): PersonalValue => ({ ...value, sealed: to.seal(from.open(value.sealed)) });
    const { name, idType, idNumber } = correction;
    const traveller = { name: own(name), idType, idNumber: own(idNumber) };
    await tickets.correct(scope, rightId, { key: to.wrapped, traveller, sequence });
  }

  async function changed(message: Received): Promise<void> {
    const at = foundation.clock().toISOString();
    const scope = foundation.scopeOf(message.envelope);
    const { sequence, tenantid } = message.envelope;
    if (isMessage(message, ticketExchanged)) {
      const {
        rightId,
        ticketNumber: number,
        previousNumber,
        amount,
        exchangedAt,
        revision,
        startsAt,
        validUntil,
      } = message.envelope.data;
      const moved = {
        amount: fen(amount),
        ...(startsAt === undefined ? {} : { startsAt }),
        ...(validUntil === undefined ? {} : { validUntil }),
      };
      const known = revision === undefined ? {} : { revision };
      await tickets.replaced(scope, rightId, previousNumber, { how: 'exchanged', successor: number, at: exchangedAt });
      await tickets.happened(scope, rightId, { sequence, status: 'living', number, moved, ...known });
      await tellCase(message, rightId, 'exchanged', { number: previousNumber });
    } else if (isMessage(message, ticketFrozen))
      await handle(message, message.envelope.data.applicationId, { type: 'ConfirmFreeze', at });
    else if (isMessage(message, ticketFreezeRefused)) {
      const { applicationId, reason } = message.envelope.data;
      await handle(message, applicationId, { type: 'RefuseFreeze', reason, at });
    } else if (isMessage(message, ticketReissued)) {
      const {
        rightId,
        applicationId,
        previousNumber,
        revision,
        ticket,
        reissueCode: code,
        reissuedAt,
      } = message.envelope.data;
      const ended = { how: 'superseded', successor: ticket.number, at: reissuedAt, applicationId } as const;
      await tickets.replaced(scope, rightId, previousNumber, ended);
      await tickets.happened(scope, rightId, { sequence, status: 'living', number: ticket.number, revision });
      await corrected(scope, applicationId, rightId, sequence);
      await handle(message, applicationId, { type: 'ConfirmReissue', code, ticket, at: reissuedAt, heardAt: at });
      // REI-05: another application for the same ticket, which nobody had proven yet, is for a ticket that is dead.
      await tellCase(message, rightId, 'superseded', { number: previousNumber, butFor: applicationId });
    } else if (isMessage(message, ticketReissueRefused)) {
      const { applicationId, reissueCode: code, reason } = message.envelope.data;
      const refundId = ids.refundOf(tenantid, applicationId);
      await handle(message, applicationId, { type: 'RefuseReissue', code, reason, refundId, at });
    } else throw new ContractBreach('reissue.unexpected-message', message.definition.type);
  }

  return async (messages) => {
    /** What fails is tried again, and nothing else with it. */
    const outcomes = new Map<Received, Outcome>();
    const endings = messages.flatMap((message) => endingOf(message) ?? []);
    const known = new Set(endings.map(({ message }) => message));
    const byTenant = Map.groupBy(endings, ({ message }) => message.envelope.tenantid);
    await Promise.all([
      ...[...byTenant.values()].map(async (group) => {
        for (const [{ message }, failed] of await workTogether(group, ended)) outcomes.set(message, { failed });
      }),
      ...messages
        .filter((message) => !known.has(message))
        .map((message) =>
          changed(message).catch((error: unknown) => {
            outcomes.set(message, { failed: error });
          }),
        ),
    ]);
    return messages.map((message) => outcomes.get(message) ?? 'done');
  };
}

type Ended = {
  readonly message: Received;
  readonly rightId: string;
  readonly status: 'used' | 'refunded' | 'expired';
};

function endingOf(message: Received): Ended | undefined {
  if (isMessage(message, ticketUsed)) return { message, rightId: message.envelope.data.rightId, status: 'used' };
  if (isMessage(message, ticketRefunded))
    return { message, rightId: message.envelope.data.rightId, status: 'refunded' };
  if (isMessage(message, ticketExpired)) return { message, rightId: message.envelope.data.rightId, status: 'expired' };
  return undefined;
}
