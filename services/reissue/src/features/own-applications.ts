// PLA-12 for signed-in applicants: a copy of their applications in plain, and erasing those that came to nothing. What was reissued or refused is
// in the archive for the years of the tenant's policy (REI-50), because money and a right hang on it; what is open stays until it is over.
import type { TenantId } from '@tongpiao/kernel';
import { Scope } from '@tongpiao/persistence';
import { openOwnRecords, type Foundation, type KeptFor, type OwnRecords, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { ApplicationState } from '../application/application.ts';
import type { AttachmentBytes } from '../attachment/attachment-bytes.store.ts';
import { retentionYearsOf } from '../policy/policy.ts';
import { currentPolicy, type Policies } from '../policy/policy.store.ts';
import type { Applications } from '../stores.ts';
import { eraseCase } from './erase-old-cases.ts';
import { opened, plainCase } from './reveal-data.ts';

const copy = plainCase.extend({
  id: z.string(),
  tenantId: z.string(),
  status: z.string(),
  submittedAt: z.string(),
  ticketNumber: z.string(),
  attachments: z.array(
    z.object({ id: z.string(), about: z.string(), type: z.string(), bytes: z.int(), at: z.string() }),
  ),
});

type Parts = { readonly applications: Applications; readonly policies: Policies; readonly bytes: AttachmentBytes };

export function ownApplications(
  foundation: Foundation,
  parts: Parts,
  finishEveryMs?: number,
): Promise<readonly Route[]> {
  const { applications, policies } = parts;
  const own: OwnRecords<typeof copy> = {
    ...{ path: '/api/v1/own-reissue-applications', name: 'applications for new tickets', copy },
    async copies(looking, userId, after, limit) {
      const filter = { 'state.userId': userId, _id: { $gt: after } };
      const copied: (readonly [string, z.input<typeof copy>])[] = [];
      for (const snapshot of await applications.find(looking, filter, { sort: { _id: 1 }, limit })) {
        const { id, tenantId, state } = snapshot;
        if (state.status === 'none') continue;
        const key = await applications.recordKey(Scope.ofTenant(tenantId as TenantId, looking.origin), snapshot);
        const { status, submittedAt, ticket } = state;
        const attachments = state.attachments.map(({ id: file, about, type, bytes, at }) => ({
          ...{ id: file, about, type, bytes, at },
        }));
        const facts = { id, tenantId, status, submittedAt, ticketNumber: ticket.number, attachments };
        copied.push([id, { ...opened(key, state), ...facts }]);
      }
      return copied;
    },
    find: (looking, userId, limit) =>
      applications.find(looking, { 'state.userId': userId }, { sort: { _id: 1 }, limit }),
    async kept(scope, id) {
      const state = (await applications.load(scope, id))?.state;
      return state === undefined ? undefined : keptFor(state, retentionYearsOf(await currentPolicy(policies, scope)));
    },
    erase: async (scope, id) => (await eraseCase(parts, scope, id)).erased !== 'not-yet',
  };
  return openOwnRecords(foundation, own, finishEveryMs);
}

export function keptFor(state: ApplicationState, years: number): KeptFor | undefined {
  switch (state.status) {
    case 'none':
      return undefined;
    case 'withdrawn':
    case 'closed':
      return state.refunds.some(({ status }) => status === 'requested') ? { why: 'not-over' } : undefined;
    case 'reissued':
      return { why: 'archive', notBefore: yearsAfter(state.reissuedAt, years) };
    case 'refused':
      return { why: 'archive', notBefore: yearsAfter(state.refusal.at, years) };
    case 'submitted':
    case 'verifying':
    case 'waiting_identity':
    case 'risk_check':
    case 'deciding':
    case 'reviewing':
    case 'material_wanted':
    case 'fee_due':
    case 'executing':
    case 'appealing':
      return { why: 'not-over' };
  }
}

function yearsAfter(at: string, years: number): string {
  const then = new Date(at);
  then.setUTCFullYear(then.getUTCFullYear() + years);
  return then.toISOString();
}
