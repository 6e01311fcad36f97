// One page to draw on. Places are points from the upper left corner, as one thinks of paper; PDF counts from the lower left, and
// only this file knows.
import type { Face } from '../font/faces.ts';
import { numeral } from '../pdf/pdf-file.ts';
import { qrCode, type QrCode } from './qr.ts';
import { drawable, lineHeightOf, widthOf, wrapped, type Colour, type TextStyle } from './text.ts';

/** Points: 1/72 inch, 0.353 mm. */
export type PageSize = { readonly width: number; readonly height: number };
export const A4: PageSize = { width: 595.28, height: 841.89 };
export const A5: PageSize = { width: 419.53, height: 595.28 };

export type Point = { readonly x: number; readonly y: number };
export type Box = Point & { readonly width: number; readonly height: number };
export type Paint = {
  readonly fill?: Colour;
  readonly stroke?: Colour;
  /** Points. Default 0.75. */
  readonly lineWidth?: number;
  /** Of the corners, in points. */
  readonly radius?: number;
  /** Lengths of dash and gap in points. */
  readonly dash?: readonly [number, number];
};

export type Page = {
  readonly size: PageSize;
  /** One line, with the top of its line box at `y`. `align` is about the point: 'right' ends there. */
  text(text: string, at: Point, style: TextStyle, align?: 'left' | 'centre' | 'right'): void;
  /** Wrapped lines. @returns where the next line would begin */
  paragraph(text: string, at: Point & { readonly width: number }, style: TextStyle): number;
  /** Lines that are broken already. @returns where the next line would begin */
  lines(lines: readonly string[], at: Point, style: TextStyle): number;
  box(box: Box, paint: Paint): void;
  circle(centre: Point, radius: number, paint: Paint): void;
  line(from: Point, to: Point, paint: Omit<Paint, 'fill' | 'radius'>): void;
  /** A QR code as squares of ink, without its quiet zone: leave four squares free around it. */
  qr(text: string, at: Point & { readonly side: number }, colour: Colour): void;
  /** Draws with the paper turned about a point, clockwise. */
  turned(degrees: number, about: Point, draw: () => void): void;
};

/** What stands in the file: PDF operators. */
export type PageContent = { readonly size: PageSize; readonly operators: readonly string[] };

/** What the fonts are called on every page. */
export const FONT_NAMES: Readonly<Record<Face, string>> = { regular: '/R', bold: '/B' };

/** Share of a Chinese square above the baseline. Source: the design of Source Han Sans, em box 880 above and 120 below. */
const ABOVE_BASELINE = 0.88;
/** How far the control points of a Bézier curve stand for a quarter of a circle. */
const QUARTER = 0.5523;

