// The code goes to notification, sealed for it: the bus, the broker's disk and everybody else see neither code nor receiver.
import { sendCode } from '@tongpiao/contracts';
import { unreachable } from '@tongpiao/kernel';
import { forRecipient, say, type Said } from '@tongpiao/persistence';
import { CODE_VALID_MINUTES } from './challenge.decider.ts';
import type { ChallengeEvent } from './challenge.ts';

export function challengeMessages(event: ChallengeEvent): readonly Said[] {
  switch (event.type) {
    case 'CodeSent':
      return [
        say(sendCode, {
          channel: event.channel,
          to: forRecipient('notification', event.to),
          code: forRecipient('notification', event.code),
          minutesValid: CODE_VALID_MINUTES,
          language: event.language,
        }),
      ];
    case 'CodeAccepted':
    case 'CodeMissed':
      return [];
    default:
      return unreachable(event, 'challenge event');
  }
}
