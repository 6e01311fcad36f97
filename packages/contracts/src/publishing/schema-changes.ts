// What a version may become: within it a producer may add optional fields and nothing else (PLA-43). A consumer that was built
// before must still accept what is said today, and one that is built today what was said before; so widening breaks as narrowing does.
import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject } from './json.ts';

/** Words for people; they bind nobody. */
const ANNOTATIONS: ReadonlySet<string> = new Set(['$schema', '$id', 'title', 'description', 'examples', '$comment']);
const LISTS_OF_SCHEMAS: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);

/**
 * @param place what is described, as the sentences call it
 * @param before schema as recorded
 * @param after schema as it is now
 * @returns one sentence for each change that needs a new version; empty when every consumer, old or new, can read both
 */
export function breakingChanges(place: string, before: unknown, after: unknown): readonly string[] {
  if (!isJsonObject(before) || !isJsonObject(after)) return changedValue(place, before, after);
  const keywords = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keywords]
    .filter((keyword) => !ANNOTATIONS.has(keyword) && keyword !== 'required')
    .flatMap((keyword) => {
      const was = before[keyword];
      const is = after[keyword];
      if (keyword === 'properties') return changedProperties(place, before, after);
      if (keyword === 'enum') return changedChoice(place, listOf(was), listOf(is));
      if (LISTS_OF_SCHEMAS.has(keyword)) return changedForms(`${place}(${keyword})`, listOf(was), listOf(is));
      if (keyword === 'items' && isJsonObject(was) && isJsonObject(is)) return breakingChanges(`${place}[]`, was, is);
      if (isJsonObject(was) && isJsonObject(is)) return breakingChanges(`${place}(${keyword})`, was, is);
      return changedValue(`${place}: ${keyword}`, was, is);
    });
}

function changedProperties(place: string, before: JsonObject, after: JsonObject): readonly string[] {
  const was = objectOf(before['properties']);
  const is = objectOf(after['properties']);
  const wasRequired = new Set(listOf(before['required']));
  const isRequired = new Set(listOf(after['required']));
  const kept = Object.keys(was).flatMap((name) => {
    const at = `${place}.${name}`;
    if (!Object.hasOwn(is, name)) return [`${at} is gone`];
    const changes = breakingChanges(at, was[name], is[name]);
    if (wasRequired.has(name) === isRequired.has(name)) return changes;
    return [...changes, wasRequired.has(name) ? `${at} was required, is optional` : `${at} was optional, is required`];
  });
  const added = Object.keys(is)
    .filter((name) => !Object.hasOwn(was, name) && isRequired.has(name))
    .map((name) => `${place}.${name} is new and required`);
  return [...kept, ...added];
}

function changedChoice(place: string, was: readonly unknown[], is: readonly unknown[]): readonly string[] {
  return [
    ...was.filter((value) => !is.includes(value)).map((value) => `${place} no longer takes ${JSON.stringify(value)}`),
    ...is
      .filter((value) => !was.includes(value))
      .map((value) => `${place} now takes ${JSON.stringify(value)}, which older consumers refuse`),
  ];
}

function changedForms(place: string, was: readonly unknown[], is: readonly unknown[]): readonly string[] {
  if (was.length !== is.length) return [`${place} had ${was.length} forms, has ${is.length}`];
  return was.flatMap((form, index) => breakingChanges(`${place}[${index}]`, form, is[index]));
}

function changedValue(what: string, was: unknown, is: unknown): readonly string[] {
  return isDeepStrictEqual(was, is) ? [] : [`${what} was ${wordsFor(was)}, is ${wordsFor(is)}`];
}

function wordsFor(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value);
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
