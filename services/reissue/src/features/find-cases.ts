// The cases of a ticket that are not over: the open one, and those that nobody has proven (REI-05).
import type { Scope } from '@tongpiao/persistence';
import { GIVES_WAY } from '../application/open-case.store.ts';
import type { Applications, ApplicationSnapshot } from '../stores.ts';

const OVER = ['reissued', 'refused', 'withdrawn', 'closed'];
/** Unproven ones are few: each address and ticket is limited at the gateway, and they close by themselves. */
const FOUND_MAX = 100;

export function findCases(
  applications: Pick<Applications, 'find'>,
  scope: Scope,
  rightId: string,
): Promise<readonly ApplicationSnapshot[]> {
  return applications.find(
    scope,
    { 'state.ticket.rightId': rightId, 'state.status': { $nin: OVER } },
    { limit: FOUND_MAX },
  );
}

/** The same for many tickets: which case is about which. */
export async function findCasesOf(
  applications: Pick<Applications, 'find'>,
  scope: Scope,
  rightIds: readonly string[],
): Promise<readonly { readonly id: string; readonly rightId: string }[]> {
  const filter = { 'state.ticket.rightId': { $in: rightIds }, 'state.status': { $nin: OVER } };
  const found = await applications.find(scope, filter, { limit: FOUND_MAX * rightIds.length });
  return found.flatMap(({ id, state }) => (state.status === 'none' ? [] : [{ id, rightId: state.ticket.rightId }]));
}

/** Of these tickets, those that have an open case (REI-05). */
export async function withOpenCase(
  applications: Pick<Applications, 'find'>,
  scope: Scope,
  rightIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const filter = { 'state.ticket.rightId': { $in: rightIds }, 'state.status': { $nin: [...GIVES_WAY] } };
  const found = await applications.find(scope, filter, { limit: Math.max(1, rightIds.length) });
  return new Set(found.flatMap(({ state }) => (state.status === 'none' ? [] : [state.ticket.rightId])));
}
