// A ticket that has entries left was held up at a gate (REI-11): kept until somebody applies for a new one, because whoever says that it is
// lost does not go in with it; and told to its open cases.
// duplicate: the message's id, and counts that are known · late: a case that is decided says "-" · early: each record stands by itself,
// whatever is known of the ticket · crash between record and case: the message comes again · two instances: one of them inserts.
import { ticketScanned } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import type { Applications } from '../stores.ts';
import type { ShownTickets } from '../views/shown-tickets.store.ts';
import { findCases } from './find-cases.ts';

type Parts = { readonly applications: Applications; readonly shownTickets: ShownTickets };

export function onTicketScanned(foundation: Foundation, parts: Parts): (message: Received) => Promise<void> {
  return async (message) => {
    if (!isMessage(message, ticketScanned))
      throw new ContractBreach('reissue.unexpected-message', message.definition.type);
    const { envelope } = message;
    const { rightId, ticketNumber: number, gateId, decided, scannedAt } = envelope.data;
    const scope = foundation.scopeOf(envelope);
    const shown = { rightId, number, gateId, decided, living: true, at: new Date(scannedAt).toISOString() } as const;
    await parts.shownTickets.record(scope, envelope.id, shown);
    for (const { id } of await findCases(parts.applications, scope, rightId))
      await countScans(foundation, parts, scope, { id, rightId });
  };
}

/** Absolute figures: whoever counts last knows all of them. */
export async function countScans(
  { clock }: Pick<Foundation, 'clock'>,
  { applications, shownTickets }: Parts,
  scope: Scope,
  { id, rightId }: { readonly id: string; readonly rightId: string },
): Promise<void> {
  const counted = await shownTickets.countOf(scope, rightId);
  await applications.handle(scope, id, { type: 'CountScans', ...counted, at: clock().toISOString() });
}
