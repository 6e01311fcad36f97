// Tickets whose time is over expire (FIN-12, SAL-31): the price of who did not come is earned. One instance at a time sweeps, tenant by
// tenant, at the pace of background work; a ticket expires at most one interval and the length of a sweep late.
// two instances: a lease, and the right's version if that is lost · crash in the middle: what is expired has said so in its own write, the
// rest is found by the next round · a ticket that is being exchanged waits for the end of that (SAL-53) · a scan that is handed in afterwards counts as a use, its price stays earned (right.decider.ts).
import type { TenantId } from '@tongpiao/kernel';
import { Scope, type Filter } from '@tongpiao/persistence';
import { paced, STEP_TICKETS, type Foundation } from '@tongpiao/service-shell';
import { sparedSessions } from '../disruption/spared-sessions.ts';
import { exchanging } from '../order/exchanges-under-way.ts';
import type { Disruptions, Orders, Rights } from '../stores.ts';

/** The lease lasts three rounds; a sweep that takes longer ends, and the next round goes on. */
const ROUND_SHARE = 2;

type Spared = {
  readonly sessions: readonly string[];
  /** Of this sweep: they are not found again. */ readonly tickets: readonly string[];
};

export function expireTickets(
  foundation: Foundation,
  parts: { readonly rights: Rights; readonly orders: Orders; readonly disruptions: Disruptions },
  everyMs: number,
): void {
  const { clock, logger, tenants } = foundation;
  const origin = { by: 'service:sales', channel: 'timer', cause: 'expire-tickets', correlationId: 'expire-tickets' };

  async function expirePage(
    scope: Scope,
    at: string,
    spared: Spared,
  ): Promise<{ readonly expired: number; /** Looked at, and living. */ readonly left: readonly string[] }> {
    const overdue: Filter = {
      'state.status': { $in: ['issued', 'checked_in'] },
      'state.validUntil': { $lt: at },
      'state.sessionId': { $nin: spared.sessions },
      _id: { $nin: spared.tickets },
      // Who may still choose keeps the ticket; who came although there were fewer places has chosen.
      $or: [{ 'state.offer': { $exists: false } }, { 'state.offer.kind': 'reduced', 'state.status': 'checked_in' }],
    };
    const page = await parts.rights.find(scope, overdue, { sort: { 'state.validUntil': 1 }, limit: STEP_TICKETS });
    const leftAlone = await exchanging(parts.orders, scope, page);
    let expired = 0;
    const left: string[] = [];
    await paced(page, async ({ id }) => {
      try {
        const events = leftAlone.has(id)
          ? []
          : (await parts.rights.handle(scope, id, { type: 'ExpireTicket', at })).events;
        expired += events.length;
        if (events.length === 0) left.push(id);
      } catch (error) {
        left.push(id);
        logger.error({ err: error, rightId: id }, 'a ticket did not expire; the next round tries again');
      }
    });
    return { expired, left };
  }

  async function sweepTenant(scope: Scope, end: number): Promise<number> {
    let expired = 0;
    let tickets: readonly string[] = [];
    for (;;) {
      // Anew for each page: a session may be cancelled while a long sweep is under way.
      const sessions = await sparedSessions(parts.disruptions, scope);
      const page = await expirePage(scope, clock().toISOString(), { sessions, tickets });
      expired += page.expired;
      tickets = [...tickets, ...page.left];
      if (page.expired + page.left.length === 0 || performance.now() >= end) return expired;
    }
  }

  async function sweep(): Promise<void> {
    const end = performance.now() + everyMs * ROUND_SHARE;
    let expired = 0;
    for (const { tenantId } of tenants.all()) {
      try {
        expired += await sweepTenant(Scope.ofTenant(tenantId as TenantId, origin).inBackground(), end);
      } catch (error) {
        logger.error({ err: error, tenantId }, 'tickets of a tenant did not expire; the next round tries again');
      }
    }
    if (expired > 0) logger.info({ expired }, 'tickets have expired');
  }

  foundation.every('expire-tickets', everyMs, sweep, { lease: true });
}
