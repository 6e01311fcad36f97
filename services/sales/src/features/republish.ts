// Sales tells the current state of its products, orders and tickets to a queue that asks.
import {
  orderReported,
  productChanged,
  republishOrders,
  republishProducts,
  republishTickets,
  ticketReported,
} from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import { republish, type Foundation } from '@tongpiao/service-shell';
import { currentProduct } from '../product/product.messages.ts';
import type { Orders, Products, Rights } from '../stores.ts';

export const REPUBLISH = [republishProducts, republishOrders, republishTickets] as const;

export function onRepublish(
  foundation: Foundation,
  stores: { products: Products; orders: Orders; rights: Rights },
): (message: Received) => Promise<void> {
  return async (message) => {
    if (isMessage(message, republishProducts)) {
      await republish(foundation, stores.products, message.envelope, productChanged, ({ id, state }) =>
        currentProduct(id, state),
      );
    } else if (isMessage(message, republishOrders)) {
      await republish(foundation, stores.orders, message.envelope, orderReported, ({ id: orderId, state }) => {
        if (state.status === 'none') return undefined;
        const { status, channel, total, placedAt, lines } = state;
        const productIds = [...new Set(lines.map(({ productId }) => productId))];
        return {
          orderId,
          status,
          channel,
          productIds,
          total,
          quantity: lines.reduce((sum, line) => sum + line.quantity, 0),
          placedAt,
        };
      });
    } else if (isMessage(message, republishTickets)) {
      await republish(foundation, stores.rights, message.envelope, ticketReported, ({ id: rightId, state }) => {
        if (state.status === 'none') return undefined;
        const {
          number: ticketNumber,
          revision,
          status,
          orderId,
          productId,
          sessionId,
          ticketTypeId,
          amount,
          validFrom,
          validUntil,
        } = state;
        return {
          rightId,
          ticketNumber,
          revision,
          status,
          orderId,
          productId,
          sessionId,
          ticketTypeId,
          amount,
          validFrom,
          validUntil,
        };
      });
    } else throw new ContractBreach('sales.unexpected-message', message.definition.type);
  };
}
