// Personal values as answers, prints and messages may show them (PLA-11): enough to recognise one's own, too little to use another's.
// Whatever comes in, the plain value never goes out: what is too short to mask is hidden whole.
import { parsePhone } from './phone.ts';

const HIDDEN = '***';

/** Shows `head` and `tail` characters (code points, not halves of them) and a star for each character between. */
function keepEnds(characters: readonly string[], head: number, tail: number): string {
  const end = characters.length - tail;
  return characters.slice(0, head).join('') + '*'.repeat(end - head) + characters.slice(end).join('');
}

/** Mainland mobiles as `138****5678`; other numbers show three characters at each end, short ones two at the end or none. */
export function maskPhone(phone: string): string {
  const parsed = parsePhone(phone);
  const characters = Array.from(parsed.ok ? parsed.phone : phone.trim());
  if (parsed.ok && parsed.region === 'mainland') return keepEnds(characters, 3, 4);
  if (characters.length >= 10) return keepEnds(characters, 3, 3);
  return characters.length >= 7 ? keepEnds(characters, 0, 2) : HIDDEN;
}

/** 18 characters as 4 + 10 + 4 (`3301**********1234`), others with two at each end (`E1*****78`), short ones with the last or none. */
export function maskIdNumber(number: string): string {
  const characters = Array.from(number.replace(/\s+/gu, ''));
  if (characters.length === 18) return keepEnds(characters, 4, 4);
  if (characters.length >= 7) return keepEnds(characters, 2, 2);
  return characters.length >= 4 ? keepEnds(characters, 0, 1) : HIDDEN;
}

/** The compound surnames (复姓) in common use. */
const COMPOUND_SURNAMES: ReadonlySet<string> = new Set(
  (
    '欧阳 上官 司马 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 司空 夏侯 端木 南宫 西门 长孙 宇文 轩辕 独孤 澹台 公冶 宗政 濮阳 ' +
    '淳于 单于 太叔 申屠 仲孙 钟离 闻人 赫连 万俟 拓跋 呼延 百里 东郭 南门 第五 左丘 梁丘 公羊 公西 颛孙 壤驷 漆雕 乐正 宰父 ' +
    '歐陽 司馬 諸葛 東方 尉遲 公孫 長孫 軒轅 獨孤 鍾離 聞人 赫連 單于 南宮 西門'
  ).split(' '),
);

/** 张三 → `张*`, 欧阳修 → `欧阳*`, 阿不都·热依木 → `阿*`. One star: the length of a name is a hint too. */
function maskHanName(characters: readonly string[]): string {
  const compound = characters.slice(0, 2).join('');
  if (characters.length >= 3 && COMPOUND_SURNAMES.has(compound)) return `${compound}*`;
  return characters.length >= 2 ? `${characters.slice(0, 1).join('')}*` : HIDDEN;
}

/** John Smith → `J*** S***`; a part of fewer than two letters is hidden whole. */
function maskNamePart(part: string): string {
  const characters = Array.from(part);
  const letters = characters.filter((character) => /[\p{L}\p{N}]/u.test(character)).length;
  return letters >= 2 ? `${characters.slice(0, 1).join('')}${HIDDEN}` : HIDDEN;
}

/** Chinese names show the surname, others the first letter of each of at most four parts. */
export function maskName(name: string): string {
  const trimmed = name.trim();
  if (/^\p{Script=Han}[\p{Script=Han}·•・\s]*$/u.test(trimmed))
    return maskHanName(Array.from(trimmed.replace(/\s+/gu, '')));
  return trimmed.split(/\s+/u).slice(0, 4).map(maskNamePart).join(' ');
}

/** `a***@x.com`; an address with one character before the @ shows none of it, and what is no address is hidden whole. */
export function maskEmail(email: string): string {
  const trimmed = email.trim();
  const at = trimmed.lastIndexOf('@');
  if (at <= 0 || at === trimmed.length - 1) return HIDDEN;
  const local = Array.from(trimmed.slice(0, at));
  return `${local.length >= 2 ? local.slice(0, 1).join('') : ''}${HIDDEN}${trimmed.slice(at)}`;
}
