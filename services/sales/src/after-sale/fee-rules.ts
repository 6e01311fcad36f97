// What giving a ticket back or exchanging it costs (SAL-50, SAL-53): rules as data, versioned by the day from which they hold, and the
// pure functions that read them. A ticket keeps the rules of the day on which it was sold; exchanged to another product, it has that
// product's of the day of the exchange, because those of its own product say nothing about it.
import type { Bilingual } from '@tongpiao/contracts';
import { fen, ZERO_FEN, type Fen } from '@tongpiao/kernel';

/** A step of a ladder: the first whose time is still to run is the one that counts. */
export type FeeStep = {
  /** At least so many minutes before the moment that the ladder counts to; negative: so many after it at most. */
  readonly minutesBefore: number;
  /** Of the price, up to two decimals. */
  readonly feePercent: number;
  readonly feeMinimum: Fen;
};

export type Rounding = {
  readonly unit: 'fen' | 'jiao' | 'yuan';
  readonly direction: 'up' | 'down' | 'half-up';
};

export type RefundRules = {
  /** Holds for what is sold from then on. */
  readonly effectiveFrom: string;
  /** From long before to shortly before; after the last one nothing goes back. */
  readonly steps: readonly FeeStep[];
  readonly rounding: Rounding;
  /** The session's start unless told otherwise. A flow ticket (流水班) is good until its end, and so long somebody may change their mind. */
  readonly countsTo?: 'start' | 'end' | undefined;
  /**
   * After an exchange of the customer's own, giving the ticket back costs at least the step of the moment of that exchange: who would have
   * paid for a refund does not get around that by first moving the ticket to a later session. Says nothing about exchanges.
   */
  readonly keepsStepOfExchange?: boolean | undefined;
};

export type ExchangeRules = RefundRules & {
  /** How often one right may be exchanged. */
  readonly timesMax: number;
  /** Products that it may be exchanged to, besides its own. */
  readonly productIds?: readonly string[] | undefined;
  /** Whether another ticket type may be chosen. */
  readonly otherTicketTypes: boolean;
};

const EVERY_FEN: Rounding = { unit: 'fen', direction: 'half-up' };
const ALWAYS = '1970-01-01T00:00:00Z';
const HOUR = 60;
const DAY = 24 * HOUR;
const free = (minutesBefore: number): FeeStep => ({ minutesBefore, feePercent: 0, feeMinimum: ZERO_FEN });
const step = (minutesBefore: number, feePercent: number, feeMinimum: number): FeeStep => ({
  minutesBefore,
  feePercent,
  feeMinimum: fen(feeMinimum),
});

/** Where a product says nothing: free until a day before, 10 % until the start; an exchange does not make it cheaper. */
export const DEFAULT_REFUND_RULES: RefundRules = {
  effectiveFrom: ALWAYS,
  steps: [free(DAY), step(0, 10, 0)],
  rounding: EVERY_FEN,
  keepsStepOfExchange: true,
};

/** Where a product says nothing: once, free, before the start, within the same product and ticket type. */
export const DEFAULT_EXCHANGE_RULES: ExchangeRules = {
  effectiveFrom: ALWAYS,
  steps: [free(0)],
  rounding: EVERY_FEN,
  timesMax: 1,
  otherTicketTypes: false,
};

/** A ladder to start from, and whose practice it is. */
type Preset<Rules> = Omit<Rules, 'effectiveFrom'> & { readonly source: Bilingual };
const HOUSE: Bilingual = { zh: '平台默认，无统一规定', en: 'The platform’s own; no common rule exists.' };

/**
 * Ladders in common use. There is no national tariff for road tickets: stations' own rules hold, and these are the ones that are met
 * most. Station or carrier at fault: no fee, whatever the ladder says.
 */
export const REFUND_PRESETS: Readonly<Record<string, Preset<RefundRules>>> = {
  'scenic-standard': {
    steps: DEFAULT_REFUND_RULES.steps,
    rounding: EVERY_FEN,
    keepsStepOfExchange: true,
    source: HOUSE,
  },
  'scenic-flexible': { steps: [free(0)], rounding: EVERY_FEN, source: HOUSE },
  'road-standard': {
    steps: [step(2 * HOUR, 10, 50), step(0, 20, 100)],
    rounding: EVERY_FEN,
    source: {
      zh: '客运站常见规定（六安、孝感等站，引《汽车客运站收费规则》）：开车前 2 小时以上 10%，不低于 0.5 元；不足 2 小时 20%，不低于 1 元；开车后不退',
      en: 'Stations such as Lu’an and Xiaogan, after the charging rules of bus stations: 10 % until two hours before departure, at least 0.50 yuan; then 20 %, at least 1 yuan; nothing after departure.',
    },
  },
  'road-lenient': {
    steps: [step(2 * HOUR, 10, 100), step(0, 20, 100), step(-HOUR, 50, 100)],
    rounding: EVERY_FEN,
    source: {
      zh: '部分客运站（六安等站）规定：手续费不低于 1 元；开车后 1 小时内退票收 50%',
      en: 'Some stations, Lu’an among them: at least 1 yuan; half of the price within an hour after departure.',
    },
  },
  'road-flow': {
    steps: [step(2 * HOUR, 10, 50), step(0, 20, 100)],
    rounding: EVERY_FEN,
    countsTo: 'end',
    source: {
      zh: '流水班：当日截止时间前任一班次有效，退票时限按失效时间计；各站费率不一，此处取 road-standard 的费率',
      en: 'Flow tickets are good for any run before a time of the day, and may be given back until they expire; stations’ rates differ, these are those of road-standard.',
    },
  },
  'non-refundable': { steps: [], rounding: EVERY_FEN, source: HOUSE },
};

