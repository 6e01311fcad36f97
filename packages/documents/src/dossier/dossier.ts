// A case on paper, over as many A4 pages as it takes: a head that says what it is, numbered sections, facts in two columns, tables, remarks
// that stand out, pictures. Every page names the case, who made it and when, and says that it is one of so many.
import { createDocument } from '../drawing/document.ts';
import { createFlow, type Flow } from '../drawing/flow.ts';
import { A4, type Page } from '../drawing/page.ts';
import type { Column } from '../drawing/table.ts';
import { fitted, lineHeightOf, widthOf, wrapped, type Colour, type TextStyle } from '../drawing/text.ts';

export type Bilingual = { readonly zh: string; readonly en: string };

export type DossierFacts = {
  readonly title: Bilingual;
  /** Of the case. */
  readonly number: string;
  readonly issuer: Bilingual;
  /** In one or two words. */
  readonly status: Bilingual;
  /** Who made it and when, for the foot of every page. */
  readonly made: string;
  readonly at: Date;
  /** That it is confidential, masked or not: above the first section and on every page. */
  readonly handling: Bilingual;
};

export type Fact = {
  readonly label: Bilingual;
  readonly value: string;
  /** Over both columns. */
  readonly wide?: boolean;
};
export type Tone = 'good' | 'alarm' | 'quiet';
/** What a page does not tear. */
export type Picture = {
  readonly height: number;
  draw(page: Page, at: { readonly x: number; readonly y: number; readonly width: number }): void;
};

export type Dossier = {
  /** @param below points of what follows that stay on its page */
  section(title: Bilingual, below?: number): void;
  facts(facts: readonly Fact[]): void;
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void;
  remark(title: string, text: string, tone: Tone): void;
  /** Where a section has nothing to say. */
  nothing(): void;
  picture(picture: Picture): void;
  finish(): Buffer;
};

const INK: Colour = '#17252b';
const QUIET: Colour = '#5d6b72';
const DEEP: Colour = '#0b4f55';
const PALE: Colour = '#eef4f3';
const PALE_TEXT: Colour = '#cfe3e2';
const RULE: Colour = '#d5dddf';
const WHITE: Colour = '#ffffff';
const TONES: Readonly<Record<Tone, { readonly fill: Colour; readonly ink: Colour }>> = {
  good: { fill: '#e9f4ec', ink: '#1d6b3a' },
  alarm: { fill: '#fbeeee', ink: '#b3261e' },
  quiet: { fill: PALE, ink: DEEP },
};

const bold = (size: number, colour: Colour, leading = 1.4): TextStyle => ({ face: 'bold', size, colour, leading });
const regular = (size: number, colour: Colour, leading = 1.45): TextStyle => ({
  ...bold(size, colour, leading),
  face: 'regular',
});

const MARGINS = { top: 64, right: 52, bottom: 60, left: 52 };
const RIGHT = A4.width - MARGINS.right;
const BANNER_HEIGHT = 104;
const COLUMN_GAP = 24;
const LABEL = regular(7.5, QUIET);
const VALUE = regular(10, INK);
const HEAD = bold(8, DEEP);
const CELL = regular(8.5, INK);
const SMALL = regular(7.5, QUIET);

export function createDossier(facts: DossierFacts): Dossier {
  const { title, number, issuer, at } = facts;
  const document = createDocument({ title: `${title.zh} ${number}`, author: issuer.zh, language: 'zh-CN', at });
  const flow = createFlow(document, {
    size: A4,
    margins: MARGINS,
    header: (page, { number: of }) => {
      if (of > 1) runningHead(page, facts);
    },
    footer: (page, { number: of, count }) => {
      runningFoot(page, facts, `第 ${of} 页 共 ${count} 页   ${of} / ${count}`);
    },
  });
  banner(flow, facts);
  let sections = 0;

  return {
    section({ zh, en }, below = 60) {
      sections += 1;
      flow.space(sections === 1 ? 4 : 18);
      const style = bold(13, INK);
      flow.block(
        lineHeightOf(style) + 8,
        (page, { x, y }) => {
          page.box({ x, y: y + 2, width: 4, height: 14 }, { fill: DEEP, radius: 2 });
          const text = `${sections}  ${zh}`;
          page.text(text, { x: x + 12, y }, style);
          page.text(en, { x: x + 20 + widthOf(text, style), y: y + 5 }, regular(8.5, QUIET));
        },
        below,
      );
    },
    facts(list) {
      for (const row of rowsOf(list)) drawFacts(flow, row);
    },
    table(columns, rows) {
      flow.table({ columns, rows, head: HEAD, body: CELL, rule: RULE, headFill: PALE });
      flow.space(4);
    },
    remark(head, text, tone) {
      const { fill, ink } = TONES[tone];
      const lines = wrapped(text, flow.width - 28, regular(9, INK));
      const height = 8 + lineHeightOf(bold(9.5, ink)) + lines.length * lineHeightOf(regular(9, INK)) + 8;
      flow.block(height + 6, (page, { x, y }) => {
        page.box({ x, y, width: flow.width, height }, { fill, radius: 5 });
        page.box({ x, y, width: 3, height }, { fill: ink, radius: 1.5 });
        page.text(head, { x: x + 14, y: y + 8 }, bold(9.5, ink));
        page.lines(lines, { x: x + 14, y: y + 8 + lineHeightOf(bold(9.5, ink)) }, regular(9, INK));
      });
    },
    nothing() {
      flow.paragraph('无  None', regular(9, QUIET));
    },
    picture(picture) {
      flow.block(picture.height, (page, { x, y }) => {
        picture.draw(page, { x, y, width: flow.width });
      });
    },
    finish() {
      flow.finish();
      return document.finish();
    },
  };
}

