// state ↓ \ command →  AddStaff     MeetTraveller  ChangeUser                      SetPassword            RevealPersonalData
// none                 StaffAdded   TravellerMet   platform.not-found              platform.not-found     platform.not-found
// staff                -            -              UserChanged | - (no news)       PasswordSet            PersonalDataRevealed
//                                                  precondition-failed
// traveller            -            -              as staff, but roles:            identity.no-password   PersonalDataRevealed
//                                                  identity.roles-not-for-travellers
// Commands of the second factor: see second-factor.decider.ts for staff; none → platform.not-found, traveller → identity.no-password.
// blocked or not makes no difference to what may be changed: a blocked person can be unblocked and given another password.
import { DomainError, unreachable, type Decider } from '@tongpiao/kernel';
import { decideSecondFactor, evolveSecondFactor } from '../second-factor/second-factor.decider.ts';
import type { SecondFactorEvent } from '../second-factor/second-factor.ts';
import { revokedUpTo } from './revocation.policy.ts';
import type { User, UserChanges, UserCommand, UserEvent, UserState } from './user.ts';

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item));
}

function news(user: User, { roles, status }: UserChanges): UserChanges {
  return {
    ...(roles === undefined || sameSet(roles, user.roles) ? {} : { roles }),
    ...(status === undefined || status === user.status ? {} : { status }),
  };
}

function decideChange(user: User, command: Extract<UserCommand, { type: 'ChangeUser' }>): readonly UserEvent[] {
  const changes = news(user, command.changes);
  if (Object.keys(changes).length === 0) return [];
  if (user.edition !== command.expected) {
    throw new DomainError('platform.precondition-failed', 'The account was changed meanwhile.', {
      edition: user.edition,
    });
  }
  if (user.kind === 'traveller' && changes.roles !== undefined) {
    throw new DomainError('identity.roles-not-for-travellers', 'A traveller’s account cannot become one of staff.');
  }
  return [{ type: 'UserChanged', changes, at: command.at }];
}

function noPassword(): DomainError {
  return new DomainError('identity.no-password', 'Travellers sign in by code.');
}

function decide(state: UserState, command: UserCommand): readonly UserEvent[] {
  if (state.status === 'none') {
    if (command.type === 'AddStaff') return [{ type: 'StaffAdded', staff: command.staff, at: command.at }];
    if (command.type === 'MeetTraveller')
      return [{ type: 'TravellerMet', traveller: command.traveller, at: command.at }];
    throw new DomainError('platform.not-found', 'There is no such account.');
  }
  switch (command.type) {
    case 'AddStaff':
    case 'MeetTraveller':
      return [];
    case 'ChangeUser':
      return decideChange(state, command);
    case 'SetPassword':
      if (state.kind === 'traveller') throw noPassword();
      return [{ type: 'PasswordSet', password: command.password, at: command.at }];
    case 'OfferTotp':
    case 'ConfirmTotp':
    case 'UseTotp':
    case 'UseRecoveryCode':
    case 'RemoveTotp':
      if (state.kind === 'traveller') throw noPassword();
      return decideSecondFactor(state.secondFactor, command);
    case 'RevealPersonalData':
      return [{ type: 'PersonalDataRevealed', fields: command.fields, purpose: command.purpose }];
    default:
      return unreachable(command, 'user command');
  }
}

function changed(user: User, { changes, at }: Extract<UserEvent, { type: 'UserChanged' }>): User {
  const edition = user.edition + 1;
  const status = changes.status ?? user.status;
  const upTo = revokedUpTo(at);
  const ended = changes.status === 'blocked' ? { sessionsEndedAt: upTo } : {};
  const standing = { status, edition, tokensRevokedAt: upTo, ...ended };
  return user.kind === 'staff'
    ? { ...user, ...standing, roles: changes.roles ?? user.roles }
    : { ...user, ...standing };
}

function withFactor(state: UserState, event: SecondFactorEvent): UserState {
  if (state.status === 'none' || state.kind === 'traveller') return state;
  const { secondFactor: before, ...rest } = state;
  const secondFactor = evolveSecondFactor(before, event);
  const next: User = secondFactor === undefined ? rest : { ...rest, secondFactor };
  if (event.type !== 'TotpConfirmed' && event.type !== 'TotpRemoved') return next;
  // Whoever is signed in by less than what is asked for now, or by what was lost, signs in again.
  const upTo = revokedUpTo(event.at);
  return { ...next, sessionsEndedAt: upTo, tokensRevokedAt: upTo, edition: state.edition + 1 };
}

function evolve(state: UserState, event: UserEvent): UserState {
  switch (event.type) {
    case 'StaffAdded':
      if (state.status !== 'none') return state;
      return { ...event.staff, kind: 'staff', status: 'active', createdAt: event.at, edition: 1 };
    case 'TravellerMet':
      if (state.status !== 'none') return state;
      return {
        ...event.traveller,
        kind: 'traveller',
        roles: ['traveller'],
        status: 'active',
        createdAt: event.at,
        edition: 1,
      };
    case 'UserChanged':
      return state.status === 'none' ? state : changed(state, event);
    case 'PasswordSet': {
      if (state.status === 'none' || state.kind === 'traveller') return state;
      const { password, at } = event;
      const upTo = revokedUpTo(at);
      return { ...state, password, sessionsEndedAt: upTo, tokensRevokedAt: upTo, edition: state.edition + 1 };
    }
    case 'TotpOffered':
    case 'TotpConfirmed':
    case 'TotpUsed':
    case 'RecoveryCodeUsed':
    case 'TotpRemoved':
      return withFactor(state, event);
    // Looking changes nothing that an editor could have overlooked.
    case 'PersonalDataRevealed':
      return state;
  }
}

export const userDecider: Decider<UserState, UserCommand, UserEvent> = { initial: { status: 'none' }, decide, evolve };
