// What becomes of a message whose handler failed: which rung it waits on, or that it is parked. Pure, so that every cell of
// failure × attempt is tested without a broker.
import { ContractBreach, DomainError, NotYet, TransientError } from '@tongpiao/kernel';

/** A waiting time that is also the name of the queue in which messages wait. */
export type Rung = `${number}${'ms' | 's' | 'm' | 'h'}`;

/** The rungs that a message climbs, one per failed attempt; after the last it is parked. Rungs may repeat. */
export type RetryClass = { readonly rungs: readonly Rung[] };

export const retryClasses = {
  /** Six attempts in about 13 minutes: longer than a fail-over or a deployment takes, short enough that a person hears of it. */
  standard: { rungs: ['1s', '5s', '30s', '2m', '10m'] },
  /** For work that waits on the outside world: about four and a half hours. */
  patient: { rungs: ['1s', '5s', '30s', '2m', '10m', '1h', '1h', '1h', '1h'] },
  /** For what is worthless when late: three attempts in six seconds. */
  brief: { rungs: ['1s', '5s'] },
} as const satisfies Record<string, RetryClass>;

/** A bug seldom mends itself: it gets the first rungs only, in case it was a race, and then somebody looks. */
export const BUG_RUNGS = 3;

export type FailureKind = 'breach' | 'refused' | 'not-yet' | 'transient' | 'bug';
export type Failure = { readonly kind: FailureKind; readonly code: string; readonly detail: string };

export type Verdict = { readonly to: 'retry'; readonly rung: Rung } | { readonly to: 'dead' };

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const RUNG_PATTERN = /^([1-9][0-9]{0,5})(ms|s|m|h)$/;

/** @throws Error when the rung is not a whole number with a unit. */
export function rungMs(rung: Rung): number {
  const match = RUNG_PATTERN.exec(rung);
  const unit = match?.[2];
  if (match === null || (unit !== 'ms' && unit !== 's' && unit !== 'm' && unit !== 'h')) {
    throw new Error(`rung ${rung} is not a whole number with ms, s, m or h`);
  }
  return Number(match[1]) * UNIT_MS[unit];
}

/** Error texts are written by people and libraries: what looks like a document number, a phone number or an address is masked. */
function masked(text: string): string {
  return text.replace(/[^\s@"'<>]+@[^\s@"'<>]+/g, '***@***').replace(/\d{7,}[Xx]?/g, '***');
}

/** Detail travels in a header and is shown to operations: long enough for a sentence, short enough for a frame. */
const DETAIL_MAX = 500;

function bounded(text: string): string {
  const line = masked(text);
  return line.length <= DETAIL_MAX ? line : `${line.slice(0, DETAIL_MAX - 1)}…`;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof ContractBreach) return { kind: 'breach', code: error.code, detail: bounded(error.message) };
  // NotYet is a DomainError: it has to be asked first.
  if (error instanceof NotYet) return { kind: 'not-yet', code: error.code, detail: bounded(error.message) };
  if (error instanceof TransientError) return { kind: 'transient', code: error.code, detail: bounded(error.message) };
  if (error instanceof DomainError) return { kind: 'refused', code: error.code, detail: bounded(error.message) };
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : `thrown: ${String(error)}`;
  return { kind: 'bug', code: 'messaging.unexpected-error', detail: bounded(detail) };
}

/**
 * | kind      | attempt ≤ rungs | after the last rung |
 * |-----------|-----------------|---------------------|
 * | transient | its rung        | dead                |
 * | not-yet   | its rung        | dead                |
 * | bug       | its rung, first three only | dead     |
 * | breach    | dead            | dead                |
 * | refused   | dead: expected refusals are events, so this is a bug of the slice | dead |
 *
 * @param attempt which attempt failed, from 1.
 */
export function verdictOn(kind: FailureKind, attempt: number, retry: RetryClass): Verdict {
  if (kind === 'breach' || kind === 'refused') return { to: 'dead' };
  if (kind === 'bug' && attempt > BUG_RUNGS) return { to: 'dead' };
  const rung = retry.rungs[attempt - 1];
  return rung === undefined ? { to: 'dead' } : { to: 'retry', rung };
}
