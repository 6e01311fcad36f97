// The words on a ticket, Chinese first and English beside it: what a traveller from elsewhere needs at a gate.
import { localDate, localDateOf, localTimeOf, weekdayOf, type Certificate, type IdType } from '@tongpiao/kernel';

export type Bilingual = { readonly zh: string; readonly en: string };

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const WEEKDAYS: Readonly<Record<1 | 2 | 3 | 4 | 5 | 6 | 7, Bilingual>> = {
  1: { zh: '周一', en: 'Mon' },
  2: { zh: '周二', en: 'Tue' },
  3: { zh: '周三', en: 'Wed' },
  4: { zh: '周四', en: 'Thu' },
  5: { zh: '周五', en: 'Fri' },
  6: { zh: '周六', en: 'Sat' },
  7: { zh: '周日', en: 'Sun' },
};

const DOCUMENTS: Readonly<Record<IdType, Bilingual>> = {
  id_card: { zh: '身份证', en: 'ID card' },
  passport: { zh: '护照', en: 'Passport' },
  hk_macao_permit: { zh: '港澳居民来往内地通行证', en: 'HK/Macao permit' },
  taiwan_permit: { zh: '台湾居民来往大陆通行证', en: 'Taiwan permit' },
  residence_permit: { zh: '港澳台居民居住证', en: 'Residence permit' },
  foreign_permanent_resident: { zh: '外国人永久居留身份证', en: 'Permanent resident card' },
  military: { zh: '军人证件', en: 'Military ID' },
  birth_certificate: { zh: '出生医学证明', en: 'Birth certificate' },
  other: { zh: '证件', en: 'Document' },
};

const CERTIFICATE_WORDS: Readonly<Record<Certificate, Bilingual>> = {
  student: { zh: '学生证', en: 'student card' },
  senior: { zh: '老年人优待证', en: 'senior card' },
  serviceman: { zh: '军人证', en: "serviceman's card" },
  disabled_serviceman: { zh: '残疾军人证', en: "disabled serviceman's card" },
  fire_rescue: { zh: '消防救援证', en: 'fire and rescue card' },
  disabled: { zh: '残疾人证', en: 'disability card' },
  companion_of_disabled: { zh: '与所陪同残疾人同行', en: 'come with the disabled person accompanied' },
  school_group: { zh: '学校证明', en: 'letter of the school' },
  teacher: { zh: '教师资格证', en: "teacher's card" },
  journalist: { zh: '记者证', en: 'press card' },
  resident: { zh: '本地居民证明', en: 'proof of residence' },
  other: { zh: '优惠资格证明', en: 'proof of the concession' },
};

export function documentWord(idType: string): Bilingual {
  return isKey(DOCUMENTS, idType) ? DOCUMENTS[idType] : DOCUMENTS.other;
}

/** @param proof as a ticket keeps it: `age`, `height≤120cm`, or a certificate; any other is shown as it is */
export function proofWord(proof: string): Bilingual {
  if (proof === 'age') return { zh: '年龄证明', en: 'proof of age' };
  const height = /^height≤(\d+)cm$/.exec(proof)?.[1];
  if (height !== undefined) return { zh: `身高不超过${height}厘米`, en: `height up to ${height} cm` };
  return isKey(CERTIFICATE_WORDS, proof) ? CERTIFICATE_WORDS[proof] : { zh: proof, en: proof };
}

function isKey<Key extends string>(words: Readonly<Record<Key, Bilingual>>, name: string): name is Key {
  return Object.hasOwn(words, name);
}

/** @param date `2026-12-01` @throws RangeError for what is no day */
export function dayWord(date: string): Bilingual & { readonly weekday: Bilingual } {
  const day = localDate(date);
  const [year, month, dayOfMonth] = day.split('-').map(Number);
  return {
    zh: `${year ?? ''}年${month ?? ''}月${dayOfMonth ?? ''}日`,
    en: `${dayOfMonth ?? ''} ${MONTHS[(month ?? 1) - 1] ?? ''} ${year ?? ''}`,
    weekday: WEEKDAYS[weekdayOf(day)],
  };
}

/** `09:00–11:00`, as clocks at the site show it; the end of a day is 24:00, and `+1` says that it is another day's. */
export function spanWord(from: string, until: string, zone: string): string {
  const [begins, ends] = [from, until].map((instant) => localTimeOf(new Date(instant), zone));
  if (begins === undefined || ends === undefined) return '';
  if (ends === '00:00') return `${begins}–24:00`;
  return `${begins}–${ends}${ends < begins ? ' +1' : ''}`;
}

/** REI-30: what a ticket bears that was made in the place of another. @param at the moment at which it was */
export function reissuedMark(at: string, zone: string): Bilingual & { readonly on: string } {
  return { zh: '补发', en: 'REISSUED', on: localDateOf(new Date(at), zone) };
}
