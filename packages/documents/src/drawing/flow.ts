// Text that runs over pages: headings, paragraphs and tables one below the other, each page with its header and footer. What knows
// how many pages there are, such as "3 / 7", is drawn when the text has ended.
import type { PdfDocument } from './document.ts';
import type { Page, PageSize } from './page.ts';
import { drawTable, type Table } from './table.ts';
import { lineHeightOf, wrapped, type TextStyle } from './text.ts';

export type Margins = { readonly top: number; readonly right: number; readonly bottom: number; readonly left: number };
export type PageFacts = { readonly number: number; readonly count: number };

export type FlowOptions = {
  readonly size: PageSize;
  /** Header and footer are drawn inside them. */
  readonly margins: Margins;
  readonly header?: (page: Page, facts: PageFacts) => void;
  readonly footer?: (page: Page, facts: PageFacts) => void;
};

export type Flow = {
  /** Points between the margins. */
  readonly width: number;
  /** Wrapped over as many pages as it needs; never one line alone at the end of a page. */
  paragraph(text: string, style: TextStyle): void;
  /** Stays on the page of what follows, `with` points of it. */
  heading(text: string, style: TextStyle, below?: number): void;
  table(table: Table): void;
  space(points: number): void;
  /** Something of one's own that must not be torn. @param below so much of what follows stays on its page */
  block(height: number, draw: (page: Page, at: { x: number; y: number }) => void, below?: number): void;
  /** Draws headers and footers; the document is finished by whoever opened it. */
  finish(): void;
};

export function createFlow(document: PdfDocument, options: FlowOptions): Flow {
  const { size, margins } = options;
  const width = size.width - margins.left - margins.right;
  const bottom = size.height - margins.bottom;
  let page = document.page(size);
  const pages = [page];
  let y = margins.top;

  /** What is higher than a page begins on a new one and runs over its end. */
  function makeRoom(height: number): void {
    if (y + height <= bottom || y === margins.top) return;
    page = document.page(size);
    pages.push(page);
    y = margins.top;
  }
  const cursor = {
    width,
    left: margins.left,
    makeRoom,
    fits: (height: number) => y + height <= bottom,
    at: () => ({ page, y }),
    moveTo(next: number) {
      y = next;
    },
  };

  function paragraph(text: string, style: TextStyle): void {
    const lines = wrapped(text, width, style);
    const height = lineHeightOf(style);
    lines.forEach((line, index) => {
      const first = index === 0 && lines.length > 1;
      const beforeLast = index === lines.length - 2;
      makeRoom(first || beforeLast ? 2 * height : height);
      y = page.lines([line], { x: margins.left, y }, style);
    });
  }

  return {
    width,
    paragraph,
    heading(text, style, below = 2 * lineHeightOf(style)) {
      const lines = wrapped(text, width, style);
      makeRoom(lines.length * lineHeightOf(style) + below);
      y = page.lines(lines, { x: margins.left, y }, style);
    },
    table(table) {
      drawTable(table, cursor);
    },
    space(points) {
      y = Math.min(y + points, bottom);
    },
    block(height, draw, below = 0) {
      makeRoom(height + below);
      draw(page, { x: margins.left, y });
      y += height;
    },
    finish() {
      pages.forEach((each, index) => {
        const facts = { number: index + 1, count: pages.length };
        options.header?.(each, facts);
        options.footer?.(each, facts);
      });
    },
  };
}
