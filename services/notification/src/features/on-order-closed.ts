// sales.order.closed: the buyer is told when there was something to lose; not when the order was refused at once.
import { orderClosed } from '@tongpiao/contracts';
import { teller, tellOrders, wishesTo, type TellParts } from './tell-orders.ts';

export function onOrderClosed(parts: TellParts): ReturnType<typeof tellOrders> {
  return tellOrders(
    parts,
    teller(orderClosed, (envelope) => {
      const { notify, status } = envelope.data;
      return notify ? wishesTo(parts, envelope, { template: `order-${status}`, sms: { values: {} } }) : [];
    }),
  );
}
