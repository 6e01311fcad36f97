// PLA-12: tickets and orders that nothing has happened to for as many years as the tenant keeps them, and that have long been over, keep their
// figures and nobody: who bought, who travelled, how they were reached. Claims on a document, a telephone or an address go with them.
// `eraseWhatIsOver` says what happens when.
import type { Filter, Scope } from '@tongpiao/persistence';
import { eraseWhatIsOver, ordersKeptYearsOf, type Foundation, type KeptRecords } from '@tongpiao/service-shell';
import type { Claims } from '../claim/claim.store.ts';
import type { Orders, RefundExceptions, Rights } from '../stores.ts';

type Parts = {
  readonly orders: Orders;
  readonly rights: Rights;
  readonly exceptions: RefundExceptions;
  readonly claims: Claims;
};
/** An order has at most 20 lines of at most 500 places. */
const OF_ORDER_MAX = 10_000;

export function eraseOldOrders(foundation: Foundation, parts: Parts, everyMs?: number): void {
  const { orders, rights, exceptions, claims } = parts;
  const yearsOf: KeptRecords['yearsOf'] = (scope) => ordersKeptYearsOf(foundation, scope);
  /** A ticket may be good for years: then its years begin when it is not any more. */
  const kept = (kind: string, records: Orders | Rights, untilPaths: readonly string[]): KeptRecords => ({
    ...{ kind, yearsOf },
    async over(scope, before, limit) {
      const then = before.toISOString();
      const ended = untilPaths.map((path) => [path, { $not: { $gte: then } }] as const);
      const old: Filter = { key: { $exists: true }, changedAt: { $lt: before }, ...Object.fromEntries(ended) };
      const found = await records.find(scope, old, { sort: { changedAt: 1 }, limit });
      return found.map(({ id }) => id);
    },
    erase: async (scope, id) => ((await records.erase(scope, id)) === 'erased' ? {} : undefined),
  });
  /** What has no key of its own goes with the order: its holder stands in journals all the same. @returns false where something cannot be yet */
  async function eraseAround(scope: Scope, orderId: string): Promise<boolean> {
    const nameless = { 'state.orderId': orderId, key: { $exists: false } };
    for (const { id } of await rights.find(scope, nameless, { limit: OF_ORDER_MAX }))
      if ((await rights.erase(scope, id)) === 'not-yet') return false;
    for (const { id } of await exceptions.find(scope, { 'state.orderId': orderId }, { limit: OF_ORDER_MAX }))
      if ((await exceptions.erase(scope, id)) === 'not-yet') return false;
    return true;
  }
  const claimed: KeptRecords = {
    ...{ kind: 'claims', yearsOf },
    over: (scope, before, limit) => claims.idle(scope, before, limit),
    async erase(scope, id, before) {
      return (await claims.forget(scope, id, before)) ? {} : undefined;
    },
  };
  const kinds = [
    {
      ...kept('orders', orders, ['state.lines.validUntil', 'state.exchanges.line.validUntil']),
      erase: async (scope: Scope, id: string) =>
        (await eraseAround(scope, id)) && (await orders.erase(scope, id)) === 'erased' ? {} : undefined,
    },
    kept('rights', rights, ['state.validUntil']),
    claimed,
  ];
  eraseWhatIsOver(foundation, kinds, everyMs);
}
