// How an order is spoken of in messages: its day and time as a clock at the site shows them, its tickets.
import type { Bilingual, DataOf, Language, orderFulfilled } from '@tongpiao/contracts';
import { localDateOf, localTimeOf } from '@tongpiao/kernel';

type Ticket = DataOf<typeof orderFulfilled>['tickets'][number];

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function named(name: Bilingual, language: Language): string {
  return language === 'en' ? name.en : name.zh;
}

function dayOf(date: string, language: Language): string {
  const [month, day] = [Number(date.slice(5, 7)), Number(date.slice(8, 10))];
  return language === 'en' ? `${MONTHS[month - 1] ?? ''} ${day} ` : `${month}月${day}日`;
}

/** `12月1日09:00-11:00`; a session past midnight shows its beginning only. */
export function timeOf(ticket: Pick<Ticket, 'date' | 'startsAt' | 'endsAt'>, zone: string, language: Language): string {
  const [startsAt, endsAt] = [new Date(ticket.startsAt), new Date(ticket.endsAt)];
  const from = localTimeOf(startsAt, zone);
  const until = localTimeOf(endsAt, zone);
  return `${dayOf(ticket.date, language)}${until > from ? `${from}-${until}` : from}`;
}

/** `12月1日09:00`: a session of which only the beginning is known, or a deadline. */
export function momentOf(instant: string, zone: string, language: Language): string {
  const at = new Date(instant);
  return `${dayOf(localDateOf(at, zone), language)}${localTimeOf(at, zone)}`;
}

/** The time of day, with the day where that is not the one on which it is told. In Chinese the day of the month will do: `1日00:20`. */
export function soonOf(instant: string, toldAt: string, zone: string, language: Language): string {
  const at = new Date(instant);
  const [date, today] = [localDateOf(at, zone), localDateOf(new Date(toldAt), zone)];
  if (date === today) return localTimeOf(at, zone);
  return language === 'en'
    ? momentOf(instant, zone, language)
    : `${Number(date.slice(8, 10))}日${localTimeOf(at, zone)}`;
}

export function timesOf(tickets: readonly Ticket[], zone: string, language: Language): string {
  const [first] = [...tickets].sort((a, b) => a.startsAt.localeCompare(b.startsAt));
  if (first === undefined) return '';
  const several = tickets.some(({ sessionId }) => sessionId !== first.sessionId);
  return `${timeOf(first, zone, language)}${several ? (language === 'en' ? ' and more' : '等') : ''}`;
}

export function numbersOf(tickets: readonly Pick<Ticket, 'number'>[], language: Language): string {
  const number = tickets[0]?.number ?? '';
  if (tickets.length <= 1) return language === 'en' ? `ticket ${number}` : number;
  return language === 'en' ? `ticket ${number} and ${tickets.length - 1} more` : `${number}等${tickets.length}张`;
}

/**
 * What a mail says of its attachment, and of tickets that are neither there nor in its text.
 * @param shown tickets with their code in the text, at most
 * @param attached tickets with a page
 */
export function attachedOf(count: number, shown: number, attached: number, language: Language): string {
  const missing = count - Math.max(Math.min(count, shown), attached);
  const english = language === 'en';
  const pages = english
    ? `${attached === 1 ? 'The ticket is' : attached === count ? 'All tickets are' : `The first ${attached} tickets are`} attached as PDF, to keep or to print.`
    : `${attached === count ? '票面' : `前${attached}张票面`}见附件PDF，可保存或打印。`;
  const others = english
    ? `${missing} more are not shown here; you find them in your order.`
    : `另有${missing}张未在此列出，请在订单中查看。`;
  return [attached === 0 ? '' : pages, missing === 0 ? '' : others]
    .filter((part) => part !== '')
    .join(english ? ' ' : '');
}

/** As many as a paragraph of a mail bears. */
const LISTED_MAX = 10;

export function allNumbersOf(numbers: readonly string[], language: Language): string {
  const listed = numbers.slice(0, LISTED_MAX).join(language === 'en' ? ', ' : '、');
  const more = numbers.length - LISTED_MAX;
  if (more <= 0) return language === 'en' ? `${numbers.length === 1 ? 'ticket' : 'tickets'} ${listed}` : listed;
  return language === 'en' ? `tickets ${listed} and ${more} more` : `${listed}等${numbers.length}张`;
}
