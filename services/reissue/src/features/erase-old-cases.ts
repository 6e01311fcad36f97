// REI-50, PLA-12: when a case has been over for as many years as the tenant's policy keeps it, its files go and its data key is forgotten.
// What was sealed can then be opened by nobody; what happened, when and by whom stays, and the journal's chain with it.
//
// What happens when …     a crash between files and key: the key is still there, so the next round does it again, with a second entry in the
// trail · two instances: a lease; without it, the same case twice · the policy is made longer: it holds from the next round on.
import type { TenantId } from '@tongpiao/kernel';
import { Scope } from '@tongpiao/persistence';
import type { AuditTrail, Foundation } from '@tongpiao/service-shell';
import type { AttachmentBytes } from '../attachment/attachment-bytes.store.ts';
import { retentionYearsOf } from '../policy/policy.ts';
import { currentPolicy, type Policies } from '../policy/policy.store.ts';
import type { Applications } from '../stores.ts';

const EVERY_MS = 15 * 60_000;
/** Of one tenant in one round, one after another: some 50,000 a day, and nobody waits for it. */
const AT_ONCE = 500;
/** Nobody needs to know how many more. */
const COUNTED_MAX = 10_000;

/** When a case that is over has ended, by its status. */
const ENDED_AT = {
  reissued: 'state.reissuedAt',
  refused: 'state.refusal.at',
  withdrawn: 'state.endedAt',
  closed: 'state.endedAt',
} as const;

type Parts = {
  readonly applications: Applications;
  readonly policies: Policies;
  readonly bytes: AttachmentBytes;
  readonly trail: AuditTrail;
};

/** Cases with something left to erase that were over before then. */
function overBefore(before: string): Readonly<Record<string, unknown>> {
  const ways = Object.entries(ENDED_AT).map(([status, at]) => ({ 'state.status': status, [at]: { $lt: before } }));
  return { key: { $exists: true }, 'state.submittedAt': { $lt: before }, $or: ways };
}

/** @returns how many cases were erased, and how many are left */
async function eraseOnce(parts: Parts, scope: Scope, now: Date): Promise<{ erased: number; left: number }> {
  const { applications, policies, bytes, trail } = parts;
  const years = retentionYearsOf(await currentPolicy(policies, scope));
  const before = new Date(now);
  before.setUTCFullYear(before.getUTCFullYear() - years);
  const old = overBefore(before.toISOString());
  const found = await applications.find(scope, old, { sort: { 'state.submittedAt': 1 }, limit: AT_ONCE });
  for (const { id, state } of found) {
    const files = state.status === 'none' ? [] : state.attachments;
    for (const { blob } of files) await bytes.remove(scope, blob);
    await trail.record(scope, 'erased', id, { years, files: files.length });
    // Last: it is the mark that there is something to do.
    await applications.eraseKey(scope, id);
  }
  return { erased: found.length, left: await applications.count(scope, old, COUNTED_MAX) };
}

export function eraseOldCases(foundation: Foundation, parts: Omit<Parts, 'trail'>, everyMs = EVERY_MS): void {
  const { clock, metrics, tenants, trail } = foundation;
  const looking = foundation.acrossTenants('cases whose time is over');
  const counted = metrics.counter('reissue_cases_erased_total', 'Cases whose personal data were erased.');
  const behind = metrics.gauge('reissue_cases_to_erase', 'Cases that are older than the policy keeps their data.');
  foundation.every(
    'erase-old-cases',
    everyMs,
    async () => {
      let waiting = 0;
      for (const { tenantId } of tenants.all()) {
        const { erased, left } = await eraseOnce(
          { ...parts, trail },
          Scope.ofTenant(tenantId as TenantId, looking.origin),
          clock(),
        );
        counted.inc(erased);
        waiting += left;
      }
      behind.set(waiting);
    },
    { lease: true },
  );
}
