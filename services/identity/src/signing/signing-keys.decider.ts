// keys ↓ \ command →           TendKeys                                RotateKeys              RotateKeys (compromised)
// none, or all run out         KeyAdded, used at once                  ← same                  ← same
// newest signs, not due        -                                       KeyAdded, used ahead    KeysForgotten (all), KeyAdded, used at once
// newest signs, due            KeyAdded, used when due or ahead        KeyAdded, used ahead    ← same as above
// newest published, not yet in use   -                                 - (it is under way)     ← same as above
// some run out                 KeysForgotten, and as above
import { unreachable, type Decider } from '@tongpiao/kernel';
import type {
  NewKey,
  RotationPolicy,
  SigningKey,
  SigningKeysCommand,
  SigningKeysEvent,
  SigningKeysState,
} from './signing-keys.ts';

const later = (at: string, ms: number): string => new Date(Date.parse(at) + ms).toISOString();
const isPast = (instant: string, now: string): boolean => Date.parse(instant) <= Date.parse(now);

export function keysOf(state: SigningKeysState): readonly SigningKey[] {
  return state.status === 'none' ? [] : state.keys;
}

/** The key that signs now: the newest whose time has come. */
export function signingKeyAt(keys: readonly SigningKey[], now: string): SigningKey | undefined {
  return keys.findLast((key) => isPast(key.useFrom, now) && !isPast(key.notAfter, now));
}

/** Whether a successor has to be published by now. */
export function isDue(keys: readonly SigningKey[], policy: RotationPolicy, now: string): boolean {
  const newest = keys.filter((key) => !isPast(key.notAfter, now)).at(-1);
  if (newest === undefined) return true;
  return isPast(later(newest.useFrom, policy.useForMs - policy.publishAheadMs), now);
}

function added(candidate: NewKey, useFrom: string, policy: RotationPolicy, isFirst: boolean): SigningKeysEvent {
  // Twice the time of use, so that an installation that was off over a change still knows its last key.
  const notAfter = later(useFrom, 2 * policy.useForMs + policy.keepAfterMs);
  const key = { ...candidate, useFrom, notAfter };
  return isFirst
    ? { type: 'KeyAdded', key }
    : { type: 'KeyAdded', key, predecessorsUntil: later(useFrom, policy.keepAfterMs) };
}

function decide(state: SigningKeysState, command: SigningKeysCommand): readonly SigningKeysEvent[] {
  const { candidate, policy, at } = command;
  const all = keysOf(state);
  if (all.some(({ kid }) => kid === candidate.kid)) return [];
  const living = all.filter((key) => !isPast(key.notAfter, at));
  const gone = all.filter((key) => isPast(key.notAfter, at)).map(({ kid }) => kid);
  const forgotten: readonly SigningKeysEvent[] =
    gone.length === 0 ? [] : [{ type: 'KeysForgotten', kids: gone, reason: 'run-out' }];
  const newest = living.at(-1);
  if (newest === undefined) return [...forgotten, added(candidate, at, policy, true)];
  const ahead = added(candidate, later(at, policy.publishAheadMs), policy, false);
  switch (command.type) {
    case 'TendKeys':
      return isDue(living, policy, at) ? [...forgotten, ahead] : forgotten;
    case 'RotateKeys':
      if (command.compromised) {
        const kids = all.map(({ kid }) => kid);
        return [{ type: 'KeysForgotten', kids, reason: 'compromised' }, added(candidate, at, policy, true)];
      }
      return isPast(newest.useFrom, at) ? [...forgotten, ahead] : forgotten;
    default:
      return unreachable(command, 'signing keys command');
  }
}

function evolve(state: SigningKeysState, event: SigningKeysEvent): SigningKeysState {
  const keys = keysOf(state);
  switch (event.type) {
    case 'KeyAdded': {
      const { key, predecessorsUntil } = event;
      const before = keys.map((known) =>
        predecessorsUntil !== undefined && Date.parse(predecessorsUntil) < Date.parse(known.notAfter)
          ? { ...known, notAfter: predecessorsUntil }
          : known,
      );
      return { status: 'kept', keys: [...before, key] };
    }
    case 'KeysForgotten':
      return { status: 'kept', keys: keys.filter(({ kid }) => !event.kids.includes(kid)) };
  }
}

export const signingKeysDecider: Decider<SigningKeysState, SigningKeysCommand, SigningKeysEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
