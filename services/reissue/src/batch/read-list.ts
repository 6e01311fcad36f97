// Reads a list as it comes out of a spreadsheet: CSV in UTF-8, UTF-16 or, as Excel in China writes it, GBK; with commas, semicolons or
// tabs; with headings in Chinese or English, in any order. What cannot be read for certain is refused and says why (REI-53).
import { isUtf8 } from 'node:buffer';
import { DomainError, ID_TYPES, type IdType } from '@tongpiao/kernel';
import { CsvError, parse } from 'csv-parse/sync';
import { z } from 'zod';
import type { Correction } from '../features/case-facts.ts';

export type GivenLine = { readonly number: string; readonly correction?: Correction | undefined };
type Column = 'number' | 'name' | 'idType' | 'idNumber';

const HEADINGS: Readonly<Record<string, Column>> = {
  number: 'number',
  ticketnumber: 'number',
  ticket: 'number',
  票号: 'number',
  电子客票号: 'number',
  name: 'name',
  姓名: 'name',
  更正姓名: 'name',
  idtype: 'idType',
  证件类型: 'idType',
  更正证件类型: 'idType',
  idnumber: 'idNumber',
  证件号码: 'idNumber',
  证件号: 'idNumber',
  更正证件号码: 'idNumber',
};
/** As people write the kinds of documents that most have. */
const ID_TYPE_WORDS: Readonly<Record<string, IdType>> = { 身份证: 'id_card', 居民身份证: 'id_card', 护照: 'passport' };

/** What a spreadsheet cell can hold that is meant; more is a file that is no list. */
const CELL_MAX = 200;
const DELIMITERS = [',', ';', '\t'];

export function readList(bytes: Buffer, linesMax: number): readonly GivenLine[] {
  const rows = rowsOf(textOf(bytes), linesMax);
  const [headings, ...lines] = rows;
  if (headings === undefined) throw new DomainError('reissue.batch-empty', 'The list is empty.');
  const columns = headings.map(
    (heading) =>
      HEADINGS[
        plain(heading)
          .toLowerCase()
          .replaceAll(/[\s_-]/g, '')
      ],
  );
  const known = columns.filter((column) => column !== undefined);
  if (!known.includes('number') || new Set(known).size < known.length)
    throw new DomainError('reissue.batch-csv-headings', 'The first line does not name the columns.');
  return lines.map((cells, index) => lineOf(columns, cells, index + 2));
}

/** @throws DomainError when the bytes are no text, or in an encoding that cannot be told */
function textOf(bytes: Buffer): string {
  const [first, second] = bytes;
  const decode = (encoding: string): string => {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      throw new DomainError('reissue.batch-encoding', 'The file is neither UTF-8 nor GBK.');
    }
  };
  const isWide = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  const text = isWide ? decode(first === 0xff ? 'utf-16le' : 'utf-16be') : decode(isUtf8(bytes) ? 'utf-8' : 'gb18030');
  // A workbook, a picture, a program: nothing that was saved as text has these.
  if (/[^\P{Cc}\t\r\n]/u.test(text)) throw new DomainError('reissue.batch-not-csv', 'The file is no CSV.');
  return text;
}

const rowsSchema = z.array(z.array(z.string()));

function rowsOf(text: string, linesMax: number): readonly (readonly string[])[] {
  try {
    const parsed: unknown = parse(text, {
      bom: true,
      delimiter: DELIMITERS.find((delimiter) => (text.split(/\r|\n/, 1)[0] ?? '').includes(delimiter)) ?? ',',
      skip_empty_lines: true,
      // Rows of nothing but delimiters are what a spreadsheet leaves of lines that were cleared.
      skip_records_with_empty_values: true,
      trim: true,
      // A quote within a cell, as in `="0123"`, is a character; one that begins a cell and is not closed is a fault.
      relax_quotes: true,
      max_record_size: 4 * CELL_MAX,
      // One more than may be is enough to know that it is too many; one is the headings.
      to: linesMax + 2,
    });
    const rows = rowsSchema.parse(parsed);
    if (rows.length > linesMax + 1)
      throw new DomainError('reissue.batch-too-large', 'The list is too long.', { linesMax });
    return rows;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = Number(error['lines'] ?? 0);
    throw new DomainError('reissue.batch-csv-malformed', error.message, { line });
  }
}

/** Excel's way to keep leading zeros of a number: `="0123"`. */
function plain(cell: string): string {
  return /^="(.*)"$/s.exec(cell)?.[1]?.trim() ?? cell;
}

function lineOf(columns: readonly (Column | undefined)[], cells: readonly string[], line: number): GivenLine {
  const given = new Map<Column, string>();
  for (const [index, column] of columns.entries()) {
    const cell = plain(cells[index] ?? '');
    if (cell.length > CELL_MAX) throw new DomainError('reissue.batch-csv-malformed', 'A cell is too long.', { line });
    if (column !== undefined && cell !== '') given.set(column, cell);
  }
  const name = given.get('name');
  const idNumber = given.get('idNumber');
  const word = given.get('idType');
  const idType = word === undefined ? undefined : idTypeOf(word, line);
  const correction = {
    ...(name === undefined ? {} : { name }),
    ...(idType === undefined ? {} : { idType }),
    ...(idNumber === undefined ? {} : { idNumber }),
  };
  return { number: given.get('number') ?? '', ...(Object.keys(correction).length === 0 ? {} : { correction }) };
}

function idTypeOf(word: string, line: number): IdType {
  const known = ID_TYPE_WORDS[word] ?? ID_TYPES.find((idType) => idType === word.toLowerCase().replaceAll('-', '_'));
  if (known === undefined) throw new DomainError('reissue.batch-csv-id-type', 'An unknown kind of document.', { line });
  return known;
}
