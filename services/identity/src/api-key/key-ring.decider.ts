// state ↓ \ command →  IssueKey                                      RevokeKey
// none                 KeyIssued                                     platform.not-found
// open                 known id: -                                   unknown id: platform.not-found
//                      fewer than two active: KeyIssued              active: KeyRevoked
//                      two active: identity.two-keys-already         revoked: -
import { DomainError, unreachable, type Decider } from '@tongpiao/kernel';
import type { KeyRingCommand, KeyRingEvent, KeyRingState } from './key-ring.ts';

const KEYS_ACTIVE_MAX = 2;
/** Revoked keys that are still listed; the journal has them all. */
const REVOKED_KEPT = 20;

function issue(state: KeyRingState, command: Extract<KeyRingCommand, { type: 'IssueKey' }>): readonly KeyRingEvent[] {
  const { kind, subject, key, at } = command;
  const keys = state.status === 'none' ? [] : state.keys;
  if (keys.some(({ id }) => id === key.id)) return [];
  if (keys.filter(({ status }) => status === 'active').length >= KEYS_ACTIVE_MAX) {
    throw new DomainError('identity.two-keys-already', 'Revoke one of the two keys first.', { max: KEYS_ACTIVE_MAX });
  }
  return [{ type: 'KeyIssued', kind, subject, key, at }];
}

function decide(state: KeyRingState, command: KeyRingCommand): readonly KeyRingEvent[] {
  switch (command.type) {
    case 'IssueKey':
      return issue(state, command);
    case 'RevokeKey': {
      const { keyId, reason, at } = command;
      const known = state.status === 'none' ? undefined : state.keys.find(({ id }) => id === keyId);
      if (known === undefined) throw new DomainError('platform.not-found', 'There is no such API key.');
      return known.status === 'active' ? [{ type: 'KeyRevoked', keyId, reason, at }] : [];
    }
    default:
      return unreachable(command, 'key ring command');
  }
}

function evolve(state: KeyRingState, event: KeyRingEvent): KeyRingState {
  switch (event.type) {
    case 'KeyIssued': {
      const { kind, subject, key, at } = event;
      const keys = state.status === 'none' ? [] : state.keys;
      const revoked = keys.filter(({ status }) => status === 'revoked').slice(-REVOKED_KEPT);
      const active = keys.filter(({ status }) => status === 'active');
      return {
        status: 'open',
        kind,
        subject,
        keys: [...revoked, ...active, { ...key, status: 'active', issuedAt: at }],
      };
    }
    case 'KeyRevoked':
      if (state.status === 'none') return state;
      return {
        ...state,
        keys: state.keys.map((key) =>
          key.id === event.keyId ? { ...key, status: 'revoked', revokedAt: event.at } : key,
        ),
      };
  }
}

export const keyRingDecider: Decider<KeyRingState, KeyRingCommand, KeyRingEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
