// Sales' copy of inventory's sessions.
// duplicate and late: an older sequence changes nothing.
import { sessionChanged } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import type { SessionViews } from '../session-view/session-view.ts';

export function onSessionChanged(foundation: Foundation, sessions: SessionViews): (message: Received) => Promise<void> {
  return async (message) => {
    if (!isMessage(message, sessionChanged))
      throw new ContractBreach('sales.unexpected-message', message.definition.type);
    const { timeZone } = foundation.tenants.require(message.envelope.tenantid);
    await sessions.apply(foundation.scopeOf(message.envelope), message.envelope, timeZone);
  };
}
