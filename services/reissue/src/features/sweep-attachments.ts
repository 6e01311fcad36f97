// Bytes that no case has: their upload ended between storing them and telling the case, or somebody sent the same file at the same moment.
// The case decides which blob counts, so this may run as often as it likes and on two instances at once.
import type { TenantId } from '@tongpiao/kernel';
import { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import type { AttachmentBytes } from '../attachment/attachment-bytes.store.ts';
import type { Applications } from '../stores.ts';

/** No upload takes that long: a request is cut off after half a minute. */
const ABANDONED_MS = 10 * 60_000;
const EVERY_MS = 5 * 60_000;
const AT_ONCE = 200;

type Parts = { readonly applications: Pick<Applications, 'load'>; readonly bytes: AttachmentBytes };
type Swept = { readonly settled: number; readonly removed: number };

/** @param looking a scope across tenants @param before when an upload has to have begun to be looked at */
export async function sweepOnce({ applications, bytes }: Parts, looking: Scope, before: Date): Promise<Swept> {
  const swept = { settled: 0, removed: 0 };
  for (const { tenantId, blob, applicationId } of await bytes.openBefore(looking, before, AT_ONCE)) {
    const scope = Scope.ofTenant(tenantId as TenantId, looking.origin);
    const state = (await applications.load(scope, applicationId))?.state;
    const known = state !== undefined && state.status !== 'none' ? state.attachments : [];
    if (known.some((attachment) => attachment.blob === blob)) {
      await bytes.settle(scope, blob);
      swept.settled += 1;
    } else {
      await bytes.remove(scope, blob);
      swept.removed += 1;
    }
  }
  return swept;
}

export function sweepAttachments(foundation: Foundation, parts: Parts): void {
  const counted = foundation.metrics.counter(
    'attachment_uploads_swept_total',
    'Uploads that were still open long after they began, by what was found.',
    ['outcome'],
  );
  foundation.every(
    'sweep-attachments',
    EVERY_MS,
    async () => {
      const before = new Date(foundation.clock().getTime() - ABANDONED_MS);
      const looking = foundation.acrossTenants('bytes of attachments without a case');
      const { settled, removed } = await sweepOnce(parts, looking, before);
      counted.inc({ outcome: 'settled' }, settled);
      counted.inc({ outcome: 'removed' }, removed);
    },
    { lease: true },
  );
}
