// Who may hold a ticket type (票种). The rules are data that a site edits; this file only judges a traveller by them, and ships the
// concessions that law or custom ask for. What a desk cannot know, such as a height, is left for the gate to see.
import type { IdType } from './identity-documents.ts';
import { ageOn, localDate, type LocalDate } from './local-dates.ts';

export const CERTIFICATES = [
  'student',
  'senior',
  'serviceman',
  'disabled_serviceman',
  'fire_rescue',
  'disabled',
  'companion_of_disabled',
  'school_group',
  'teacher',
  'journalist',
  'resident',
  'other',
] as const;

export type Certificate = (typeof CERTIFICATES)[number];

/** One way to qualify: everything that is given must hold. */
export type EligibilityGround = {
  /** Full years on the day of use, included. */
  readonly minAge?: number | undefined;
  /** Full years on the day of use, included: 6 admits until the day before the seventh birthday. */
  readonly maxAge?: number | undefined;
  /** Shown at the gate. */
  readonly certificate?: Certificate | undefined;
  /** Measured at the gate, in cm, included. */
  readonly heightMaxCm?: number | undefined;
  /** The document must be one of these. */
  readonly idTypes?: readonly IdType[] | undefined;
};

/** Any one ground suffices; no ground at all means that everybody may. Age *or* height is two grounds. */
export type EligibilityRules = readonly EligibilityGround[];

export type Traveller = {
  readonly idType?: IdType | undefined;
  /** From the document's number or as stated; without it an age is shown at the gate. */
  readonly birthDate?: LocalDate | undefined;
  readonly dayOfUse: LocalDate;
};

export type GateProof =
  | { readonly kind: 'age'; readonly minAge?: number; readonly maxAge?: number }
  | { readonly kind: 'height'; readonly maxCm: number }
  | { readonly kind: 'certificate'; readonly certificate: Certificate };

export type EligibilityRefusal = 'too-young' | 'too-old' | 'id-type';

export type Eligibility =
  | { readonly status: 'ok' }
  | { readonly status: 'refused'; readonly reason: EligibilityRefusal }
  /** Any one of the lists suffices; of a list, everything must be shown. */
  | { readonly status: 'show-at-gate'; readonly anyOf: readonly (readonly GateProof[])[] };

type Judgement = EligibilityRefusal | readonly GateProof[];

function judgeAge({ minAge, maxAge }: EligibilityGround, { birthDate, dayOfUse }: Traveller): Judgement {
  if (minAge === undefined && maxAge === undefined) return [];
  if (birthDate === undefined)
    return [{ kind: 'age', ...(minAge === undefined ? {} : { minAge }), ...(maxAge === undefined ? {} : { maxAge }) }];
  const age = ageOn(birthDate, dayOfUse);
  if (minAge !== undefined && age < minAge) return 'too-young';
  return maxAge !== undefined && age > maxAge ? 'too-old' : [];
}

function judgeGround(ground: EligibilityGround, traveller: Traveller): Judgement {
  const { idTypes, certificate, heightMaxCm } = ground;
  if (idTypes !== undefined && !idTypes.some((type) => type === traveller.idType)) return 'id-type';
  const byAge = judgeAge(ground, traveller);
  if (typeof byAge === 'string') return byAge;
  const proofs: GateProof[] = [...byAge];
  if (certificate !== undefined) proofs.push({ kind: 'certificate', certificate });
  if (heightMaxCm !== undefined) proofs.push({ kind: 'height', maxCm: heightMaxCm });
  return proofs;
}

/**
 * Judges a traveller by a ticket type's rules. Age counts on the day of use. Source: SAL-02.
 * @returns `ok` when a ground holds already; `show-at-gate` when one may hold; else the first ground's refusal
 */
export function checkEligibility(rules: EligibilityRules, traveller: Traveller): Eligibility {
  const judgements = rules.map((ground) => judgeGround(ground, traveller));
  const open = judgements.filter((judgement) => typeof judgement !== 'string');
  if (rules.length === 0 || open.some((proofs) => proofs.length === 0)) return { status: 'ok' };
  if (open.length > 0) return { status: 'show-at-gate', anyOf: open };
  const reason = judgements.find((judgement) => typeof judgement === 'string');
  return { status: 'refused', reason: reason ?? 'id-type' };
}

export type ConcessionPreset = {
  readonly code: string;
  readonly nameZh: string;
  readonly nameEn: string;
  readonly trade: 'scenic' | 'road';
  /** `legal`: the least that the named rule demands. `customary`: what most sites grant; local rules differ and prevail. */
  readonly level: 'legal' | 'customary';
  /** Of the full price, in basis points: 0 is free, 5,000 is half. */
  readonly payableBasisPoints: number;
  readonly rules: EligibilityRules;
  /** Road only: whether the traveller has a seat of their own. */
  readonly seat?: 'none' | 'own';
  /** Road only: how many such travellers each adult may take along. */
  readonly perAdult?: number;
  /** Road only: vehicles with up to so many seats are excepted. */
  readonly exceptVehiclesUpToSeats?: number;
  readonly source: string;
  /** The day from which the source applies, or its publication where the source sets no day. */
  readonly effectiveFrom: LocalDate;
};