export const EXCHANGE_PRESETS: Readonly<Record<string, Preset<ExchangeRules>>> = {
  'road-standard': {
    steps: [free(0)],
    rounding: EVERY_FEN,
    timesMax: 1,
    otherTicketTypes: false,
    source: {
      zh: '客运站常见规定（六安等站）：开车前免费改签一次，限同线路同车型',
      en: 'Stations such as Lu’an: before departure, once, free, same line and class of vehicle.',
    },
  },
  'scenic-flexible': {
    steps: [free(DAY), step(0, 5, 0)],
    rounding: EVERY_FEN,
    timesMax: 3,
    otherTicketTypes: true,
    source: HOUSE,
  },
};

/** The newest rules that were in force when the ticket was sold. */
export function rulesAt<Rules extends RefundRules>(
  versions: readonly Rules[] | undefined,
  soldAt: string,
  otherwise: Rules,
): Rules {
  const sold = Date.parse(soldAt);
  let newest: Rules | undefined;
  for (const rules of versions ?? []) {
    const from = Date.parse(rules.effectiveFrom);
    if (from <= sold && (newest === undefined || from > Date.parse(newest.effectiveFrom))) newest = rules;
  }
  return newest ?? otherwise;
}

type SessionTimes = { readonly startsAt: string; readonly endsAt: string };
function countedTo({ countsTo = 'start' }: Pick<RefundRules, 'countsTo'>, { startsAt, endsAt }: SessionTimes): number {
  return Date.parse(countsTo === 'end' ? endsAt : startsAt);
}

/** @returns undefined when the window is over: nothing goes back, or no exchange any more */
export function stepAt(rules: RefundRules, session: SessionTimes, at: string): FeeStep | undefined {
  const minutesLeft = (countedTo(rules, session) - Date.parse(at)) / 60_000;
  return [...rules.steps]
    .sort((a, b) => b.minutesBefore - a.minutesBefore)
    .find(({ minutesBefore }) => minutesLeft >= minutesBefore);
}

/** The step of an exchange that was made then, for rules that keep it; one that came after the last step keeps the dearest. */
export function stepOfExchange(rules: RefundRules, session: SessionTimes, at: string): FeeStep | undefined {
  if (rules.keepsStepOfExchange !== true) return undefined;
  return stepAt(rules, session, at) ?? [...rules.steps].sort((a, b) => a.minutesBefore - b.minutesBefore)[0];
}

/** A quote is shown, read and confirmed within this time, unless its step ends sooner. */
const GOOD_FOR_MS = 5 * 60_000;

/** @param step whose fee was quoted; undefined: none that could end */
export function goodUntil(
  at: string,
  session: SessionTimes,
  rules: Pick<RefundRules, 'countsTo'>,
  step: FeeStep | undefined,
): string {
  const soon = Date.parse(at) + GOOD_FOR_MS;
  const ends = step === undefined ? soon : countedTo(rules, session) - step.minutesBefore * 60_000;
  return new Date(Math.min(soon, ends)).toISOString();
}

const UNIT_FEN = { fen: 1, jiao: 10, yuan: 100 } as const;

/** The fee of a step: percentage, rounded, at least the minimum, never more than the price. */
export function feeOf({ feePercent, feeMinimum }: FeeStep, { unit, direction }: Rounding, price: Fen): Fen {
  if (price <= ZERO_FEN) return ZERO_FEN;
  // Basis points keep it an integer: 12.34 % of 99 yuan is 9900 × 1234 / 10000.
  const numerator = price * Math.round(feePercent * 100);
  const denominator = 10_000 * UNIT_FEN[unit];
  const whole = Math.floor(numerator / denominator);
  const rest = numerator - whole * denominator;
  const up = direction === 'up' ? rest > 0 : direction === 'half-up' ? rest * 2 >= denominator : false;
  const rounded = (whole + (up ? 1 : 0)) * UNIT_FEN[unit];
  return fen(Math.min(price, Math.max(rounded, feeMinimum)));
}
