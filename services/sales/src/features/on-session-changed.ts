// Sales' copy of inventory's sessions.
// duplicate and late: an older sequence changes nothing · early (its tenant is not known here yet, right after a start): NotYet, the
// retry rungs wait · crash before the write: it comes again.
import { sessionChanged } from '@tongpiao/contracts';
import { ContractBreach, NotYet } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import type { SessionViews } from '../session-view/session-view.store.ts';

export function onSessionChanged(foundation: Foundation, sessions: SessionViews): (message: Received) => Promise<void> {
  return async (message) => {
    if (!isMessage(message, sessionChanged))
      throw new ContractBreach('sales.unexpected-message', message.definition.type);
    const tenant = foundation.tenants.get(message.envelope.tenantid);
    if (tenant === undefined) throw new NotYet('sales.tenant-unknown', 'Identity has not told of this tenant yet.');
    await sessions.apply(foundation.scopeOf(message.envelope), message.envelope, tenant.timeZone);
  };
}
