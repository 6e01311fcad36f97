// sales.order.payment-returned: money that came too late or twice is on its way back.
import { paymentReturned } from '@tongpiao/contracts';
import { fen, formatYuan } from '@tongpiao/kernel';
import { teller, tellOrders, wishesTo, type TellParts } from './tell-orders.ts';

export function onPaymentReturned(parts: TellParts): ReturnType<typeof tellOrders> {
  return tellOrders(
    parts,
    teller(paymentReturned, (envelope) =>
      wishesTo(parts, envelope, {
        template: 'payment-returned',
        sms: { values: { amount: formatYuan(fen(envelope.data.amount)) } },
      }),
    ),
  );
}
