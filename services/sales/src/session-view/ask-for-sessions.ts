// A view that is empty asks its owner to say everything once; afterwards events keep it.
import { envelopeOf, type MessageDefinition } from '@tongpiao/contracts';
import { PLATFORM_TENANT } from '@tongpiao/kernel';
import { newId, type Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import type { SessionViews } from './session-view.store.ts';

const ASK_EVERY_MS = 15_000;

export async function askForSessions(
  foundation: Foundation,
  sessions: SessionViews,
  everywhere: Scope,
  definition: MessageDefinition,
  replyQueue: string,
): Promise<void> {
  let asked = false;
  const ask = async (): Promise<void> => {
    if (asked || !(await sessions.isEmpty(everywhere))) {
      asked = true;
      return;
    }
    const id = newId('msg', PLATFORM_TENANT);
    const facts = { id, source: 'sales', subject: 'sessions', time: foundation.clock(), tenantId: PLATFORM_TENANT };
    const envelope = envelopeOf(definition.type, facts, { replyQueue });
    await foundation.broker.publisher.publish({ kind: 'command', envelope });
    asked = true;
  };
  await ask().catch((error: unknown) =>
    foundation.logger.debug({ err: error }, 'inventory does not hear the request for its sessions yet'),
  );
  // Inventory may start after us: until it has heard the request once, it is repeated.
  foundation.every('ask-for-sessions', ASK_EVERY_MS, ask);
}
