// The picture of the chain (REI-34): a card per ticket on one rail, newest below; what it came from and became, and in red every attempt to
// use it when it was dead. Drawn alike on a screen and in the dossier.
import { createSvg, fitted, lineHeightOf, widthOf, type Colour, type Page, type TextStyle } from '@tongpiao/documents';
import type { ChainView } from './chain-view.ts';

const INK: Colour = '#17252b';
const QUIET: Colour = '#5d6b72';
const DEEP: Colour = '#0b4f55';
const PALE: Colour = '#eef4f3';
const RULE: Colour = '#c9d3d5';
const WHITE: Colour = '#ffffff';
const ALARM: Colour = '#c0272d';
const ALARM_PALE: Colour = '#fbeeee';

const bold = (size: number, colour: Colour): TextStyle => ({ face: 'bold', size, colour });
const regular = (size: number, colour: Colour): TextStyle => ({ face: 'regular', size, colour });
const NUMBER = bold(12, INK);
const CHIP = bold(8, DEEP);
const LINE = regular(8.5, INK);
const ATTEMPT = regular(8.5, ALARM);
const HEAD = bold(8.5, ALARM);

type Ticket = ChainView['tickets'][number];
/** Blocks that a page does not tear: one ticket each. */
export type Card = {
  readonly height: number;
  draw(page: Page, at: { readonly x: number; readonly y: number; readonly width: number }): void;
};

/** So many fit a card; the rest is counted. All of them are in the JSON. */
const ATTEMPTS_DRAWN = 12;
const RAIL = 9;
const INSET = 28;
const GAP = 14;
const PADDING = 10;

type Row = { readonly label: string; readonly text: string; readonly style: TextStyle };

export function chainCards(view: ChainView, time: (at: string) => string): readonly Card[] {
  return view.tickets.map((ticket, index) => {
    const rows = rowsOf(ticket, time);
    const attempts = attemptsOf(ticket, time);
    const attemptsHeight = attempts.length === 0 ? 0 : 8 + (attempts.length + 1) * lineHeightOf(ATTEMPT) + 8;
    const inner = lineHeightOf(NUMBER) + 4 + rows.length * lineHeightOf(LINE) + attemptsHeight;
    const height = inner + 2 * PADDING;
    const last = index === view.tickets.length - 1;
    return {
      height: height + (last ? 0 : GAP),
      draw(page, { x, y, width }) {
        rail(page, { x: x + RAIL, y, height: height + (last ? 0 : GAP) }, { first: index === 0, last, ticket });
        const card = { x: x + INSET, y, width: width - INSET, height };
        page.box(card, { fill: last ? PALE : WHITE, stroke: last ? DEEP : RULE, radius: 6 });
        const left = card.x + PADDING + 2;
        const room = card.width - 2 * PADDING - 4;
        page.text(ticket.number, { x: left, y: y + PADDING }, NUMBER);
        chip(page, ticket, { x: card.x + card.width - PADDING, y: y + PADDING + 1 });
        let below = y + PADDING + lineHeightOf(NUMBER) + 4;
        for (const { label, text, style } of rows) {
          page.text(label, { x: left, y: below }, regular(8.5, QUIET));
          page.lines(fitted(text, room - 112, style, 1), { x: left + 112, y: below }, style);
          below += lineHeightOf(LINE);
        }
        if (attempts.length > 0) drawAttempts(page, ticket, attempts, { x: left - 4, y: below + 6, width: room + 8 });
      },
    };
  });
}

function rail(
  page: Page,
  { x, y, height }: { readonly x: number; readonly y: number; readonly height: number },
  { first, last, ticket }: { readonly first: boolean; readonly last: boolean; readonly ticket: Ticket },
): void {
  const middle = y + PADDING + lineHeightOf(NUMBER) / 2;
  page.line({ x, y: first ? middle : y }, { x, y: last ? middle : y + height }, { stroke: RULE, lineWidth: 1.5 });
  page.circle({ x, y: middle }, 5, { fill: ticket.status === 'living' ? DEEP : WHITE, stroke: DEEP, lineWidth: 1.5 });
  if (ticket.shown.length > 0) page.circle({ x, y: middle }, 2, { fill: ALARM });
}

