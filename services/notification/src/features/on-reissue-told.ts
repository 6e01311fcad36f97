// reissue.application.progressed and reissued: the applicant hears at each step how the case stands, what to do and until when, and at its
// end which ticket is good (REI-33, REI-40, REI-41); and its desk, when it lets a case lie (REI-42). Told to the telephone of the purchase, whoever applied; and to nobody as long as nobody
// has shown to have anything to do with that purchase (REI-04).
import {
  applicationOverdue,
  applicationProgressed,
  applicationReissued,
  applicationShipped,
  type DataOf,
  type Envelope,
} from '@tongpiao/contracts';
import { reissuedMark } from '@tongpiao/documents/ticket';
import { fen, formatYuan } from '@tongpiao/kernel';
import { ticketPages } from '../mail/ticket-pages.ts';
import type { Values } from '../templates/template.ts';
import { attachedOf, momentOf, named, timeOf } from './order-words.ts';
import { kindOf, whyOf } from './reissue-words.ts';
import { opened, teller, tellOrders, tenantOf, wishesTo, type Teller, type TellParts } from './tell-orders.ts';

type Progress = DataOf<typeof applicationProgressed>;
type Step = {
  readonly template: string;
  readonly sms: Values;
  /** Beyond what the SMS says. */
  readonly mail?: Values;
  /** Said no more once it has passed. */
  readonly expiresAt?: string | undefined;
};
/** Says a deadline as clocks at the site show it. */
type Moment = (instant: string) => string;

export function onReissueTold(parts: TellParts): ReturnType<typeof tellOrders> {
  return tellOrders(parts, progressed(parts), reissued(parts), shipped(parts), overdue(parts));
}

function progressed(parts: TellParts): Teller {
  return teller(applicationProgressed, (envelope) => {
    const { data } = envelope;
    if (data.proven === false) return [];
    const { timeZone } = tenantOf(parts, envelope);
    const step = stepOf(withWords(parts, envelope), (instant) => momentOf(instant, timeZone, data.language));
    if (step === undefined) return [];
    const { template, sms, mail = {}, expiresAt } = step;
    const always = { kind: kindOf(data.kind, data.language) };
    return wishesTo(parts, envelope, {
      template,
      sms: { values: { ...always, ...sms } },
      mail: { values: { ...always, ...sms, ...mail, case: data.applicationId } },
      expiresAt,
    });
  });
}

/** What staff have written comes sealed, or from an older case as text. */
function withWords({ bus }: TellParts, envelope: Envelope<Progress>): Progress {
  const { sealedWords, sealedWanted, ...data } = envelope.data;
  return {
    ...data,
    ...(sealedWords === undefined ? {} : { words: opened(bus, envelope, sealedWords) }),
    ...(sealedWanted === undefined ? {} : { wanted: opened(bus, envelope, sealedWanted) }),
  };
}

/** @returns undefined for steps that are the staff's own business */
function stepOf(data: Progress, moment: Moment): Step | undefined {
  const { status, ticketNumber: number, until, fee, language } = data;
  switch (status) {
    case 'verifying':
      // REI-02: a ticket with a name that goes on when its document is shown.
      if (until !== undefined)
        return { template: 'reissue-document', sms: { until: moment(until) }, mail: { number }, expiresAt: until };
      return { template: data.frozen ? 'reissue-received-frozen' : 'reissue-received', sms: { number } };
    case 'waiting_identity':
      return { template: 'reissue-waiting', sms: {} };
    case 'material_wanted': {
      if (until === undefined) return undefined;
      const [wanted, by] = [data.wanted ?? '', moment(until)];
      return data.reminder === true
        ? { template: 'reissue-material-reminder', sms: { until: by }, mail: { wanted }, expiresAt: until }
        : { template: 'reissue-material', sms: { wanted, until: by }, expiresAt: until };
    }
    case 'fee_due':
      if (until === undefined || fee === undefined) return undefined;
      return {
        template: 'reissue-fee-due',
        sms: { fee: formatYuan(fen(fee)), until: moment(until) },
        expiresAt: until,
      };
    case 'refused':
      return refusal(data, moment);
    case 'appealing':
      return { template: 'reissue-appealed', sms: {} };
    case 'withdrawn':
      return { template: 'reissue-withdrawn', sms: { number } };
    case 'closed': {
      const { short, whole } = whyOf(data.reason, false, language);
      return { template: 'reissue-closed', sms: { why: short, number }, mail: { why: whole } };
    }
    case 'submitted':
    case 'risk_check':
    case 'deciding':
    case 'reviewing':
    case 'executing':
    case 'reissued':
      return undefined;
  }
}