function banner(flow: Flow, { title, number, issuer, status, handling }: DossierFacts): void {
  // Up to the edges of the first page; the flow goes on below.
  flow.block(BANNER_HEIGHT + 34 - MARGINS.top, (page, { x }) => {
    page.box({ x: 0, y: 0, width: A4.width, height: BANNER_HEIGHT }, { fill: DEEP });
    page.lines(
      fitted(`${issuer.zh}  ${issuer.en}`, 360, regular(9, PALE_TEXT), 1),
      { x, y: 22 },
      regular(9, PALE_TEXT),
    );
    page.text(title.zh, { x, y: 36 }, bold(22, WHITE));
    page.text(title.en, { x, y: 70 }, regular(10, PALE_TEXT));
    const chip = bold(11, DEEP);
    const width = widthOf(status.zh, chip) + 28;
    page.box({ x: RIGHT - width, y: 34, width, height: 24 }, { fill: WHITE, radius: 12 });
    page.text(status.zh, { x: RIGHT - width / 2, y: 38 }, chip, 'centre');
    page.text(status.en, { x: RIGHT, y: 62 }, regular(8, PALE_TEXT), 'right');
    page.text(number, { x: RIGHT, y: 76 }, bold(9.5, WHITE), 'right');
    page.text(`${handling.zh}  ${handling.en}`, { x, y: BANNER_HEIGHT + 10 }, SMALL);
  });
}

function runningHead(page: Page, { title, number, issuer }: DossierFacts): void {
  page.text(`${issuer.zh}  ·  ${title.zh}`, { x: MARGINS.left, y: 32 }, SMALL);
  page.text(number, { x: RIGHT, y: 32 }, bold(8, DEEP), 'right');
  page.line({ x: MARGINS.left, y: 48 }, { x: RIGHT, y: 48 }, { stroke: RULE });
}

function runningFoot(page: Page, { made, handling }: DossierFacts, pages: string): void {
  const y = A4.height - 40;
  page.line({ x: MARGINS.left, y: y - 6 }, { x: RIGHT, y: y - 6 }, { stroke: RULE });
  page.lines(fitted(`${made}   ${handling.zh}`, RIGHT - MARGINS.left - 110, SMALL, 1), { x: MARGINS.left, y }, SMALL);
  page.text(pages, { x: RIGHT, y }, SMALL, 'right');
}

type FactRow = readonly [Fact] | readonly [Fact, Fact];

/** Two beside each other; a wide one alone. */
function rowsOf(facts: readonly Fact[]): readonly FactRow[] {
  const rows: FactRow[] = [];
  let waiting: Fact | undefined;
  for (const fact of facts) {
    if (waiting !== undefined && fact.wide !== true) {
      rows.push([waiting, fact]);
      waiting = undefined;
    } else {
      if (waiting !== undefined) rows.push([waiting]);
      if (fact.wide === true) rows.push([fact]);
      waiting = fact.wide === true ? undefined : fact;
    }
  }
  if (waiting !== undefined) rows.push([waiting]);
  return rows;
}

function drawFacts(flow: Flow, row: FactRow): void {
  const half = (flow.width - COLUMN_GAP) / 2;
  const cells = row.map((fact) => {
    const width = fact.wide === true ? flow.width : half;
    return { fact, width, lines: wrapped(fact.value === '' ? '—' : fact.value, width, VALUE) };
  });
  const most = Math.max(...cells.map(({ lines }) => lines.length));
  const height = lineHeightOf(LABEL) + most * lineHeightOf(VALUE) + 9;
  flow.block(height, (page, { x, y }) => {
    cells.forEach(({ fact, width, lines }, index) => {
      const left = x + index * (half + COLUMN_GAP);
      page.text(`${fact.label.zh}  ${fact.label.en}`, { x: left, y: y + 2 }, LABEL);
      page.lines(lines, { x: left, y: y + 2 + lineHeightOf(LABEL) }, VALUE);
      page.line(
        { x: left, y: y + height - 2 },
        { x: left + width, y: y + height - 2 },
        { stroke: RULE, lineWidth: 0.5 },
      );
    });
  });
}
