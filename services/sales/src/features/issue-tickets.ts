// A paid order gets its tickets: rights are stored first, then the order says that it is fulfilled. Ids and numbers follow from the
// order, so doing it again after a crash makes the same tickets, not more (SAL-30). The order's timer takes it up again if need be.
import { formatId, ticketNumberOf, type Id, type TenantId, type TicketNumber } from '@tongpiao/kernel';
import { mac, type RecordKey, type Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import type { LiveOrder, OrderLine, TicketReference, ToldTicket, Traveller } from '../order/order.ts';
import { placeOf } from '../right/place.ts';
import type { RightFacts } from '../right/right.ts';
import { signedQr } from '../right/ticket-qr.ts';
import type { Orders, Rights } from '../stores.ts';
import type { TicketKeys } from '../ticket-keys/ticket-keys.store.ts';

export type TicketIssuer = (scope: Scope, orderId: string) => Promise<void>;

type Parts = { readonly orders: Orders; readonly rights: Rights; readonly keys: TicketKeys };
type SoldPlace = {
  readonly line: OrderLine;
  readonly traveller: Traveller | undefined;
  readonly rightId: Id<'Right'>;
  readonly number: TicketNumber;
};

export function createTicketIssuer(foundation: Foundation, parts: Parts): TicketIssuer {
  const { vault, clock } = foundation;
  const key = vault.serviceKey('right-ids');

  function placesOf(orderId: string, tenantId: TenantId, order: LiveOrder): SoldPlace[] {
    return order.lines.flatMap((line) =>
      Array.from({ length: line.quantity }, (_, index): SoldPlace => {
        const bytes = mac(key, `${orderId}|${line.lineId}|${index}`);
        return {
          line,
          traveller: line.travellers[index],
          rightId: formatId<'Right'>('rgt', tenantId, bytes.subarray(0, 15)),
          number: ticketNumberOf(tenantId, bytes.subarray(16, 28)),
        };
      }),
    );
  }

  return async (scope, orderId) => {
    const recalled = await parts.orders.recall(scope, orderId);
    const snapshot = recalled?.state.status === 'paid' ? recalled : await parts.orders.load(scope, orderId);
    if (snapshot?.state.status !== 'paid') return;
    const order = snapshot.state;
    const places = placesOf(orderId, scope.tenantId, order);
    const named = places.some(({ traveller }) => traveller !== undefined);
    const orderKey = named ? await parts.orders.recordKey(scope, snapshot) : undefined;
    const told: ToldTicket[] = [];
    const items = await Promise.all(
      places.map(async (place) => {
        const { line, rightId, number } = place;
        const qr = signedQr(parts.keys, line, { tenantId: scope.tenantId, rightId, number, revision: 1 }, clock());
        told.push({ number, lineId: line.lineId, qr });
        // Each right has a data key of its own: erasing an order's contact leaves its travellers' tickets, and the other way round.
        const recordKey = place.traveller === undefined ? undefined : await vault.newRecordKey(scope);
        const facts: RightFacts = {
          ...placeOf(line, { number, qr, holdId: order.holdId }),
          orderId,
          lineId: line.lineId,
          soldAt: order.placedAt,
          traveller: resealed(place.traveller, orderKey, recordKey),
        };
        return {
          id: place.rightId,
          command: { type: 'IssueTicket' as const, facts },
          ...(recordKey === undefined ? {} : { recordKey }),
        };
      }),
    );
    await parts.rights.createMany(scope, items);
    const tickets = places.map(({ rightId, number, line }): TicketReference => ({
      rightId,
      number,
      lineId: line.lineId,
    }));
    await parts.orders.handle(scope, orderId, { type: 'FulfilOrder', tickets, told });
  };
}

function resealed(
  traveller: Traveller | undefined,
  from: RecordKey | undefined,
  to: RecordKey | undefined,
): Traveller | undefined {
  if (traveller === undefined || from === undefined || to === undefined) return undefined;
  const again = (sealed: string): string => to.seal(from.open(sealed));
  return {
    name: { ...traveller.name, sealed: again(traveller.name.sealed) },
    idType: traveller.idType,
    idNumber: { ...traveller.idNumber, sealed: again(traveller.idNumber.sealed) },
  };
}
