// One step after the deadline (SAL-52): whoever has not chosen gets everything back that was not used. A ticket whose exchange is under way has chosen and
// is left alone until that is settled. The right decides; whatever came first, its entry, refund or exchange, stands. Of a reduced session (INV-20) only as many
// go as still have to, the newest first: others may have left by themselves. The rest keep their tickets, and hear of it.
import { DomainError } from '@tongpiao/kernel';
import type { Scope, Snapshot } from '@tongpiao/persistence';
import { paced, stepTickets, type Foundation } from '@tongpiao/service-shell';
import { exchanging } from '../order/exchanges-under-way.ts';
import type { RefundIds } from '../order/refund-ids.ts';
import { owed } from '../right/disrupted.policy.ts';
import type { RightCommand, RightState } from '../right/right.ts';
import type { Disruption } from './disruption.ts';
import { createKeep } from './keep.ts';
import { peopleToGo } from './still-to-go.ts';
import { isSold, type Sold, type TellParts } from './tell-step.ts';
import { undecidedFilter } from './undecided.ts';
import { behind, someUntold, upToPeople } from './untold.ts';

/** Each sets more going than telling does: money, places, books, messages. */
const AT_ONCE = 10;

type Page = readonly Sold[];

export function createReturnStep(foundation: Foundation, parts: TellParts & { readonly refundIds: RefundIds }) {
  const { clock, logger } = foundation;
  const { disruptions, rights, orders } = parts;
  const keep = createKeep(foundation, parts);

  async function giveBack(scope: Scope, id: string, rightId: string): Promise<void> {
    const refundId = parts.refundIds.ofDisruption(scope.tenantId, id, rightId);
    const at = clock().toISOString();
    const command = (state: RightState): RightCommand => {
      const share = state.status === 'none' || state.status === 'frozen' ? undefined : owed(state);
      if (share === undefined || state.status === 'none' || state.offer?.disruptionId !== id)
        throw new DomainError('sales.ticket-changed', 'The holder has chosen meanwhile.');
      return { type: 'RefundTicket', refund: { refundId, ...share, disruptionId: id, at } };
    };
    try {
      await rights.handle(scope, rightId, command);
    } catch (error) {
      if (error instanceof DomainError) return;
      // One ticket must not keep the money of all others: it is counted as undecided and tried again.
      logger.error({ err: error, disruptionId: id, rightId }, 'a ticket of a disrupted session was not given back');
    }
  }

  async function end(scope: Scope, id: string, disruption: Disruption): Promise<void> {
    const about = { step: disruption.step, at: clock().toISOString() };
    if (await someUntold(rights, scope, id, disruption))
      await disruptions.handle(scope, id, { type: 'FindLate', ...about });
    else {
      const waiting = await rights.count(scope, undecidedFilter(id, disruption.kind, ['frozen']));
      await disruptions.handle(scope, id, { type: 'EndReturning', waiting, ...about });
    }
  }

  /** Of a reduced session the newest go first, as they were told; the tickets of a cancelled one go in any order. */
  async function nextPage(
    scope: Scope,
    id: string,
    { kind, returnedTo }: Disruption,
  ): Promise<readonly Snapshot<RightState>[]> {
    const limit = stepTickets(parts.pulse.slowed());
    const offered = undecidedFilter(id, kind, []);
    if (kind === 'cancelled') {
      const after = returnedTo === undefined ? {} : { _id: { $gt: returnedTo } };
      return rights.find(scope, { ...offered, ...after }, { sort: { _id: 1 }, limit });
    }
    const last = returnedTo === undefined ? undefined : await rights.load(scope, returnedTo);
    const after =
      last === undefined || last.state.status === 'none' ? {} : behind({ soldAt: last.state.soldAt, id: last.id });
    const sort = { 'state.soldAt': -1, _id: 1 } as const;
    return rights.find(scope, { ...offered, ...after }, { sort, limit });
  }

  /** INV-20: as many as still have to go, less those who are leaving by an exchange. */
  async function whoGoes(
    scope: Scope,
    disruption: Disruption,
    page: Page,
    leftAlone: ReadonlySet<string>,
  ): Promise<ReadonlySet<string>> {
    const undecided = page.filter((ticket) => !leftAlone.has(ticket.id));
    if (disruption.kind === 'cancelled') return new Set(undecided.map((ticket) => ticket.id));
    const leaving = page.reduce((sum, { id, state }) => sum + (leftAlone.has(id) ? state.admits : 0), 0);
    const wanted = (await peopleToGo(parts, scope, disruption)) - leaving;
    return new Set(upToPeople(undecided, wanted).map((ticket) => ticket.id));
  }

  return async (scope: Scope, id: string, disruption: Disruption): Promise<void> => {
    const { kind, step } = disruption;
    const page = (await nextPage(scope, id, disruption)).filter(isSold);
    if (page.length === 0) {
      await end(scope, id, disruption);
      return;
    }
    const leftAlone = await exchanging(orders, scope, page);
    const goes = await whoGoes(scope, disruption, page, leftAlone);
    // Whoever keeps several tickets of one order hears it once.
    const units =
      kind === 'cancelled'
        ? page.map((ticket) => [ticket])
        : [...Map.groupBy(page, ({ state }) => state.orderId).values()];
    const begun = await paced(
      units,
      async (tickets) => {
        for (const ticket of tickets) if (goes.has(ticket.id)) await giveBack(scope, id, ticket.id);
        await keep(
          scope,
          { ...disruption, id },
          tickets.filter((ticket) => !goes.has(ticket.id) && !leftAlone.has(ticket.id)),
        );
      },
      { atOnce: AT_ONCE, ...parts.pulse },
    );
    const last = begun === units.length ? page.at(-1) : (units[begun - 1] ?? units[0])?.at(-1);
    const at = clock().toISOString();
    if (last !== undefined)
      await disruptions.handle(scope, id, { type: 'FinishReturning', step, returnedTo: last.id, at });
  };
}