/** REI-41: why, and how and until when to appeal; or that there is nothing to appeal, and whether the fee comes back. */
function refusal({ reason, words, until, returned, inCash, language }: Progress, moment: Moment): Step {
  const { short, whole } = whyOf(reason, until !== undefined, language);
  const said = words === undefined ? '' : language === 'en' ? ` (${words})` : `（${words}）`;
  const mail = { why: `${whole}${said}` };
  if (until !== undefined) {
    const back = returned === undefined ? '' : feeBack(formatYuan(fen(returned)), inCash === true, language);
    return { template: 'reissue-refused', sms: { why: short, until: moment(until) }, mail: { why: mail.why + back } };
  }
  const way = inCash === true ? 'reissue-refused-cash' : 'reissue-refused-returned';
  if (returned !== undefined) return { template: way, sms: { why: short, amount: formatYuan(fen(returned)) }, mail };
  return { template: 'reissue-refused-final', sms: { why: short }, mail };
}

/** REI-22: paid while a risk held the case up, and refused by a person. An SMS has no room for it beside the appeal. */
function feeBack(amount: string, inCash: boolean, language: Progress['language']): string {
  if (language === 'en')
    return inCash
      ? `; the fee of ${amount} was paid in cash: please fetch it at a counter`
      : `; the fee of ${amount} goes back in full, the way it was paid`;
  return inCash ? `；以现金支付的工本费${amount}请到售票窗口领取` : `；已付的工本费${amount}将原路全额退回`;
}

/** A mail like that of the purchase: the new ticket is in it, and attached as a page that bears 补发 and the day (REI-30). */
function reissued(parts: TellParts): Teller {
  return teller(applicationReissued, (envelope) => {
    const { orderId, kind, language, previousNumber, ticket, reissuedAt, batchId } = envelope.data;
    const tenant = tenantOf(parts, envelope);
    const { number, qr } = ticket;
    const pages = pagesOf(parts, envelope, orderId);
    return wishesTo(parts, envelope, {
      template: 'reissue-completed',
      // REI-53: thousands at once.
      urgency: batchId === undefined ? 'normal' : 'bulk',
      sms: { values: { kind: kindOf(kind, language), number } },
      mail: {
        values: {
          kind: kindOf(kind, language),
          previous: previousNumber,
          at: momentOf(reissuedAt, tenant.timeZone, language),
          more: attachedOf(1, 1, pages.length, language),
        },
        items: [
          {
            number,
            type: named(ticket.ticketType, language),
            when: timeOf(ticket, tenant.timeZone, language),
            amount: formatYuan(fen(ticket.amount)),
            qr,
          },
        ],
        pages,
      },
    });
  });
}

/** REI-30: the paper is on its way. */
function shipped(parts: TellParts): Teller {
  return teller(applicationShipped, (envelope) => {
    const { ticketNumber: number, carrier, trackingNumber: tracking, applicationId } = envelope.data;
    return wishesTo(parts, envelope, {
      template: 'reissue-shipped',
      sms: { values: { carrier, tracking } },
      mail: { values: { number, carrier, tracking, case: applicationId } },
    });
  });
}

const DESKS = { operator: '受理岗', reviewer: '审核岗', manager: '经理' } as const;

/** REI-42: staff, at the mailbox that the tenant has named for their desk, and in the language of the site. */
function overdue(parts: TellParts): Teller {
  return teller(applicationOverdue, (envelope) => {
    const { to, applicationId, orderId, kind, product, ticketNumber: number, desk, ...late } = envelope.data;
    if (to === undefined) return [];
    const { timeZone, sms } = tenantOf(parts, envelope);
    const language = 'zh-CN';
    const when = (instant: string): string => momentOf(instant, timeZone, language);
    const values = {
      ...{ name: DESKS[desk], order: orderId, case: applicationId, number },
      ...{ kind: kindOf(kind, language), product: named(product, language) },
      ...{ since: when(late.since), times: String(late.times), until: when(late.nextBy) },
    };
    const scope = parts.scopeOf(envelope);
    return [
      {
        ...{ scope, eventId: envelope.id, channel: 'email', urgency: 'normal', about: orderId, language },
        ...{ to: opened(parts.bus, envelope, to), template: 'reissue-overdue', signature: sms.signature },
        content: { values },
      },
    ];
  });
}

function pagesOf(
  parts: TellParts,
  envelope: Envelope<DataOf<typeof applicationReissued>>,
  orderId: string,
): ReturnType<typeof ticketPages> {
  const { contact, ticket, reissuedAt } = envelope.data;
  if (contact.email === undefined) return [];
  const tenant = tenantOf(parts, envelope);
  const open = (sealed: string): string => opened(parts.bus, envelope, sealed);
  return ticketPages(orderId, [ticket], { tenant, open, mark: reissuedMark(reissuedAt, tenant.timeZone) });
}
