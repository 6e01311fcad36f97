// How a case comes to nothing: what it has begun is undone in the same step (the ticket thawed, REI-04).
import { DomainError } from '@tongpiao/kernel';
import type { ApplicationEvent, LiveApplication, Refusal } from './application.ts';

export function ended(): DomainError {
  return new DomainError('reissue.case-ended', 'The application is over.');
}

/** REI-02 */
export function documentNeeded(): DomainError {
  return new DomainError('reissue.document-needed', 'The document that was used at the purchase has to be shown.');
}

/** Refused by a fact rather than by a person: there is nothing to appeal against. */
export function refused(state: LiveApplication, reason: string, by: string, at: string): readonly ApplicationEvent[] {
  return [refusedWith(state, { reason, by, at })];
}

export function refusedWith(state: LiveApplication, refusal: Refusal): ApplicationEvent {
  return { type: 'CaseRefused', refusal, thaw: state.freeze !== 'none' };
}

export function closed(state: LiveApplication, reason: string, at: string): readonly ApplicationEvent[] {
  return [{ type: 'CaseClosed', reason, at, thaw: state.freeze !== 'none' }];
}
