// sales.order.waiting-joined and waiting-served: an order stands in line, or there is room for it and it is to be paid in time (SAL-26).
// Either is worth nothing any more once its time is over.
import { waitingJoined, waitingServed } from '@tongpiao/contracts';
import { fen, formatYuan } from '@tongpiao/kernel';
import { momentOf, soonOf } from './order-words.ts';
import { teller, tellOrders, tenantOf, wishesTo, type Teller, type TellParts } from './tell-orders.ts';

export function onWaitingTold(parts: TellParts): ReturnType<typeof tellOrders> {
  return tellOrders(parts, joined(parts), served(parts));
}

function joined(parts: TellParts): Teller {
  return teller(waitingJoined, (envelope) => {
    const { language, startsAt, position, until } = envelope.data;
    const moment = (instant: string): string => momentOf(instant, tenantOf(parts, envelope).timeZone, language);
    const values = { when: moment(startsAt), position: String(position), until: moment(until) };
    return wishesTo(parts, envelope, { template: 'waiting-joined', sms: { values }, expiresAt: until });
  });
}

function served(parts: TellParts): Teller {
  return teller(waitingServed, (envelope) => {
    const { language, startsAt, total, payBy } = envelope.data;
    const { timeZone } = tenantOf(parts, envelope);
    const values = {
      when: momentOf(startsAt, timeZone, language),
      payBy: soonOf(payBy, envelope.time, timeZone, language),
      amount: formatYuan(fen(total)),
    };
    const mail = { values: { ...values, payBy: momentOf(payBy, timeZone, language) } };
    return wishesTo(parts, envelope, { template: 'waiting-served', sms: { values }, mail, expiresAt: payBy });
  });
}
