// One-time codes (NOT-06, NOT-08): a queue and lanes of their own, so that no backlog of receipts delays them, and a limit per
// receiver that is kept here whatever the asking service does. A code that is past its time is not sent any more.
import { sendCode, type DataOf, type Envelope } from '@tongpiao/contracts';
import { PLATFORM_TENANT, TransientError } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { BusSeal, Scope } from '@tongpiao/persistence';
import type { TenantDirectory } from '@tongpiao/service-shell';
import type { CodeLimits } from '../code-limit/code-limit.store.ts';
import type { Dispatch, Wish } from '../sending/dispatch.ts';
import { opened } from './tell-orders.ts';
import { transient } from './transient.ts';

type Parts = {
  readonly dispatch: Pick<Dispatch, 'send' | 'suppress' | 'identify'>;
  readonly limits: CodeLimits | undefined;
  readonly bus: BusSeal;
  readonly tenants: Pick<TenantDirectory, 'get'>;
  readonly scopeOf: (envelope: Envelope) => Scope;
  /** For travellers, who belong to no tenant. */
  readonly platformSignature: string;
  readonly clock: () => Date;
};

export function sendCodes(parts: Parts): (message: Received) => Promise<void> {
  return async (message) => {
    if (!isMessage(message, sendCode)) return;
    const wish = wishOf(parts, message.envelope);
    try {
      const { messageId, receiverIndex } = await parts.dispatch.identify(wish);
      const full = await parts.limits?.count(wish.scope, receiverIndex, messageId, parts.clock());
      if (full === undefined) await parts.dispatch.send([wish]);
      else await parts.dispatch.suppress(wish, `limit-per-${full}`);
    } catch (error) {
      throw transient(error);
    }
  };
}

function wishOf(parts: Parts, envelope: Envelope<DataOf<typeof sendCode>>): Wish {
  const { channel, language, minutesValid } = envelope.data;
  return {
    scope: parts.scopeOf(envelope),
    eventId: envelope.id,
    channel,
    urgency: 'urgent',
    to: opened(parts.bus, envelope, envelope.data.to),
    about: envelope.subject,
    template: 'code',
    language,
    signature: signatureOf(parts, envelope.tenantid),
    content: {
      values: { code: opened(parts.bus, envelope, envelope.data.code), minutes: String(minutesValid) },
    },
    expiresAt: new Date(Date.parse(envelope.time) + minutesValid * 60_000).toISOString(),
  };
}

function signatureOf(parts: Parts, tenantId: string): string {
  if (tenantId === PLATFORM_TENANT) return parts.platformSignature;
  const tenant = parts.tenants.get(tenantId);
  if (tenant === undefined)
    throw new TransientError('notification.tenant-unknown', `tenant ${tenantId} is not known yet`);
  return tenant.sms.signature;
}
