// What the claims on unpaid orders are called (SAL-29): by the telephone that places them and by the address that they come from.
import type { OrderFacts } from '../order/order.ts';

export function unpaidKeys({ contact, addressIndex = '' }: Pick<OrderFacts, 'contact' | 'addressIndex'>) {
  return { ofPhone: `unpaid-phone:${contact.phone.index ?? ''}`, ofAddress: `unpaid-address:${addressIndex}` };
}
