// One-time codes for one receiver, a phone or a mailbox: the last code that was sent, and when codes were sent, so that nobody
// can be flooded with them (NOT-06).
import type { Language } from '@tongpiao/contracts';
import type { PersonalValue } from '@tongpiao/persistence';

type CodeChannel = 'sms' | 'email';

type PendingCode = { readonly hash: string; readonly expiresAt: string; readonly triesLeft: number };

export type ChallengeState =
  | { readonly status: 'none' }
  | {
      readonly status: 'known';
      /** Oldest first, those of the last day. */
      readonly sentAt: readonly string[];
      readonly pending?: PendingCode | undefined;
    };

export type ChallengeCommand =
  | {
      readonly type: 'SendCode';
      readonly channel: CodeChannel;
      readonly to: PersonalValue;
      readonly code: PersonalValue;
      readonly hash: string;
      readonly language: Language;
      readonly at: string;
      /** Load tests lift the limits. */
      readonly limited: boolean;
    }
  | { readonly type: 'TryCode'; readonly hash: string; readonly at: string };

export type ChallengeEvent =
  | {
      readonly type: 'CodeSent';
      readonly channel: CodeChannel;
      readonly to: PersonalValue;
      /** Sealed; what is compared is the hash. */
      readonly code: PersonalValue;
      readonly hash: string;
      readonly language: Language;
      readonly at: string;
      readonly expiresAt: string;
    }
  | { readonly type: 'CodeAccepted'; readonly at: string }
  | { readonly type: 'CodeMissed'; readonly at: string };
