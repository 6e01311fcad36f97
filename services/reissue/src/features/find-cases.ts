// The cases of a ticket that are not over: the open one, and those that nobody has proven (REI-05).
import type { Scope } from '@tongpiao/persistence';
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
