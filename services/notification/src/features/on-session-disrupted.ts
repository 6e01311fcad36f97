// sales.order.session-disrupted and session-kept: every holder of tickets for a cancelled or reduced session is told what to choose from (SAL-52), and
// who keeps the ticket after all, that no money comes. Ten
// thousand at once are no reason for a code or a new ticket to wait: they go in lanes of their own, at a pace of their own (NOT-08).
import { holderKeepsTickets, holderToldOfDisruption } from '@tongpiao/contracts';
import { allNumbersOf, momentOf, numbersOf } from './order-words.ts';
import { teller, tellOrders, tenantOf, wishesTo, type Teller, type TellParts } from './tell-orders.ts';

export function onSessionDisrupted(parts: TellParts): ReturnType<typeof tellOrders> {
  return tellOrders(parts, disrupted(parts), kept(parts));
}

function disrupted(parts: TellParts): Teller {
  return teller(holderToldOfDisruption, (envelope) => {
    const { kind, language, startsAt, reason, decideBy, ticketNumbers } = envelope.data;
    const moment = (instant: string): string => momentOf(instant, tenantOf(parts, envelope).timeZone, language);
    const values = { when: moment(startsAt), reason, until: moment(decideBy) };
    return wishesTo(parts, envelope, {
      template: `session-${kind}`,
      sms: { values },
      mail: { values: { ...values, tickets: allNumbersOf(ticketNumbers, language) } },
      urgency: 'bulk',
    });
  });
}

function kept(parts: TellParts): Teller {
  return teller(holderKeepsTickets, (envelope) => {
    const { language, startsAt, ticketNumbers } = envelope.data;
    const when = momentOf(startsAt, tenantOf(parts, envelope).timeZone, language);
    return wishesTo(parts, envelope, {
      template: 'session-kept',
      sms: {
        values: {
          when,
          tickets: numbersOf(
            ticketNumbers.map((number) => ({ number })),
            language,
          ),
        },
      },
      mail: { values: { when, tickets: allNumbersOf(ticketNumbers, language) } },
      urgency: 'bulk',
    });
  });
}
