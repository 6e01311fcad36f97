// One ticket on one A5 page, as a card: who and what above, the perforation, then the code with its facts, what to show at the gate,
// and the small print. Chinese is large, English stands beside or below it; a gate's scanner finds the code on white.
import { formatYuan } from '@tongpiao/kernel';
import { A5, type Page, type Point } from '../drawing/page.ts';
import { fitted, lineHeightOf, widthOf, type Colour, type TextStyle } from '../drawing/text.ts';
import type { PrintableTicket } from './printable-ticket.ts';
import { dayWord, documentWord, proofWord, spanWord, type Bilingual } from './ticket-words.ts';

const INK: Colour = '#17252b';
const QUIET: Colour = '#5d6b72';
const DEEP: Colour = '#0b4f55';
const PALE: Colour = '#eef4f3';
const PALE_TEXT: Colour = '#cfe3e2';
const RULE: Colour = '#c9d3d5';
const WHITE: Colour = '#ffffff';
const STAMP: Colour = '#c0272d';

const CARD = { x: 20, y: 18, width: A5.width - 40, height: A5.height - 36 };
const RADIUS = 14;
const LEFT = CARD.x + 24;
const RIGHT = CARD.x + CARD.width - 24;
const WIDTH = RIGHT - LEFT;
const MIDDLE = A5.width / 2;

const HEADER_HEIGHT = 54;
const QR_SIDE = 148;

const bold = (size: number, colour: Colour, more: Partial<TextStyle> = {}): TextStyle => ({
  face: 'bold',
  size,
  colour,
  leading: 1.3,
  ...more,
});
const regular = (size: number, colour: Colour, more: Partial<TextStyle> = {}): TextStyle => ({
  ...bold(size, colour),
  face: 'regular',
  ...more,
});

export function drawTicket(page: Page, ticket: PrintableTicket): void {
  header(page, ticket);
  const belowName = name(page, ticket, CARD.y + HEADER_HEIGHT + 14);
  const belowTime = time(page, ticket, belowName + 12);
  const perforation = belowTime + 12;
  perforate(page, perforation);
  const belowCode = codeAndFacts(page, ticket, perforation + 16);
  const belowNumber = number(page, ticket, belowCode + 10);
  atTheGate(page, ticket, belowNumber + 12);
  footer(page, ticket);
  // The outline last: it closes the edges of what fills the card.
  page.box(CARD, { stroke: RULE, radius: RADIUS });
  page.circle({ x: CARD.x, y: perforation }, 7, { fill: WHITE });
  page.circle({ x: CARD.x + CARD.width, y: perforation }, 7, { fill: WHITE });
  notches(page, perforation);
  if (ticket.mark !== undefined) stamp(page, ticket.mark, { x: RIGHT - 44, y: belowCode - 36 });
}

function header(page: Page, { issuer, serial }: PrintableTicket): void {
  page.box({ ...CARD, height: HEADER_HEIGHT }, { fill: DEEP, radius: RADIUS });
  // Only the upper corners are round.
  page.box({ ...CARD, y: CARD.y + HEADER_HEIGHT - RADIUS, height: RADIUS }, { fill: DEEP });
  const kind = serial === undefined ? { zh: '电子票', en: 'E-TICKET' } : { zh: '纸质票', en: 'PAPER TICKET' };
  const kindWidth = Math.max(widthOf(kind.zh, bold(13, WHITE)), widthOf(kind.en, regular(7.5, PALE_TEXT)));
  page.text(kind.zh, { x: RIGHT, y: CARD.y + 10 }, bold(13, WHITE), 'right');
  page.text(kind.en, { x: RIGHT, y: CARD.y + 29 }, regular(7.5, PALE_TEXT, { spacing: 0.6 }), 'right');
  const room = WIDTH - kindWidth - 20;
  page.lines(fitted(issuer.zh, room, bold(15, WHITE), 1), { x: LEFT, y: CARD.y + 8 }, bold(15, WHITE));
  page.lines(fitted(issuer.en, room, regular(8.5, PALE_TEXT), 1), { x: LEFT, y: CARD.y + 29 }, regular(8.5, PALE_TEXT));
}

