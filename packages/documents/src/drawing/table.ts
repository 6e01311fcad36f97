// A table in a flow: cells wrap, a row stays on one page, and the head stands on every page that the table reaches.
import type { Page } from './page.ts';
import { lineHeightOf, widthOf, wrapped, type Colour, type TextStyle } from './text.ts';

export type Column = {
  readonly head: string;
  /** Share of the width, beside the other columns' shares. */
  readonly share: number;
  readonly align?: 'left' | 'right';
};
export type Table = {
  readonly columns: readonly Column[];
  /** One text per column. */
  readonly rows: readonly (readonly string[])[];
  readonly head: TextStyle;
  readonly body: TextStyle;
  readonly rule: Colour;
  /** Behind the head. */
  readonly headFill?: Colour;
};

/** Where the flow is, and how it goes on. */
export type Cursor = {
  readonly width: number;
  readonly left: number;
  /** Goes to a new page where so much does not fit. */
  makeRoom(height: number): void;
  fits(height: number): boolean;
  at(): { readonly page: Page; readonly y: number };
  moveTo(y: number): void;
};

const PADDING = 4;

export function drawTable(table: Table, cursor: Cursor): void {
  const shares = table.columns.reduce((sum, { share }) => sum + share, 0);
  const widths = table.columns.map(({ share }) => (cursor.width * share) / shares);
  const head = rowOf(
    table.columns.map((column) => column.head),
    table.head,
  );

  function rowOf(texts: readonly string[], style: TextStyle): Row {
    const cells = widths.map((width, index) => wrapped(texts[index] ?? '', width - 2 * PADDING, style));
    const lines = Math.max(1, ...cells.map((cell) => cell.length));
    return { cells, style, height: lines * lineHeightOf(style) + 2 * PADDING };
  }
  function draw({ cells, style, height }: Row, fill?: Colour): void {
    const { page, y } = cursor.at();
    if (fill !== undefined) page.box({ x: cursor.left, y, width: cursor.width, height }, { fill });
    let x = cursor.left;
    cells.forEach((lines, index) => {
      const width = widths[index] ?? 0;
      const toTheRight = table.columns[index]?.align === 'right';
      lines.forEach((line, number) => {
        const inset = toTheRight ? width - PADDING - widthOf(line, style) : PADDING;
        page.text(line, { x: x + inset, y: y + PADDING + number * lineHeightOf(style) }, style);
      });
      x += width;
    });
    const below = y + height;
    page.line({ x: cursor.left, y: below }, { x: cursor.left + cursor.width, y: below }, { stroke: table.rule });
    cursor.moveTo(below);
  }

  const rows = table.rows.map((row) => rowOf(row, table.body));
  // The head alone at the end of a page would head nothing.
  cursor.makeRoom(head.height + (rows[0]?.height ?? 0));
  draw(head, table.headFill);
  for (const row of rows) {
    if (!cursor.fits(row.height)) {
      cursor.makeRoom(row.height);
      draw(head, table.headFill);
    }
    draw(row);
  }
}

type Row = { readonly cells: readonly (readonly string[])[]; readonly style: TextStyle; readonly height: number };
