// The API keys of one machine: a gate, a kiosk, a reseller. Two may be valid at a time, so that a new one can be brought to the
// machine before the old one is revoked (PLA-05).
import type { ApiKeyKind } from '@tongpiao/contracts';

type ApiKey = {
  readonly id: string;
  /** SHA-256 of the secret; the secret is shown once and kept nowhere. */
  readonly hash: string;
  readonly label: string;
  readonly status: 'active' | 'revoked';
  readonly issuedAt: string;
  readonly revokedAt?: string | undefined;
};

type KeyRing = {
  readonly status: 'open';
  readonly kind: ApiKeyKind;
  /** What the keys act as. */
  readonly subject: string;
  readonly keys: readonly ApiKey[];
};
export type KeyRingState = { readonly status: 'none' } | KeyRing;

export type KeyRingCommand =
  | {
      readonly type: 'IssueKey';
      readonly kind: ApiKeyKind;
      readonly subject: string;
      readonly key: Pick<ApiKey, 'id' | 'hash' | 'label'>;
      readonly at: string;
    }
  | { readonly type: 'RevokeKey'; readonly keyId: string; readonly reason: string; readonly at: string };

export type KeyRingEvent =
  | {
      readonly type: 'KeyIssued';
      readonly kind: ApiKeyKind;
      readonly subject: string;
      readonly key: Pick<ApiKey, 'id' | 'hash' | 'label'>;
      readonly at: string;
    }
  | { readonly type: 'KeyRevoked'; readonly keyId: string; readonly reason: string; readonly at: string };
