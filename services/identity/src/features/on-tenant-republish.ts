// Tells one queue the current state of every tenant, then how many there are, so that the asker knows when it has them all.
import { republishTenants, tenantChanged, tenantsRepublished, type Envelope } from '@tongpiao/contracts';
import { PLATFORM_TENANT } from '@tongpiao/kernel';
import type { Broker, Received } from '@tongpiao/messaging';
import type { Scope } from '@tongpiao/persistence';
import { tenantForOthers } from '../tenant/tenant.messages.ts';
import type { TenantStore } from '../tenant/tenant.store.ts';
import { envelopeOfPlatform } from '../trust/platform-envelope.ts';
import { unlessGone } from './unless-gone.ts';

/** A page is in memory and on its way at once. */
const PAGE = 100;

export function onTenantRepublish(parts: {
  tenants: TenantStore;
  broker: Broker;
  everywhere: Scope;
  clock: () => Date;
}): (message: Received) => Promise<void> {
  const { tenants, broker, everywhere, clock } = parts;

  async function tell(queue: string, causationId: string): Promise<void> {
    const send = (envelope: Envelope): Promise<void> => broker.publisher.publish({ kind: 'direct', queue, envelope });
    let count = 0;
    let after = '';
    for (;;) {
      const page = await tenants.find(everywhere, { _id: { $gt: after } }, { sort: { _id: 1 }, limit: PAGE });
      const envelopes = page.flatMap(({ id, version, seq, state }) => {
        if (state.status === 'none') return [];
        const facts = {
          id: `${id}:${version}:state`,
          subject: id,
          tenantId: id,
          sequence: seq,
          time: clock(),
          causationId,
        };
        return [envelopeOfPlatform(tenantChanged, facts, tenantForOthers(id, state))];
      });
      await Promise.all(envelopes.map(send));
      count += envelopes.length;
      const last = page.at(-1);
      if (page.length < PAGE || last === undefined) break;
      after = last.id;
    }
    const facts = {
      id: `${causationId}:end`.slice(-200),
      subject: 'tenants',
      tenantId: PLATFORM_TENANT,
      sequence: 0,
      time: clock(),
      causationId,
    };
    await send(envelopeOfPlatform(tenantsRepublished, facts, { count }));
  }

  return async ({ envelope }) => {
    const { replyQueue } = republishTenants.data.parse(envelope.data);
    await unlessGone(() => tell(replyQueue, envelope.id));
  };
}
