// What of a record leads to a person (PLA-10, PLA-12): sealed values with what is shown of them and their blind indexes, and text in
// fields that a kind of record names. Found by its form, so that whoever erases it need not know the record.
import type { PersonalValue } from './vault.ts';

/** What stays of a personal value: nobody opens it, nothing is shown of it, nothing finds it. */
export const ERASED: PersonalValue = { sealed: '', masked: '***' };

function isPersonalValue(value: object): boolean {
  return 'sealed' in value && typeof value.sealed === 'string' && 'masked' in value && typeof value.masked === 'string';
}

/** Sealed with a record's key, or for a recipient on the bus. */
function isSealed(text: string): boolean {
  return text.startsWith('p1.') || text.startsWith('b1.');
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

type Replace = (found: unknown) => unknown;
type Fields = Readonly<Record<string, unknown>>;
/** What else leads to a person: fields with these names, and these very texts wherever they are. */
type Known = { readonly names: readonly string[]; readonly texts?: readonly string[] };

function isKnown(text: string, { texts = [] }: Known): boolean {
  return isSealed(text) || texts.includes(text);
}

/** @returns the value with all that leads to a person replaced; the rest is as it was, order included */
function replaced(value: unknown, known: Known, replace: Replace): unknown {
  if (typeof value === 'string') return isKnown(value, known) ? replace(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => replaced(item, known, replace));
  if (!isPlain(value)) return value;
  return isPersonalValue(value) ? replace(value) : replacePersonal({ ...value }, known, replace);
}

/** The same for the fields of a record or an event. */
export function replacePersonal(fields: Fields, known: Known, replace: Replace): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, item]) => [
      name,
      typeof item === 'string' && known.names.includes(name) ? replace(item) : replaced(item, known, replace),
    ]),
  );
}

/**
 * @param names of fields whose text leads to a person: an account that stands elsewhere too, as whoever has done something, goes with it
 * @returns the fields as they are kept when their time is over: figures, and nobody
 */
export function withoutPerson(fields: Fields, names: readonly string[]): Record<string, unknown> {
  const texts: string[] = [];
  replacePersonal(fields, { names }, (found) => (typeof found === 'string' && found !== '' ? texts.push(found) : 0));
  return replacePersonal(fields, { names, texts }, (found) => (typeof found === 'string' ? '' : ERASED));
}
