// The caller's language: Chinese unless Accept-Language asks for English more (PLA-31). Small enough to be exact about q-values.
import type { Language } from '@tongpiao/contracts';

export type Text = { readonly zh: string; readonly en: string };

export function inLanguage(text: Text, language: Language): string {
  return language === 'en' ? text.en : text.zh;
}

/** Longer headers are cut: nobody speaks that many languages. */
const HEADER_MAX = 200;

/** @param header value of Accept-Language; the first of equals wins, `*` and everything unknown is Chinese. */
export function languageOf(header: string | undefined): Language {
  if (header === undefined || header === '') return 'zh-CN';
  let best: Language = 'zh-CN';
  let bestQuality = 0;
  for (const part of header.slice(0, HEADER_MAX).split(',')) {
    const [range = '', ...parameters] = part.trim().toLowerCase().split(';');
    const q = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('q='));
    const quality = q === undefined ? 1 : Number(q.slice(2));
    if (Number.isNaN(quality) || quality <= bestQuality) continue;
    const language = languageOfRange(range.trim());
    if (language === undefined) continue;
    best = language;
    bestQuality = quality;
  }
  return best;
}

function languageOfRange(range: string): Language | undefined {
  if (range === 'en' || range.startsWith('en-')) return 'en';
  if (range === '*' || range === 'zh' || range.startsWith('zh-')) return 'zh-CN';
  return undefined;
}
