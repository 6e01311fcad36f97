// The second factor of a member of staff (PLA-05): a secret that an authenticator turns into six digits every thirty seconds
// (RFC 6238), and codes to fall back on. Part of the account, because losing it or getting it ends the account's sessions.
export type SecondFactor =
  | {
      /** Shown to its owner, who has not proved yet that the authenticator knows it. */
      readonly status: 'offered';
      readonly secret: string;
      readonly offeredAt: string;
    }
  | {
      readonly status: 'active';
      /** Sealed under the service's own key, for this account. */
      readonly secret: string;
      readonly since: string;
      /** The thirty seconds, counted from 1970, of the last code that was used: that one and older ones are worthless. */
      readonly usedStep: number;
      /** Keyed hashes of the recovery codes that are left. */
      readonly recovery: readonly string[];
    };

/** `own`: by its owner, with password and code. */
type RemovedBecause = { readonly by: 'own' } | { readonly by: 'administrator'; readonly reason: string };

/** `step`: the thirty seconds that the given code is of; undefined when it is of none. */
export type SecondFactorCommand =
  | { readonly type: 'OfferTotp'; readonly secret: string; readonly at: string }
  | {
      readonly type: 'ConfirmTotp';
      readonly step: number | undefined;
      readonly recovery: readonly string[];
      readonly at: string;
    }
  | { readonly type: 'UseTotp'; readonly step: number | undefined }
  | { readonly type: 'UseRecoveryCode'; readonly hash: string }
  | { readonly type: 'RemoveTotp'; readonly because: RemovedBecause; readonly at: string };

export type SecondFactorEvent =
  | { readonly type: 'TotpOffered'; readonly secret: string; readonly at: string }
  | {
      readonly type: 'TotpConfirmed';
      readonly secret: string;
      readonly step: number;
      readonly recovery: readonly string[];
      readonly at: string;
    }
  | { readonly type: 'TotpUsed'; readonly step: number }
  | { readonly type: 'RecoveryCodeUsed'; readonly hash: string }
  | { readonly type: 'TotpRemoved'; readonly because: RemovedBecause; readonly at: string };
