// The keys that sign access tokens. A successor is published a while before it is used, and a predecessor stays known until the
// last token that it signed has expired, so that a change of keys is noticed by nobody (PLA-06).
export type SigningKey = {
  readonly kid: string;
  readonly publicKeyPem: string;
  /** Sealed under the service's master key. */
  readonly sealedPrivateKey: string;
  readonly useFrom: string;
  /** Verifiers refuse it afterwards. */
  readonly notAfter: string;
};

export type NewKey = Pick<SigningKey, 'kid' | 'publicKeyPem' | 'sealedPrivateKey'>;

export type SigningKeysState =
  { readonly status: 'none' } | { readonly status: 'kept'; readonly keys: readonly SigningKey[] };

export type RotationPolicy = {
  /** How long a key signs. */
  readonly useForMs: number;
  /** How long a key is published before it signs: longer than anybody caches the published keys. */
  readonly publishAheadMs: number;
  /** How long a key is known after it has signed for the last time: longer than an access token lives. */
  readonly keepAfterMs: number;
};

export type SigningKeysCommand =
  /** Periodic: makes the first key, the next one in time, and forgets what has run out. */
  | { readonly type: 'TendKeys'; readonly candidate: NewKey; readonly policy: RotationPolicy; readonly at: string }
  /** An order. `compromised`: what is there now is worth nothing from this moment on. */
  | {
      readonly type: 'RotateKeys';
      readonly candidate: NewKey;
      readonly compromised: boolean;
      readonly policy: RotationPolicy;
      readonly at: string;
    };

export type SigningKeysEvent =
  /** `predecessorsUntil`: when the keys before it cease to be known; undefined leaves them as they are. */
  | { readonly type: 'KeyAdded'; readonly key: SigningKey; readonly predecessorsUntil?: string | undefined }
  | { readonly type: 'KeysForgotten'; readonly kids: readonly string[]; readonly reason: 'run-out' | 'compromised' };