/** @param encode text as the document's font of that face spells it */
export function createPage(
  size: PageSize,
  encode: (face: Face, text: string) => string,
): Page & { readonly operators: readonly string[] } {
  const operators: string[] = [];
  const up = (y: number): number => size.height - y;
  const at = (x: number, y: number): string => `${numeral(x)} ${numeral(up(y))}`;

  function painted(path: string, { fill, stroke, lineWidth = 0.75, dash }: Paint): void {
    if (fill === undefined && stroke === undefined) return;
    const setup = [
      fill === undefined ? '' : `${rgb(fill)} rg`,
      stroke === undefined ? '' : `${rgb(stroke)} RG ${numeral(lineWidth)} w`,
      dash === undefined ? '' : `[${dash.map(numeral).join(' ')}] 0 d`,
    ];
    const paint = fill === undefined ? 'S' : stroke === undefined ? 'f' : 'B';
    const after = dash === undefined ? [] : ['[] 0 d'];
    operators.push([...setup.filter((part) => part !== ''), path, paint, ...after].join(' '));
  }

  function write(line: string, x: number, y: number, style: TextStyle): void {
    if (line === '') return;
    // The square stands in the middle of its line.
    const baseline = y + (lineHeightOf(style) - style.size) / 2 + style.size * ABOVE_BASELINE;
    operators.push(
      `BT ${FONT_NAMES[style.face]} ${numeral(style.size)} Tf ${rgb(style.colour)} rg ${numeral(style.spacing ?? 0)} Tc` +
        ` ${at(x, baseline)} Td ${encode(style.face, line)} Tj ET`,
    );
  }

  function lines(list: readonly string[], { x, y }: Point, style: TextStyle): number {
    list.forEach((line, index) => {
      write(line, x, y + index * lineHeightOf(style), style);
    });
    return y + list.length * lineHeightOf(style);
  }

  return {
    size,
    operators,
    text(text, { x, y }, style, align = 'left') {
      const line = drawable(text);
      // The space after the last character is no part of what one sees.
      const width = align === 'left' ? 0 : widthOf(line, style) - (style.spacing ?? 0);
      write(line, align === 'centre' ? x - width / 2 : x - width, y, style);
    },
    paragraph: (text, { x, y, width }, style) => lines(wrapped(text, width, style), { x, y }, style),
    lines,
    box({ x, y, width, height }, paint) {
      const radius = Math.min(paint.radius ?? 0, width / 2, height / 2);
      const path =
        radius === 0
          ? `${at(x, y + height)} ${numeral(width)} ${numeral(height)} re`
          : rounded({ x, y, width, height }, radius, at);
      painted(path, paint);
    },
    circle({ x, y }, radius, paint) {
      painted(rounded({ x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius }, radius, at), paint);
    },
    line(from, to, paint) {
      painted(`${at(from.x, from.y)} m ${at(to.x, to.y)} l`, paint);
    },
    qr(text, { x, y, side }, colour) {
      const code = qrCode(text);
      const unit = numeral(side / code.size);
      // Squares are counted from the upper left, downwards, as the code is.
      operators.push(`q ${unit} 0 0 -${unit} ${at(x, y)} cm ${rgb(colour)} rg ${squares(code)} f Q`);
    },
    turned(degrees, about, draw) {
      const angle = (degrees * Math.PI) / 180;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      const [x, y] = [about.x, up(about.y)];
      const matrix = [cos, -sin, sin, cos, x - cos * x - sin * y, y + sin * x - cos * y];
      operators.push(`q ${matrix.map((value) => String(Math.round(value * 1e6) / 1e6)).join(' ')} cm`);
      draw();
      operators.push('Q');
    },
  };
}

function rounded({ x, y, width, height }: Box, radius: number, at: (x: number, y: number) => string): string {
  const [right, bottom] = [x + width, y + height];
  const rest = radius * (1 - QUARTER);
  return [
    `${at(x + radius, y)} m ${at(right - radius, y)} l`,
    `${at(right - rest, y)} ${at(right, y + rest)} ${at(right, y + radius)} c`,
    `${at(right, bottom - radius)} l`,
    `${at(right, bottom - rest)} ${at(right - rest, bottom)} ${at(right - radius, bottom)} c`,
    `${at(x + radius, bottom)} l`,
    `${at(x + rest, bottom)} ${at(x, bottom - rest)} ${at(x, bottom - radius)} c`,
    `${at(x, y + radius)} l`,
    `${at(x, y + rest)} ${at(x + rest, y)} ${at(x + radius, y)} c h`,
  ].join(' ');
}

/** One path for all dark squares, neighbours in a row joined: filled at once it shows no seams. */
function squares({ size, modules }: QrCode): string {
  const path: string[] = [];
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      if (modules[row * size + column] === 0) continue;
      const first = column;
      while (column + 1 < size && modules[row * size + column + 1] !== 0) column += 1;
      path.push(`${first} ${row} ${column + 1 - first} 1 re`);
    }
  }
  return path.join(' ');
}

function rgb(colour: Colour): string {
  const value = Number.parseInt(colour.slice(1), 16);
  return [16, 8, 0].map((shift) => numeral(((value >> shift) & 0xff) / 255)).join(' ');
}