function chip(page: Page, { statusText, status }: Ticket, { x, y }: { readonly x: number; readonly y: number }): void {
  const text = `${statusText.zh}  ${statusText.en}`;
  const style = status === 'living' ? { ...CHIP, colour: WHITE } : { ...CHIP, colour: QUIET };
  const width = widthOf(text, style) + 16;
  const paint = status === 'living' ? { fill: DEEP, radius: 8 } : { fill: WHITE, stroke: RULE, radius: 8 };
  page.box({ x: x - width, y, width, height: 16 }, paint);
  page.text(text, { x: x - width + 8, y: y + 2.2 }, style);
}

function rowsOf({ begun, ended, applications }: Ticket, time: (at: string) => string): readonly Row[] {
  const of = (id: string | undefined): string => (id === undefined ? '' : `    申请 ${id}`);
  const row = (at: string, text: string): Row => ({ label: time(at), text, style: LINE });
  return [
    row(begun.at, `${begun.text.zh}  ${begun.text.en}${of(begun.applicationId)}`),
    ...applications.map(({ id, submittedAt, statusText, carriedOutMs }) =>
      row(submittedAt, `申请补发 Application  ${id}    ${statusText.zh}${secondsOf(carriedOutMs)}`),
    ),
    ...(ended === undefined ? [] : [row(ended.at, `${ended.text.zh}  ${ended.text.en}`)]),
  ];
}

/** REI-35 */
function secondsOf(carriedOutMs: number | undefined): string {
  return carriedOutMs === undefined ? '' : `（${(carriedOutMs / 1_000).toFixed(1)} 秒执行）`;
}

function attemptsOf({ shown }: Ticket, time: (at: string) => string): readonly string[] {
  const drawn = shown.slice(0, ATTEMPTS_DRAWN).map(({ at, gate, gateId, text }) => {
    const where = gate === undefined ? gateId : `${gate.zh} ${gate.en}`;
    return `${time(at)}    ${where}    ${text.zh}  ${text.en}`;
  });
  const more = shown.length - drawn.length;
  return more === 0 ? drawn : [...drawn, `另有 ${more} 次  ${more} more`];
}

function drawAttempts(
  page: Page,
  { shown }: Ticket,
  attempts: readonly string[],
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
): void {
  const step = lineHeightOf(ATTEMPT);
  page.box({ x, y, width, height: (attempts.length + 1) * step + 8 }, { fill: ALARM_PALE, radius: 4 });
  page.text(`作废后出示 ${shown.length} 次  Shown when it was dead`, { x: x + 8, y: y + 4 }, HEAD);
  attempts.forEach((attempt, index) => {
    const top = y + 4 + (index + 1) * step;
    page.circle({ x: x + 11, y: top + step / 2 }, 1.6, { fill: ALARM });
    page.lines(fitted(attempt, width - 28, ATTEMPT, 1), { x: x + 18, y: top }, ATTEMPT);
  });
}

const WIDTH = 620;
const MARGIN = 24;
const TITLE = bold(15, INK);

export function chainSvg(view: ChainView, time: (at: string) => string): string {
  const cards = chainCards(view, time);
  const head = lineHeightOf(TITLE) + 26;
  const height = 2 * MARGIN + head + cards.reduce((sum, card) => sum + card.height, 0);
  const page = createSvg({ width: WIDTH, height });
  page.box({ x: 0, y: 0, width: WIDTH, height }, { fill: WHITE });
  page.text(`${view.product.zh} · ${view.ticketType.zh}`, { x: MARGIN, y: MARGIN }, TITLE);
  const english = `${view.product.en} · ${view.ticketType.en}`;
  page.text(english, { x: MARGIN, y: MARGIN + lineHeightOf(TITLE) }, regular(9, QUIET));
  let y = MARGIN + head;
  for (const card of cards) {
    card.draw(page, { x: MARGIN, y, width: WIDTH - 2 * MARGIN });
    y += card.height;
  }
  return page.finish(`票链 Chain of tickets ${view.rightId}`);
}
