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

/** @returns the value with all that leads to a person replaced; the rest is as it was, order included */
function replaced(value: unknown, names: readonly string[], replace: Replace): unknown {
  if (typeof value === 'string') return isSealed(value) ? replace(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => replaced(item, names, replace));
  if (!isPlain(value)) return value;
  return isPersonalValue(value) ? replace(value) : replacePersonal({ ...value }, names, replace);
}

/** The same for the fields of a record or an event. @param names of fields whose text leads to a person */
export function replacePersonal(fields: Fields, names: readonly string[], replace: Replace): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, item]) => [
      name,
      typeof item === 'string' && names.includes(name) ? replace(item) : replaced(item, names, replace),
    ]),
  );
}

/** @returns the fields as they are kept when their time is over: figures, and nobody */
export function withoutPerson(fields: Fields, names: readonly string[]): Record<string, unknown> {
  return replacePersonal(fields, names, (found) => (typeof found === 'string' ? '' : ERASED));
}
