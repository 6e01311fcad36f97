// A person with an account: staff of a tenant or of the platform, or a traveller who is known by a phone or a mailbox (PLA-03).
import type { Role } from '@tongpiao/contracts';
import type { PersonalValue } from '@tongpiao/persistence';
import type { SecondFactor, SecondFactorCommand, SecondFactorEvent } from '../second-factor/second-factor.ts';

/** What can be shown in plain, one field at a time, to whoever says why. */
export const PERSONAL_FIELDS = ['name', 'phone', 'email'] as const;
type PersonalField = (typeof PERSONAL_FIELDS)[number];

export type Staff = {
  readonly kind: 'staff';
  readonly username: string;
  /** The argon2id hash, sealed once more under the service's own key: a stolen database alone is not worth guessing at. */
  readonly password: string;
  readonly secondFactor?: SecondFactor | undefined;
  readonly name: PersonalValue;
  readonly phone?: PersonalValue | undefined;
  readonly email?: PersonalValue | undefined;
  readonly roles: readonly Role[];
};

type Traveller = {
  readonly kind: 'traveller';
  readonly name?: undefined;
  readonly phone?: PersonalValue | undefined;
  readonly email?: PersonalValue | undefined;
  readonly roles: readonly Role[];
};

type Standing = {
  readonly status: 'active' | 'blocked';
  readonly createdAt: string;
  /** Sessions opened up to here are over: the person was blocked, or password or second factor are others. */
  readonly sessionsEndedAt?: string | undefined;
  /** Access tokens issued up to here are worth nothing: what they say about the person is no longer true. */
  readonly tokensRevokedAt?: string | undefined;
  /** Grows with every change: what `ETag` and `If-Match` compare. */
  readonly edition: number;
};

export type User = (Staff | Traveller) & Standing;
export type UserState = { readonly status: 'none' } | User;

export type UserChanges = {
  readonly roles?: readonly Role[] | undefined;
  readonly status?: 'active' | 'blocked' | undefined;
};

export type UserCommand =
  | { readonly type: 'AddStaff'; readonly staff: Omit<Staff, 'kind'>; readonly at: string }
  | { readonly type: 'MeetTraveller'; readonly traveller: Pick<Traveller, 'phone' | 'email'>; readonly at: string }
  | { readonly type: 'ChangeUser'; readonly changes: UserChanges; readonly expected: number; readonly at: string }
  | { readonly type: 'SetPassword'; readonly password: string; readonly at: string }
  | SecondFactorCommand
  | { readonly type: 'RevealPersonalData'; readonly fields: readonly PersonalField[]; readonly purpose: string };

export type UserEvent =
  | { readonly type: 'StaffAdded'; readonly staff: Omit<Staff, 'kind'>; readonly at: string }
  | { readonly type: 'TravellerMet'; readonly traveller: Pick<Traveller, 'phone' | 'email'>; readonly at: string }
  | { readonly type: 'UserChanged'; readonly changes: UserChanges; readonly at: string }
  | { readonly type: 'PasswordSet'; readonly password: string; readonly at: string }
  | SecondFactorEvent
  | { readonly type: 'PersonalDataRevealed'; readonly fields: readonly PersonalField[]; readonly purpose: string };
