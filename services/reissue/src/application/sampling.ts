// REI-43: what the policy has decided alone and drew for a second look is confirmed or contested by a person, once.
import { DomainError } from '@tongpiao/kernel';
import { notOwn } from './desk.ts';
import type { ApplicationCommand, ApplicationEvent, LiveApplication } from './application.ts';

export function reviewSample(
  state: LiveApplication,
  command: Extract<ApplicationCommand, { type: 'ReviewSample' }>,
): readonly ApplicationEvent[] {
  const { verdict, by, words, at } = command;
  const approval = 'approval' in state ? state.approval : undefined;
  if (approval?.sampled !== true)
    throw new DomainError('reissue.not-sampled', 'This application was not drawn for a second look.');
  notOwn(state, { id: by });
  const before = state.sampleReview;
  if (before === undefined) return [{ type: 'SampleReviewed', review: { verdict, by, words, at } }];
  if (before.verdict === verdict && before.by === by) return [];
  throw new DomainError('reissue.sample-reviewed', 'Somebody has looked at it already.');
}
