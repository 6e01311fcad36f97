// A page as SVG, for screens: the same drawing as on paper, measured with the same font. Text stays text, so that it can be searched and
// copied; whoever looks at it needs a Chinese font of their own, which every screen has.
import type { Face } from '../font/faces.ts';
import { numeral } from '../pdf/pdf-file.ts';
import type { Box, Page, PageSize, Paint, Point } from './page.ts';
import { qrCode } from './qr.ts';
import { drawable, lineHeightOf, widthOf, wrapped, type TextStyle } from './text.ts';

export type SvgPage = Page & {
  /** @param title what a reader that speaks says first */
  finish(title: string): string;
};

const WEIGHT: Readonly<Record<Face, number>> = { regular: 400, bold: 700 };
/** As pages of paper have it. */
const ABOVE_BASELINE = 0.88;
const FAMILY = "'Noto Sans SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',sans-serif";

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function attributes({ fill, stroke, lineWidth = 0.75, dash }: Paint): string {
  const line = stroke === undefined ? '' : ` stroke="${stroke}" stroke-width="${numeral(lineWidth)}"`;
  const dashes = dash === undefined ? '' : ` stroke-dasharray="${dash.map(numeral).join(' ')}"`;
  return ` fill="${fill ?? 'none'}"${line}${dashes}`;
}

export function createSvg(size: PageSize): SvgPage {
  const parts: string[] = [];

  function write(line: string, { x, y }: Point, style: TextStyle): void {
    if (line === '') return;
    const baseline = y + (lineHeightOf(style) - style.size) / 2 + style.size * ABOVE_BASELINE;
    const spacing = style.spacing === undefined ? '' : ` letter-spacing="${numeral(style.spacing)}"`;
    parts.push(
      `<text x="${numeral(x)}" y="${numeral(baseline)}" font-size="${numeral(style.size)}" font-weight="${WEIGHT[style.face]}"` +
        ` fill="${style.colour}"${spacing}>${escaped(line)}</text>`,
    );
  }
  function lines(list: readonly string[], { x, y }: Point, style: TextStyle): number {
    list.forEach((line, index) => {
      write(line, { x, y: y + index * lineHeightOf(style) }, style);
    });
    return y + list.length * lineHeightOf(style);
  }
  function square({ x, y, width, height }: Box): string {
    return `x="${numeral(x)}" y="${numeral(y)}" width="${numeral(width)}" height="${numeral(height)}"`;
  }

  return {
    size,
    text(text, { x, y }, style, align = 'left') {
      const line = drawable(text);
      const width = align === 'left' ? 0 : widthOf(line, style) - (style.spacing ?? 0);
      write(line, { x: align === 'centre' ? x - width / 2 : x - width, y }, style);
    },
    paragraph: (text, { x, y, width }, style) => lines(wrapped(text, width, style), { x, y }, style),
    lines,
    box(box, paint) {
      const radius = paint.radius === undefined ? '' : ` rx="${numeral(paint.radius)}"`;
      parts.push(`<rect ${square(box)}${radius}${attributes(paint)}/>`);
    },
    circle({ x, y }, radius, paint) {
      parts.push(`<circle cx="${numeral(x)}" cy="${numeral(y)}" r="${numeral(radius)}"${attributes(paint)}/>`);
    },
    line(from, to, paint) {
      const ends = `x1="${numeral(from.x)}" y1="${numeral(from.y)}" x2="${numeral(to.x)}" y2="${numeral(to.y)}"`;
      parts.push(`<line ${ends}${attributes(paint)}/>`);
    },
    qr(text, { x, y, side }, colour) {
      const { size: count, modules } = qrCode(text);
      const path = [...modules.keys()].flatMap((index) =>
        modules[index] === 0 ? [] : [`M${index % count} ${Math.floor(index / count)}h1v1h-1z`],
      );
      const place = `translate(${numeral(x)} ${numeral(y)}) scale(${numeral(side / count)})`;
      parts.push(`<path transform="${place}" fill="${colour}" shape-rendering="crispEdges" d="${path.join('')}"/>`);
    },
    turned(degrees, about, draw) {
      parts.push(`<g transform="rotate(${numeral(degrees)} ${numeral(about.x)} ${numeral(about.y)})">`);
      draw();
      parts.push('</g>');
    },
    finish(title) {
      const [width, height] = [numeral(size.width), numeral(size.height)];
      return (
        `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"` +
        ` role="img" font-family="${FAMILY}"><title>${escaped(title)}</title>${parts.join('')}</svg>`
      );
    },
  };
}
