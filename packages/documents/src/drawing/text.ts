// Text before it is drawn: how wide it is, and where its lines break. Chinese breaks between any two characters except where a line
// would begin or end with the wrong punctuation (GB/T 15834, 5.1: marks that may not stand at the head or the end of a line);
// words of other scripts stay whole while they fit on a line.
import { fontOf, type Face } from '../font/faces.ts';

/** `#rrggbb` */
export type Colour = `#${string}`;

export type TextStyle = {
  readonly face: Face;
  /** Points. */
  readonly size: number;
  readonly colour: Colour;
  /** Added after each character, in points. Default 0. */
  readonly spacing?: number;
  /** Distance of two lines, times the size. Default 1.45: Chinese fills its squares and needs more air than Latin. */
  readonly leading?: number;
};

const LEADING = 1.45;
/** Closing marks, which may not begin a line, and opening ones, which may not end it. */
const NOT_FIRST = new Set('、。，．：；？！）］｝〉》」』】〕〗’”…—–·～‰％°,.:;?!)]}%');
const NOT_LAST = new Set('（［｛〈《「『【〔〖‘“([{¥￥$№');

/** What can be drawn: no control characters, accents joined with their letters. */
export function drawable(text: string): string {
  return text
    .normalize('NFC')
    .replaceAll(/[\t\r\n\v\f\u0085\u2028\u2029]+/g, ' ')
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, '');
}

/** Points. */
export function widthOf(text: string, style: TextStyle): number {
  const font = fontOf(style.face);
  const spacing = style.spacing ?? 0;
  let units = 0;
  let characters = 0;
  for (const character of text) {
    units += font.advanceOf(font.glyphOf(character.codePointAt(0) ?? 0));
    characters += 1;
  }
  return (units / font.unitsPerEm) * style.size + characters * spacing;
}

/** Points from one line to the next. */
export function lineHeightOf(style: TextStyle): number {
  return style.size * (style.leading ?? LEADING);
}

/** Ideographs, kana and full-width marks: between two of them a line may break without a space. */
function isWide(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return (
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe4f) ||
    (code >= 0xff00 && code <= 0xffef) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}

function mayBreak(before: string, after: string): boolean {
  if (before === ' ') return after !== ' ';
  if (after === ' ' || NOT_FIRST.has(after) || NOT_LAST.has(before)) return false;
  return isWide(before) || isWide(after) || before === '-' || before === '/';
}

/** @param width points @returns lines without blanks at their ends; at least one, perhaps empty. Line feeds break lines. */
export function wrapped(text: string, width: number, style: TextStyle): readonly string[] {
  return text.split(/\r?\n/).flatMap((paragraph) => wrappedParagraph(Array.from(drawable(paragraph)), width, style));
}

function wrappedParagraph(characters: readonly string[], width: number, style: TextStyle): readonly string[] {
  const lines: string[] = [];
  let from = 0;
  do {
    const end = endOfLine(characters, from, width, style);
    lines.push(characters.slice(from, end).join('').trim());
    from = end;
  } while (from < characters.length);
  return lines;
}

/** The last place to break before the width is used up; where there is none, as in a very long word, the width itself. */
function endOfLine(characters: readonly string[], from: number, width: number, style: TextStyle): number {
  let used = 0;
  let chance = from;
  for (let at = from; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    if (at > from && mayBreak(characters[at - 1] ?? '', character)) chance = at;
    used += widthOf(character, style);
    // Blanks at the end of a line are not seen, and one character is always drawn.
    if (used > width && at > from && character !== ' ') return chance > from ? chance : at;
  }
  return characters.length;
}

/** At most so many lines; what does not fit ends in an ellipsis. */
export function fitted(text: string, width: number, style: TextStyle, linesMax: number): readonly string[] {
  const lines = wrapped(text, width, style);
  if (lines.length <= linesMax) return lines;
  const last = Array.from(lines[linesMax - 1] ?? '');
  // The Chinese ellipsis stands in the middle of its square; beside Latin letters one expects dots on the line.
  const ellipsis = isWide(last[last.length - 1] ?? '') ? '…' : '...';
  while (last.length > 0 && widthOf(`${last.join('')}${ellipsis}`, style) > width) last.pop();
  return [...lines.slice(0, linesMax - 1), `${last.join('').trimEnd()}${ellipsis}`];
}
