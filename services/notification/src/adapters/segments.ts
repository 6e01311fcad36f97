// Counts and cuts the text of an SMS as networks do (NOT-07; 3GPP TS 23.038 and 23.040): 160/153 characters of the GSM
// alphabet or 70/67 UTF-16 units. Pure, because the price of a message depends on it before anything is sent.

export type SmsEncoding = 'gsm7' | 'ucs2';

const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Written as an escape and a second character, so they count twice. */
const extended = new Set('\f^{}\\[~]|€');

const limits = { gsm7: { alone: 160, part: 153 }, ucs2: { alone: 70, part: 67 } } as const;

/** Characters in the sense of the alphabet that are kept together: an escape with its character, a surrogate pair. */
const unitsOf = (character: string, encoding: SmsEncoding): number =>
  encoding === 'ucs2' ? character.length : extended.has(character) ? 2 : 1;

/** One character outside the GSM alphabet, and the whole message is UCS-2. */
export const encodingOf = (text: string): SmsEncoding => {
  for (const character of text) if (!basic.has(character) && !extended.has(character)) return 'ucs2';
  return 'gsm7';
};

/** Cuts a text into the parts that are sent; a short one is one part. Nothing is torn apart, so parts may stay short. */
export const splitSegments = (text: string): { readonly encoding: SmsEncoding; readonly parts: readonly string[] } => {
  const encoding = encodingOf(text);
  const { alone, part: limit } = limits[encoding];
  const parts: string[] = [];
  let part = '';
  let units = 0;
  let total = 0;
  for (const character of text) {
    const size = unitsOf(character, encoding);
    total += size;
    if (units + size > limit) {
      parts.push(part);
      part = '';
      units = 0;
    }
    part += character;
    units += size;
  }
  return { encoding, parts: total <= alone ? [text] : [...parts, part] };
};

/** @param text with its signature 【…】, which counts too */
export const countSegments = (text: string): number => splitSegments(text).parts.length;