/** @returns the lower edge */
function name(page: Page, { product, ticketType, amount }: PrintableTicket, top: number): number {
  const price = bold(17, INK);
  const priceText = formatYuan(amount);
  const room = WIDTH - widthOf(priceText, price) - 16;
  const large = widthOf(product.zh, bold(19, INK)) <= room ? bold(19, INK) : bold(16.5, INK);
  const zh = fitted(product.zh, room, large, 2);
  const en = fitted(product.en, room, regular(9, QUIET), 1);
  let y = page.lines(zh, { x: LEFT, y: top }, large);
  y = page.lines(en, { x: LEFT, y: y + 1 }, regular(9, QUIET));
  page.text(priceText, { x: RIGHT, y: top + 2 }, price, 'right');
  page.text('票价 Price', { x: RIGHT, y: top + 26 }, regular(7.5, QUIET), 'right');
  const type = fitted(`${ticketType.zh}  ${ticketType.en}`, WIDTH - 20, bold(10, DEEP), 1);
  const chip = { x: LEFT, y: y + 7, width: widthOf(type[0] ?? '', bold(10, DEEP)) + 18, height: 20 };
  page.box(chip, { fill: PALE, radius: 10 });
  page.lines(type, { x: LEFT + 9, y: chip.y + 3.5 }, bold(10, DEEP));
  return chip.y + chip.height;
}

function time(page: Page, ticket: PrintableTicket, top: number): number {
  const day = dayWord(ticket.date);
  const half = (WIDTH - 10) / 2;
  const height = 50;
  const cells = [
    { label: '日期 Date', large: day.zh, small: `${day.weekday.zh}  ${day.weekday.en}, ${day.en}` },
    {
      label: '时间 Time',
      large: spanWord(ticket.startsAt, ticket.endsAt, ticket.timeZone),
      small: checkInWindow(ticket),
    },
  ];
  cells.forEach(({ label, large, small }, index) => {
    const x = LEFT + index * (half + 10);
    page.box({ x, y: top, width: half, height }, { fill: PALE, radius: 8 });
    page.text(label, { x: x + 10, y: top + 5 }, regular(7, QUIET));
    page.text(large, { x: x + 10, y: top + 14 }, bold(14, INK));
    page.lines(fitted(small, half - 18, regular(7.5, QUIET), 1), { x: x + 10, y: top + 34 }, regular(7.5, QUIET));
  });
  return top + height;
}

function checkInWindow({ validFrom, validUntil, timeZone }: PrintableTicket): string {
  if (validFrom === undefined || validUntil === undefined) return '';
  return `检票 Check-in ${spanWord(validFrom, validUntil, timeZone)}`;
}

function perforate(page: Page, y: number): void {
  page.line({ x: CARD.x + 12, y }, { x: CARD.x + CARD.width - 12, y }, { stroke: RULE, dash: [3, 3] });
}

/** Half circles at both ends of the perforation, as a punch leaves them. */
function notches(page: Page, y: number): void {
  for (const x of [CARD.x, CARD.x + CARD.width]) page.circle({ x, y }, 7, { stroke: RULE });
  // Outside the card there is only paper.
  page.box({ x: CARD.x - 9, y: y - 9, width: 8.6, height: 18 }, { fill: WHITE });
  page.box({ x: CARD.x + CARD.width + 0.4, y: y - 9, width: 8.6, height: 18 }, { fill: WHITE });
}

/** @returns the lower edge of the code */
function codeAndFacts(page: Page, ticket: PrintableTicket, top: number): number {
  page.qr(ticket.qr, { x: LEFT, y: top, side: QR_SIDE }, '#000000');
  const x = LEFT + QR_SIDE + 20;
  const width = RIGHT - x;
  let y = top - 2;
  for (const { label, large, small } of factsOf(ticket)) {
    page.text(label, { x, y }, regular(7, QUIET));
    y = page.lines(fitted(large, width, bold(11, INK), 1), { x, y: y + 9.5 }, bold(11, INK));
    for (const line of small)
      y = page.lines(fitted(line, width, regular(7.5, QUIET), 1), { x, y }, regular(7.5, QUIET));
    y += 6;
  }
  return top + QR_SIDE;
}

type Fact = { readonly label: string; readonly large: string; readonly small: readonly string[] };

function factsOf({ traveller, site, entries, admits }: PrintableTicket): readonly Fact[] {
  const facts: Fact[] = [];
  if (traveller !== undefined) {
    const document = documentWord(traveller.idType);
    const small = [`${document.zh} ${document.en}`, traveller.idNumber];
    facts.push({ label: '游客 Traveller', large: traveller.name, small });
  }
  if (site !== undefined) facts.push({ label: '地点 Site', large: site.zh, small: [site.en] });
  const people = admits === 1 ? '1 person' : `${admits} people`;
  const times = entries === 1 ? 'one entry' : `${entries} entries`;
  facts.push({ label: '使用 Admits', large: `${admits}人 × ${entries}次`, small: [`${people}, ${times}`] });
  return facts;
}

