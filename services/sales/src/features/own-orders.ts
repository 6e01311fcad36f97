// PLA-12 for signed-in buyers: a copy of their orders and tickets in plain, and erasing those that never became a purchase. What was bought is
// kept for as long as the law wants it, and what is under way until it is over.
import { orderStatusSchema, ticketStatusSchema } from '@tongpiao/contracts';
import type { TenantId } from '@tongpiao/kernel';
import { Scope, type PersonalValue, type RecordKey } from '@tongpiao/persistence';
import {
  openOwnRecords,
  ordersKeptYearsOf,
  type Foundation,
  type KeptFor,
  type OwnRecords,
  type Route,
} from '@tongpiao/service-shell';
import { z } from 'zod';
import type { Claims } from '../claim/claim.store.ts';
import { documentKeys } from '../claim/document-claims.ts';
import { unpaidKeys } from '../claim/unpaid-keys.ts';
import { money } from '../order/order-view.ts';
import type { LiveOrder } from '../order/order.ts';
import type { Orders, OrderSnapshot, Rights } from '../stores.ts';

const person = z.object({ name: z.string(), idType: z.string(), idNumber: z.string() });
const copy = z.object({
  id: z.string(),
  tenantId: z.string(),
  status: orderStatusSchema,
  placedAt: z.string(),
  total: money,
  contact: z.object({ name: z.string(), phone: z.string(), email: z.string().optional() }),
  lines: z.array(z.object({ product: z.string(), date: z.string(), travellers: z.array(person) })),
  tickets: z.array(
    z.object({
      number: z.string(),
      status: ticketStatusSchema,
      traveller: person.optional(),
      uses: z.array(z.object({ at: z.string(), gateId: z.string() })),
    }),
  ),
});
type Copy = z.input<typeof copy>;

type Parts = { readonly orders: Orders; readonly rights: Rights; readonly claims: Claims };
/** An order has at most 20 lines of at most 500 places. */
const RIGHTS_MAX = 2_000;

export function ownOrders(foundation: Foundation, parts: Parts, finishEveryMs?: number): Promise<readonly Route[]> {
  const { orders, claims } = parts;
  const live = async (scope: Scope, id: string): Promise<LiveOrder | undefined> => {
    const state = (await orders.load(scope, id))?.state;
    return state === undefined || state.status === 'none' ? undefined : state;
  };
  const own: OwnRecords<typeof copy> = {
    ...{ path: '/api/v1/own-orders', name: 'orders', copy },
    async copies(looking, userId, after, limit) {
      const filter = { 'state.userId': userId, _id: { $gt: after } };
      const found = await orders.find(looking, filter, { sort: { _id: 1 }, limit });
      const copied: (readonly [string, Copy])[] = [];
      for (const snapshot of found) {
        const { state } = snapshot;
        const scope = Scope.ofTenant(snapshot.tenantId as TenantId, looking.origin);
        if (state.status !== 'none') copied.push([snapshot.id, await copyOf(parts, scope, snapshot, state)]);
      }
      return copied;
    },
    find: (looking, userId, limit) => orders.find(looking, { 'state.userId': userId }, { sort: { _id: 1 }, limit }),
    async kept(scope, id) {
      const order = await live(scope, id);
      return order === undefined ? undefined : keptFor(order, ordersKeptYearsOf(foundation, scope));
    },
    async erase(scope, id) {
      const order = await live(scope, id);
      if (order !== undefined) await claims.letGo(scope, id, claimKeysOf(order));
      return (await orders.erase(scope, id)) !== 'not-yet';
    },
  };
  return openOwnRecords(foundation, own, finishEveryMs);
}

async function copyOf(
  { orders, rights }: Parts,
  scope: Scope,
  snapshot: OrderSnapshot,
  order: LiveOrder,
): Promise<Copy> {
  const key = await orders.recordKey(scope, snapshot);
  const found = await rights.find(scope, { 'state.orderId': snapshot.id }, { limit: RIGHTS_MAX });
  const tickets: Copy['tickets'] = [];
  for (const right of found) {
    if (right.state.status === 'none') continue;
    const { number, status, traveller, uses } = right.state;
    const named = traveller === undefined ? {} : { traveller: opened(await rights.recordKey(scope, right), traveller) };
    tickets.push({ number, status, ...named, uses: uses.map(({ at, gateId }) => ({ at, gateId })) });
  }
  const { name, phone, email } = order.contact;
  return {
    ...{ id: snapshot.id, tenantId: scope.tenantId, status: order.status, placedAt: order.placedAt, tickets },
    total: { amount: order.total, currency: 'CNY' },
    contact: {
      ...{ name: key.open(name.sealed), phone: key.open(phone.sealed) },
      ...(email === undefined ? {} : { email: key.open(email.sealed) }),
    },
    lines: order.lines.map(({ productName, date, travellers }) => ({
      ...{ product: productName.zh, date },
      travellers: travellers.map((one) => opened(key, one)),
    })),
  };
}

type Sealed = { readonly name: PersonalValue; readonly idType: string; readonly idNumber: PersonalValue };
function opened(key: RecordKey, { name, idType, idNumber }: Sealed): z.input<typeof person> {
  return { name: key.open(name.sealed), idType, idNumber: key.open(idNumber.sealed) };
}

/** What was never bought is no transaction; money that may still come or go makes an order unfinished. */
export function keptFor(order: LiveOrder, years: number): KeptFor | undefined {
  const { payments, refunds, status } = order;
  const moves = [...payments, ...refunds].some((one) => one.status === 'requested' || one.status === 'opened');
  const ended = 'tickets' in order || status === 'rejected' || status === 'expired' || status === 'cancelled';
  if (!ended || moves) return { why: 'not-over' };
  if (!('tickets' in order) && payments.every((one) => one.status !== 'captured')) return undefined;
  const places = [...order.lines, ...order.exchanges.map(({ line }) => line)];
  const notBefore = new Date(
    Math.max(...[order.placedAt, ...places.map(({ validUntil }) => validUntil)].map(Date.parse)),
  );
  notBefore.setUTCFullYear(notBefore.getUTCFullYear() + years);
  return { why: 'law', notBefore: notBefore.toISOString() };
}

function claimKeysOf(order: LiveOrder): readonly string[] {
  const ofDocuments = order.lines.flatMap((line) =>
    line.travellers.flatMap(({ idNumber: { index = '' } }) => Object.values(documentKeys(line, index))),
  );
  return [...ofDocuments, ...Object.values(unpaidKeys(order))];
}