const SCENIC_MINIMUM = {
  trade: 'scenic',
  level: 'legal',
  source: '国家发展改革委 2012 年关于政府定价景区门票优惠的通知; market-priced sites are encouraged to follow',
  effectiveFrom: localDate('2012-04-01'),
} as const;

const ROAD_FARES = {
  trade: 'road',
  level: 'legal',
  exceptVehiclesUpToSeats: 9,
  source: '交通运输部、国家发展改革委《关于深化道路运输价格改革的意见》(2019); age or height suffices',
  effectiveFrom: localDate('2019-11-21'),
} as const;

/** Concessions that a new tenant finds ready to adopt. Where a local rule is better for the traveller, it prevails. Source: SAL-02. */
export const CONCESSION_PRESETS: readonly ConcessionPreset[] = [
  {
    ...SCENIC_MINIMUM,
    code: 'scenic-child-free',
    nameZh: '儿童免票',
    nameEn: 'Child, free',
    payableBasisPoints: 0,
    rules: [{ maxAge: 6 }, { heightMaxCm: 120 }],
  },
  {
    ...SCENIC_MINIMUM,
    code: 'scenic-youth-half',
    nameZh: '未成年人半价票',
    nameEn: 'Minor, half price',
    payableBasisPoints: 5_000,
    rules: [{ maxAge: 18 }],
  },
  {
    ...SCENIC_MINIMUM,
    code: 'scenic-student-half',
    nameZh: '学生半价票',
    nameEn: 'Full-time student up to undergraduate, half price',
    payableBasisPoints: 5_000,
    rules: [{ certificate: 'student' }],
  },
  {
    ...SCENIC_MINIMUM,
    code: 'scenic-school-group-free',
    nameZh: '爱国主义教育基地学校集体参观免票',
    nameEn: 'School group at a patriotic education site, free',
    payableBasisPoints: 0,
    rules: [{ certificate: 'school_group' }],
  },
  {
    code: 'scenic-senior-free',
    nameZh: '65 周岁以上老年人免票',
    nameEn: 'Senior from 65, free',
    trade: 'scenic',
    level: 'customary',
    payableBasisPoints: 0,
    rules: [{ minAge: 65 }],
    source: '《老年人权益保障法》第五十九条: free or reduced; the age is local',
    effectiveFrom: localDate('2013-07-01'),
  },
  {
    code: 'scenic-senior-half',
    nameZh: '60–64 周岁老年人半价票',
    nameEn: 'Senior 60 to 64, half price',
    trade: 'scenic',
    level: 'customary',
    payableBasisPoints: 5_000,
    rules: [{ minAge: 60, maxAge: 64 }],
    source: '《老年人权益保障法》第五十九条: free or reduced; the age is local',
    effectiveFrom: localDate('2013-07-01'),
  },
  {
    code: 'scenic-serviceman-free',
    nameZh: '现役军人免票',
    nameEn: 'Serviceman, free',
    trade: 'scenic',
    level: 'customary',
    payableBasisPoints: 0,
    rules: [{ certificate: 'serviceman' }, { certificate: 'disabled_serviceman' }, { certificate: 'fire_rescue' }],
    source: '《军人地位和权益保障法》第五十七条: priority and concession; the size is local',
    effectiveFrom: localDate('2021-08-01'),
  },
  {
    code: 'scenic-disabled-free',
    nameZh: '残疾人免票',
    nameEn: 'Disabled person, free',
    trade: 'scenic',
    level: 'customary',
    payableBasisPoints: 0,
    rules: [{ certificate: 'disabled' }],
    source: '《旅游法》第十一条: concessions as laws and regulations say; the size is local',
    effectiveFrom: localDate('2013-10-01'),
  },
  {
    ...ROAD_FARES,
    code: 'road-child-free',
    nameZh: '免票儿童(不占座)',
    nameEn: 'Child on the lap, free',
    payableBasisPoints: 0,
    rules: [{ maxAge: 6 }, { heightMaxCm: 120 }],
    seat: 'none',
    perAdult: 1,
  },
  {
    ...ROAD_FARES,
    code: 'road-child-half',
    nameZh: '儿童票',
    nameEn: 'Child with a seat, half fare',
    payableBasisPoints: 5_000,
    // No lower bound: a small child who takes a seat, or is the adult's second, pays half as well.
    rules: [{ maxAge: 14 }, { heightMaxCm: 150 }],
    seat: 'own',
  },
  {
    code: 'road-disabled-serviceman-half',
    nameZh: '残疾军人优待票',
    nameEn: 'Disabled serviceman or police officer, half fare',
    trade: 'road',
    level: 'legal',
    payableBasisPoints: 5_000,
    rules: [{ certificate: 'disabled_serviceman' }],
    seat: 'own',
    source: '《军人地位和权益保障法》第五十七条: a fare concession; half is what stations grant',
    effectiveFrom: localDate('2021-08-01'),
  },
];
