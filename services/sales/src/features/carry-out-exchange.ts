// A settled exchange gets its new ticket (SAL-53): the right is replaced in one write, which is the step of no return, then the order
// says how it ended. Number and QR follow from the exchange, so doing it again after a crash makes the same ticket; a right that was
// used, given back or exchanged meanwhile refuses it for good and on record, the exchange fails, and what was paid for it goes back.
// duplicate, two instances, a slow one: all read the right's one answer, and the order takes the first that tells it · crash between the
// two writes: the order's timer comes again and reads that answer.
import { formatId, ticketNumberOf, type Fen, type Id } from '@tongpiao/kernel';
import { mac, type Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import { cancellationOf } from '../disruption/known-cancellation.ts';
import type { Exchange } from '../order/exchange.ts';
import type { RefundIds } from '../order/refund-ids.ts';
import { placeOf } from '../right/place.ts';
import { signedQr } from '../right/ticket-qr.ts';
import type { Disruptions, Orders, Rights } from '../stores.ts';
import type { TicketKeys } from '../ticket-keys/ticket-keys.store.ts';

export type TicketExchanger = (scope: Scope, orderId: string, exchangeId: string) => Promise<void>;

type Parts = {
  readonly orders: Orders;
  readonly rights: Rights;
  readonly disruptions: Disruptions;
  readonly keys: TicketKeys;
  readonly refundIds: RefundIds;
};

export function createTicketExchanger(foundation: Foundation, parts: Parts): TicketExchanger {
  const { vault, clock } = foundation;
  const key = vault.serviceKey('right-ids');

  async function replaced(
    scope: Scope,
    exchange: Exchange,
  ): Promise<{ ticket: { number: string; qr: string }; waived?: Fen | undefined } | { failed: string }> {
    const number = ticketNumberOf(scope.tenantId, mac(key, exchange.id).subarray(16, 28));
    const now = clock();
    const revision = exchange.revision + 1;
    const ticket = { tenantId: scope.tenantId, rightId: exchange.rightId as Id<'Right'>, number, revision };
    const qr = signedQr(parts.keys, exchange.line, ticket, now);
    const place = placeOf(exchange.line, { number, qr, holdId: exchange.holdId });
    const { fee, due: paid, returned } = exchange;
    const old = (await parts.rights.load(scope, exchange.rightId))?.state;
    const cancelled =
      old === undefined || old.status === 'none'
        ? undefined
        : await cancellationOf(parts.disruptions, scope, old.sessionId);
    const command = {
      type: 'ExchangeTicket' as const,
      exchangeId: exchange.id,
      revision: exchange.revision,
      cancellation: cancelled?.disruptionId,
      place,
      fee,
      paid,
      returned,
      at: now.toISOString(),
    };
    const { state } = await parts.rights.handle(scope, exchange.rightId, command);
    if (state.status === 'none') throw new Error('a ticket that is not there was exchanged');
    const refused = state.refusedExchanges?.find(({ exchangeId }) => exchangeId === exchange.id);
    if (refused !== undefined) return { failed: refused.reason };
    // A repeated exchange keeps the QR that the first one signed, be it with an older key.
    const told = { number, qr: state.number === number ? state.qr : qr };
    const waived = state.past.find(({ cause }) => cause === exchange.id)?.waived;
    return { ticket: told, ...(waived === undefined ? {} : { waived }) };
  }

  return async (scope, orderId, exchangeId) => {
    const order = (await parts.orders.load(scope, orderId))?.state;
    if (order === undefined || order.status === 'none') return;
    const exchange = order.exchanges.find(({ id }) => id === exchangeId);
    if (exchange?.status !== 'replacing') return;
    const refundId = parts.refundIds.ofExchange(scope.tenantId, exchangeId);
    const outcome = await replaced(scope, exchange);
    if ('failed' in outcome) {
      await parts.orders.handle(scope, orderId, { type: 'FailExchange', exchangeId, reason: outcome.failed, refundId });
      return;
    }
    const { waived } = outcome;
    const ticket = { ...outcome.ticket, lineId: exchange.line.lineId };
    const at = clock().toISOString();
    await parts.orders.handle(scope, orderId, { type: 'CompleteExchange', exchangeId, ticket, refundId, waived, at });
  };
}

export function exchangeIdOf(tenantId: Scope['tenantId'], bytes: Uint8Array): string {
  return formatId<'Exchange'>('exc', tenantId, bytes.subarray(0, 12));
}
