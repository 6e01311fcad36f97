// Tickets whose time is over expire (FIN-12, SAL-31): the price of who did not come is earned. One instance at a time sweeps, tenant by
// tenant, at the pace of background work; a ticket expires at most one interval and the length of a sweep late.
// two instances: a lease, and the right's version if that is lost · crash in the middle: what is expired has said so in its own write, the
// rest is found by the next round · a scan that is handed in afterwards counts as a use, its price stays earned (right.decider.ts).
import type { TenantId } from '@tongpiao/kernel';
import { Scope, type Filter } from '@tongpiao/persistence';
import { paced, STEP_TICKETS, type Foundation } from '@tongpiao/service-shell';
import type { Disruptions, Rights } from '../stores.ts';

/** The lease lasts three rounds; a sweep that takes longer ends, and the next round goes on. */
const ROUND_SHARE = 2;
/** Sessions of one tenant that are being cancelled at the same time: a whole site that closes for a month. */
const DISRUPTED_MAX = 1_000;

export function expireTickets(
  foundation: Foundation,
  parts: { readonly rights: Rights; readonly disruptions: Disruptions },
  everyMs: number,
): void {
  const { clock, logger, tenants } = foundation;
  const origin = { by: 'service:sales', channel: 'timer', cause: 'expire-tickets', correlationId: 'expire-tickets' };

  /** Holders who are about to be offered their money must not lose it to the end of the session. */
  async function spared(scope: Scope): Promise<readonly string[]> {
    const working = { 'state.status': { $in: ['telling', 'open', 'returning'] } };
    const found = await parts.disruptions.find(scope, working, { limit: DISRUPTED_MAX });
    return found.flatMap(({ state }) =>
      state.status !== 'none' && (state.kind === 'cancelled' || state.status === 'telling') ? [state.sessionId] : [],
    );
  }

  /** @returns how many expired, fewer than a page at the end */
  async function expirePage(scope: Scope, at: string, sessions: readonly string[]): Promise<number> {
    const overdue: Filter = {
      'state.status': { $in: ['issued', 'checked_in'] },
      'state.validUntil': { $lt: at },
      'state.sessionId': { $nin: sessions },
      // Who may still choose keeps the ticket; who came although there were fewer places has chosen.
      $or: [{ 'state.offer': { $exists: false } }, { 'state.offer.kind': 'reduced', 'state.status': 'checked_in' }],
    };
    const page = await parts.rights.find(scope, overdue, { sort: { 'state.validUntil': 1 }, limit: STEP_TICKETS });
    let expired = 0;
    await paced(page, async ({ id }) => {
      try {
        const { events } = await parts.rights.handle(scope, id, { type: 'ExpireTicket', at });
        expired += events.length;
      } catch (error) {
        logger.error({ err: error, rightId: id }, 'a ticket did not expire; the next round tries again');
      }
    });
    return expired;
  }

  async function sweep(): Promise<void> {
    const end = performance.now() + everyMs * ROUND_SHARE;
    let expired = 0;
    for (const { tenantId } of tenants.all()) {
      const scope = Scope.ofTenant(tenantId as TenantId, origin);
      const sessions = await spared(scope);
      for (;;) {
        const now = await expirePage(scope, clock().toISOString(), sessions);
        expired += now;
        if (now === 0 || performance.now() >= end) break;
      }
    }
    if (expired > 0) logger.info({ expired }, 'tickets have expired');
  }

  foundation.every('expire-tickets', everyMs, sweep, { lease: true });
}
