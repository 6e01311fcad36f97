// GET …/ticket-chain and …/ticket-chain.svg: the tickets of the case's right, old ↔ new ↔ newer, with every attempt to use a dead one
// (REI-34), for staff who may see the case and for auditors.
import { DomainError } from '@tongpiao/kernel';
import type { Scope } from '@tongpiao/persistence';
import { rawBody, route, type Foundation, type RequestContext, type Route } from '@tongpiao/service-shell';
import { seenByStaffOrAuditor, STAFF_OR_AUDITOR } from '../access/may-see-application.ts';
import { chainView, gateNames, viewChain, type ChainView } from '../lineage/chain-view.ts';
import { chainSvg } from '../lineage/draw-chain.ts';
import { localTimes } from '../lineage/local-times.ts';
import { ticketChain } from '../lineage/ticket-chain.ts';
import type { Applications } from '../stores.ts';
import type { ShownTickets } from '../views/shown-tickets.store.ts';
import type { Tickets } from '../views/tickets.store.ts';

export type ChainParts = {
  readonly applications: Applications;
  readonly tickets: Tickets;
  readonly shownTickets: ShownTickets;
};

const PATH = '/api/v1/reissue-applications/:id';
/** Of one right, in all its life. */
const APPLICATIONS_MAX = 200;

export async function chainOf(
  foundation: Foundation,
  { applications, tickets, shownTickets }: ChainParts,
  scope: Scope,
  rightId: string,
): Promise<ChainView> {
  const [ticket, numbers, found, shown] = await Promise.all([
    tickets.onFile(scope, rightId),
    tickets.numbersOf(scope, rightId),
    applications.find(
      scope,
      { 'state.ticket.rightId': rightId },
      { sort: { 'state.submittedAt': 1 }, limit: APPLICATIONS_MAX },
    ),
    shownTickets.ofRight(scope, rightId),
  ]);
  if (ticket === undefined) throw new DomainError('platform.not-found', 'Nothing is known of this ticket.');
  const chain = ticketChain({ ticket, numbers, applications: found, shown });
  return viewChain(chain, ticket.sold, gateNames(foundation, scope.tenantId));
}

export function getTicketChain(foundation: Foundation, parts: ChainParts): readonly Route[] {
  async function asked(context: RequestContext<{ id: string }>): Promise<{ view: ChainView; timeZone: string }> {
    const { applications } = parts;
    const seen = await seenByStaffOrAuditor(context, applications, foundation.clock(), context.params.id);
    const { timeZone } = foundation.tenants.require(seen.scope.tenantId);
    return { view: await chainOf(foundation, parts, seen.scope, seen.application.ticket.rightId), timeZone };
  }
  const about = { method: 'get', tags: ['reissue'], access: STAFF_OR_AUDITOR } as const;
  const headers = { 'Cache-Control': 'private, no-store' };
  return [
    route({
      ...about,
      path: `${PATH}/ticket-chain` as const,
      summary: 'The tickets behind an application, old to new, with every attempt to use a dead one.',
      responses: { 200: chainView },
      handler: async (context) => ({ status: 200, body: (await asked(context)).view, headers }),
    }),
    route({
      ...about,
      path: `${PATH}/ticket-chain.svg` as const,
      summary: 'The same as a picture.',
      responses: { 200: rawBody('image/svg+xml', 'Nothing in it runs or is fetched.') },
      async handler(context) {
        const { view, timeZone } = await asked(context);
        return { status: 200, raw: chainSvg(view, localTimes(timeZone)), contentType: 'image/svg+xml', headers };
      },
    }),
  ];
}
