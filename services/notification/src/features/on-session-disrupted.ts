// sales.order.session-disrupted: every holder of tickets for a cancelled or reduced session is told what to choose from (SAL-52). Ten
// thousand at once are no reason for a code or a new ticket to wait: they go in lanes of their own, at a pace of their own (NOT-08).
import { holderToldOfDisruption } from '@tongpiao/contracts';
import { allNumbersOf, momentOf } from './order-words.ts';
import { teller, tellOrders, tenantOf, wishesTo, type TellParts } from './tell-orders.ts';

export function onSessionDisrupted(parts: TellParts): ReturnType<typeof tellOrders> {
  return tellOrders(
    parts,
    teller(holderToldOfDisruption, (envelope) => {
      const { kind, language, startsAt, reason, decideBy, ticketNumbers } = envelope.data;
      const moment = (instant: string): string => momentOf(instant, tenantOf(parts, envelope).timeZone, language);
      const values = { when: moment(startsAt), reason, until: moment(decideBy) };
      return wishesTo(parts, envelope, {
        template: `session-${kind}`,
        sms: { values },
        mail: { values: { ...values, tickets: allNumbersOf(ticketNumbers, language) } },
        urgency: 'bulk',
      });
    }),
  );
}