function number(page: Page, { printedNumber, serial }: PrintableTicket, top: number): number {
  page.text('票号 Ticket number', { x: LEFT, y: top }, regular(7, QUIET));
  const numberStyle = bold(16, INK, { spacing: 0.8 });
  page.text(printedNumber, { x: LEFT, y: top + 9 }, numberStyle);
  if (serial !== undefined) {
    const room = WIDTH - widthOf(printedNumber, numberStyle) - 12;
    const size = Math.min(12, (12 * room) / widthOf(serial, bold(12, INK)));
    page.text('票纸序列号 Serial', { x: RIGHT, y: top }, regular(7, QUIET), 'right');
    page.text(serial, { x: RIGHT, y: top + 11 }, bold(size, INK), 'right');
  }
  return top + 30;
}

function atTheGate(page: Page, ticket: PrintableTicket, top: number): void {
  const { zh, en } = gateWords(ticket);
  const zhStyle = regular(9, INK, { leading: 1.45 });
  const enStyle = regular(7.5, QUIET, { leading: 1.35 });
  const inner = WIDTH - 24;
  const zhLines = fitted(zh, inner, zhStyle, 3);
  const enLines = fitted(en, inner, enStyle, 2);
  const height = 32 + zhLines.length * lineHeightOf(zhStyle) + enLines.length * lineHeightOf(enStyle);
  page.box({ x: LEFT, y: top, width: WIDTH, height }, { fill: PALE, radius: 8 });
  page.text('检票出示  At the gate', { x: LEFT + 12, y: top + 7 }, bold(9.5, DEEP));
  const below = page.lines(zhLines, { x: LEFT + 12, y: top + 21 }, zhStyle);
  page.lines(enLines, { x: LEFT + 12, y: below + 1 }, enStyle);
}

/** SAL-33: code or document is enough; a concession also shows its proof (SAL-02). */
function gateWords({ realName, showAtGate, traveller }: PrintableTicket): Bilingual {
  const document =
    traveller === undefined ? { zh: '身份证件', en: 'identity document' } : documentWord(traveller.idType);
  const zh = realName ? `凭本二维码或本人${document.zh}直接检票，无需换票。` : '凭本二维码直接检票，无需换票。';
  const en = realName ? `Show this code or your own document (${document.en}).` : 'Show this code.';
  if (showAtGate.length === 0) return { zh, en };
  const proofs = showAtGate.map(proofWord);
  return {
    zh: `${zh}优惠票须另行出示以下任一项：${proofs.map((proof) => proof.zh).join('、')}。`,
    en: `${en} For the concession also show one of: ${proofs.map((proof) => proof.en).join('; ')}.`,
  };
}

function footer(page: Page, { orderId, serial }: PrintableTicket): void {
  const words =
    serial === undefined
      ? '请勿转发二维码，先到者先入。Keep the code to yourself: whoever shows it first goes in.'
      : '每张票只打印一次，遗失请办理补票。A ticket is printed once; if it is lost, ask for a reissue.';
  const bottom = CARD.y + CARD.height;
  page.text(words, { x: MIDDLE, y: bottom - 27 }, regular(7, QUIET), 'centre');
  page.text(`订单 Order ${orderId}`, { x: MIDDLE, y: bottom - 17 }, regular(7, QUIET), 'centre');
}

/** Drawn over everything, as ink would be. @param centre beside the facts, where nothing else stands */
function stamp(page: Page, { zh, en, on }: NonNullable<PrintableTicket['mark']>, centre: Point): void {
  const small = bold(8, STAMP, { spacing: 0.8 });
  const day = bold(8.5, STAMP, { spacing: 0.3 });
  const width = Math.max(widthOf(zh, bold(22, STAMP)), widthOf(en, small), widthOf(on ?? '', day)) + 26;
  const height = on === undefined ? 46 : 58;
  page.turned(-12, centre, () => {
    const box = { x: centre.x - width / 2, y: centre.y - height / 2, width, height };
    page.box(box, { stroke: STAMP, lineWidth: 2, radius: 6 });
    page.text(zh, { x: centre.x, y: box.y + 3 }, bold(22, STAMP), 'centre');
    page.text(en, { x: centre.x, y: box.y + 31 }, small, 'centre');
    if (on !== undefined) page.text(on, { x: centre.x, y: box.y + 42 }, day, 'centre');
  });
}
