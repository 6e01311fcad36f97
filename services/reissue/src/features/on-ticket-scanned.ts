// A ticket that has entries left was held up at a gate (REI-11): kept until somebody applies for a new one, because whoever says that it is
// lost does not go in with it; and told to its open cases. In batches, because a park's guests go in and out all day.
// duplicate: the message's id, and counts that are known · late: a case that is decided says "-" · early: each record stands by itself,
// whatever is known of the ticket · crash between record and case: the message comes again · two instances: one of them inserts.
import { ticketScanned } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Outcome, type Received } from '@tongpiao/messaging';
import type { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import type { Applications } from '../stores.ts';
import type { ShownTickets } from '../views/shown-tickets.store.ts';
import { findCasesOf } from './find-cases.ts';
import { workTogether } from './work-together.ts';

type Parts = { readonly applications: Applications; readonly shownTickets: ShownTickets };

export function onTicketScanned(
  foundation: Foundation,
  parts: Parts,
): (messages: readonly Received[]) => Promise<readonly Outcome[]> {
  async function keep(scope: Scope, message: Received): Promise<string> {
    if (!isMessage(message, ticketScanned))
      throw new ContractBreach('reissue.unexpected-message', message.definition.type);
    const { id, data } = message.envelope;
    const { rightId, ticketNumber: number, gateId, decided, scannedAt } = data;
    const shown = { rightId, number, gateId, decided, living: true, at: new Date(scannedAt).toISOString() } as const;
    await parts.shownTickets.record(scope, id, shown);
    return rightId;
  }

  /** Scans of one tenant. */
  async function counted(messages: readonly Received[]): Promise<void> {
    const [first] = messages;
    if (first === undefined) return;
    const scope = foundation.scopeOf(first.envelope);
    const rightIds = await Promise.all(messages.map((message) => keep(scope, message)));
    for (const found of await findCasesOf(parts.applications, scope, [...new Set(rightIds)]))
      await countScans(foundation, parts, scope, found);
  }

  return async (messages) => {
    const byTenant = Map.groupBy(messages, ({ envelope }) => envelope.tenantid);
    const groups = await Promise.all([...byTenant.values()].map((group) => workTogether(group, counted)));
    const failed = new Map(groups.flatMap((group) => [...group]));
    return messages.map((message) => (failed.has(message) ? { failed: failed.get(message) } : 'done'));
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
