// The right behind a ticket number, be it the number of today or one that was exchanged or replaced.
import type { Scope, Snapshot } from '@tongpiao/persistence';
import type { Rights } from '../stores.ts';
import type { RightState } from './right.ts';

export async function rightByNumber(
  rights: Rights,
  scope: Scope,
  number: string,
): Promise<Snapshot<RightState> | undefined> {
  const [current] = await rights.find(scope, { 'state.number': number }, { limit: 1 });
  if (current !== undefined) return current;
  const [former] = await rights.find(scope, { 'state.past.number': number }, { limit: 1 });
  return former;
}
