// A session is a family of refresh tokens: each use makes the next generation, and a used one that comes again ends them all
// (PLA-06), because two holders of one token mean that one of them stole it.
/** No session lasts longer, whoever's it is. */
export const SESSION_DAYS_MAX = 30;

export type SignInMethod = 'password' | 'password-totp' | 'password-recovery-code' | 'sms-code' | 'email-code';
export type SessionEnd = 'signed-out' | 'token-reused' | 'account-closed';

export type SessionState =
  | { readonly status: 'none' }
  | {
      readonly status: 'open';
      readonly userId: string;
      readonly method: SignInMethod;
      readonly openedAt: string;
      /** However often it is refreshed, then the person signs in again. */
      readonly expiresAt: string;
      /** The refresh token that is good now. */
      readonly generation: number;
    }
  | { readonly status: 'ended'; readonly userId: string; readonly reason: SessionEnd; readonly endedAt: string };

export type SessionCommand =
  | {
      readonly type: 'OpenSession';
      readonly userId: string;
      readonly method: SignInMethod;
      readonly at: string;
      readonly expiresAt: string;
    }
  | { readonly type: 'RefreshSession'; readonly generation: number; readonly at: string }
  | { readonly type: 'EndSession'; readonly reason: SessionEnd; readonly at: string };

export type SessionEvent =
  | {
      readonly type: 'SessionOpened';
      readonly userId: string;
      readonly method: SignInMethod;
      readonly at: string;
      readonly expiresAt: string;
    }
  | { readonly type: 'SessionRefreshed'; readonly generation: number; readonly at: string }
  | { readonly type: 'SessionEnded'; readonly reason: SessionEnd; readonly at: string };
