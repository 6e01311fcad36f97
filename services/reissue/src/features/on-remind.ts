// reissue.application.remind: a deadline of a case. The case knows whether it still counts.
import { remindApplication } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import type { Applications } from '../stores.ts';

export function onRemind(foundation: Foundation, applications: Applications): (message: Received) => Promise<void> {
  return async (message) => {
    if (!isMessage(message, remindApplication))
      throw new ContractBreach('reissue.unexpected-message', message.definition.type);
    const { applicationId, what } = message.envelope.data;
    const command = { type: 'Remind', what, at: foundation.clock().toISOString() } as const;
    await applications.handle(foundation.scopeOf(message.envelope), applicationId, command, {
      messageId: message.envelope.id,
    });
  };
}
