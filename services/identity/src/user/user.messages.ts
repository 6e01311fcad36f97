// What trust must hear of a person: that tokens issued so far say something that is no longer true. Nothing else leaves identity.
import { refreshTrust } from '@tongpiao/contracts';
import { unreachable } from '@tongpiao/kernel';
import { say, type Said } from '@tongpiao/persistence';
import { revokedUpTo } from './revocation.policy.ts';
import type { UserEvent } from './user.ts';

export function userMessages(event: UserEvent, facts: { id: string }): readonly Said[] {
  switch (event.type) {
    case 'UserChanged':
    case 'PasswordSet':
    case 'TotpConfirmed':
    case 'TotpRemoved':
      return [say(refreshTrust, { revokedUser: { id: facts.id, at: revokedUpTo(event.at) } })];
    case 'StaffAdded':
    case 'TravellerMet':
    case 'PersonalDataRevealed':
    case 'TotpOffered':
    case 'TotpUsed':
    case 'RecoveryCodeUsed':
      return [];
    default:
      return unreachable(event, 'user event');
  }
}
