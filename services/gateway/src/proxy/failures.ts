// Why an attempt to get an answer from an upstream failed, and what follows from that: whether the upstream is to blame, whether
// another instance may be asked, and what the caller is told.
import { DomainError } from '@tongpiao/kernel';

/** The caller went away or sent too much: nothing about the upstream. */
export class CallerLeft extends Error {
  override readonly name = 'CallerLeft';
}

/** An answer that says that what is behind the upstream did not answer. It is passed on, and counts against the upstream. */
export class BadAnswer extends Error {
  override readonly name = 'BadAnswer';
}

export type Failure = 'unreached' | 'broken' | 'timeout';

const UNREACHED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const TIMEOUT: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** `unreached`: nothing was sent. `broken`: it may have been. `timeout`: it was, and no answer came in time. */
export function failureOf(error: unknown): Failure {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (UNREACHED.has(code)) return 'unreached';
  return TIMEOUT.has(code) ? 'timeout' : 'broken';
}

const PROBLEMS: Readonly<Record<Failure, string>> = {
  unreached: 'gateway.upstream-unavailable',
  broken: 'gateway.upstream-failed',
  timeout: 'gateway.upstream-timeout',
};

export function problemOf(failure: Failure): DomainError {
  return new DomainError(PROBLEMS[failure], `The upstream: ${failure}.`);
}

/** Whether the breaker counts it: what the caller broke says nothing about the upstream. */
export function blamesUpstream(error: unknown): boolean {
  return error instanceof BadAnswer || (error instanceof DomainError && error.code.startsWith('gateway.upstream-'));
}
