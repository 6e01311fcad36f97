// Alipay signs the text of one member of the answer, so that member has to be cut out byte for byte; parsing and
// writing it again would change escapes and spacing.

const skipString = (text: string, start: number): number => {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
};

const skipValue = (text: string, start: number): number => {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const character = text[at];
    if (character === '"') {
      at = skipString(text, at);
      if (depth === 0) return at;
      continue;
    }
    if (character === '{' || character === '[') depth += 1;
    if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) return at + 1;
      if (depth < 0) return at;
    }
    if (depth === 0 && character === ',') return at;
    at += 1;
  }
  return at;
};

/** @returns the raw text of each member of a JSON object, empty where the text is not one */
export const rawMembers = (text: string): ReadonlyMap<string, string> => {
  const members = new Map<string, string>();
  let at = text.indexOf('{') + 1;
  if (at === 0) return members;
  while (at < text.length) {
    const nameStart = text.indexOf('"', at);
    if (nameStart < 0) return members;
    const nameEnd = skipString(text, nameStart);
    const colon = text.indexOf(':', nameEnd);
    if (colon < 0) return members;
    const valueEnd = skipValue(text, colon + 1);
    const name = text.slice(nameStart + 1, nameEnd - 1);
    // The first of two equal names wins; which one a JSON parser takes must not matter, so a second is an error.
    if (members.has(name)) return new Map();
    members.set(name, text.slice(colon + 1, valueEnd).trim());
    at = valueEnd + 1;
  }
  return members;
};
