// GET /api/v1/reissue-applications/{id}: the case as its applicant or staff may see it; the list is for staff, for travellers their own,
// and for machines what they have entered.
import { reissueStatusSchema } from '@tongpiao/contracts';
import { DomainError, parsePhone } from '@tongpiao/kernel';
import { etagOf, may, route, type Foundation, type Principal, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { namesOf } from '../access/acting.ts';
import { APPLICANT_OR_STAFF, seenApplication } from '../access/may-see-application.ts';
import { applicationView, viewApplication } from '../application/application-view.ts';
import type { Applications } from '../stores.ts';
import { OVERDUE } from './watch-deadlines.ts';

const PAGE = 50;

export function getApplication(foundation: Foundation, applications: Applications): Route {
  return route({
    method: 'get',
    path: '/api/v1/reissue-applications/:id',
    summary: 'One application for a new ticket.',
    tags: ['reissue'],
    access: APPLICANT_OR_STAFF,
    responses: { 200: applicationView },
    async handler(context) {
      const { scope, id, snapshot, application, staff, open } = await seenApplication(
        context,
        applications,
        foundation.clock(),
        context.params.id,
      );
      return {
        status: 200,
        body: viewApplication(id, scope.tenantId, application, staff, open),
        headers: { ETag: etagOf(snapshot.version), 'Cache-Control': 'private, no-store' },
      };
    },
  });
}

const query = z.strictObject({
  status: reissueStatusSchema.optional(),
  desk: z.enum(['operator', 'reviewer', 'manager']).optional().describe('Staff: what waits at this desk.'),
  overdue: z.enum(['yes']).optional().describe('Staff: what lies on a desk past its deadline (REI-42).'),
  refundFailed: z.enum(['yes']).optional().describe('Staff: a fee could not be paid back (REI-22).'),
  sampled: z
    .enum(['yes', 'reviewed'])
    .optional()
    .describe('Staff: decided by policy and drawn for a second look that waits, or was taken (REI-43).'),
  phone: z.string().max(30).optional().describe('Staff: finds by the purchase’s telephone.'),
  cursor: z.string().max(120).optional(),
});

export function listApplications(foundation: Foundation, applications: Applications): Route {
  return route({
    method: 'get',
    path: '/api/v1/reissue-applications',
    summary: 'Applications of the tenant for staff, their own for travellers and machines, newest first.',
    tags: ['reissue'],
    access: 'authenticated',
    query,
    responses: { 200: z.object({ items: z.array(applicationView), next: z.string().optional() }) },
    async handler(context) {
      const { principal, query: asked } = context;
      if (principal.type !== 'user' && principal.type !== 'apiKey')
        throw new DomainError('platform.unauthenticated', 'Credentials are needed here.');
      const isPerson = principal.type === 'user';
      const any = isPerson && may(principal, 'reissue:applications:read-any');
      const entered = may(principal, 'reissue:applications:read');
      const staff = isPerson && (any || entered);
      const scope =
        staff || !isPerson ? context.scope() : context.scopeAcrossTenants('a traveller lists their own applications');
      if (!isPerson && !entered) throw new DomainError('platform.forbidden', 'This key reads no applications.');
      const mine = any
        ? {}
        : entered
          ? { 'state.enteredBy': { $in: enteredAs(principal) } }
          : { 'state.userId': principal.id };
      const phone = asked.phone === undefined || !any ? undefined : parsePhone(asked.phone);
      const index = phone?.ok === true ? await foundation.vault.blindIndex(scope, 'phone', phone.phone) : undefined;
      const found = await applications.find(
        scope,
        {
          ...mine,
          ...(staff ? forStaff(asked) : {}),
          ...(asked.status === undefined ? {} : { 'state.status': asked.status }),
          ...(index === undefined ? {} : { 'state.contact.phone.index': index }),
          ...(asked.cursor === undefined ? {} : olderThan(asked.cursor)),
        },
        { sort: { 'state.submittedAt': -1, _id: -1 }, limit: PAGE },
      );
      // Whose cases were looked for, under the name that only we can make of a telephone (PLA-21).
      if (index !== undefined)
        await foundation.trail.record(scope, 'read', `phone:${index}`, { applications: found.length });
      const items = found.flatMap(({ id, tenantId, state }) =>
        state.status === 'none' ? [] : [viewApplication(id, tenantId, state, staff)],
      );
      const last = items.at(-1);
      const more = items.length === PAGE && last !== undefined ? { next: `${last.submittedAt}~${last.id}` } : {};
      return { status: 200, body: { items, ...more } };
    },
  });
}

/** On which desk a case lies, and what is late there, is none of its applicant's. */
function forStaff({ desk, overdue, refundFailed, sampled }: z.output<typeof query>): Record<string, unknown> {
  return {
    ...(desk === undefined ? {} : { 'state.desk': desk }),
    ...(overdue === undefined ? {} : OVERDUE),
    ...(refundFailed === undefined ? {} : { 'state.refunds.status': 'failed' }),
    ...(sampled === undefined
      ? {}
      : { 'state.approval.sampled': true, 'state.sampleReview': { $exists: sampled === 'reviewed' } }),
  };
}

function enteredAs(principal: Extract<Principal, { type: 'user' | 'apiKey' }>): readonly string[] {
  return principal.type === 'apiKey' ? namesOf(principal) : [principal.id];
}

/** Many may be submitted in one millisecond: the id decides among them. */
function olderThan(cursor: string): Record<string, unknown> {
  const [at = '', id = ''] = cursor.split('~');
  return { $or: [{ 'state.submittedAt': { $lt: at } }, { 'state.submittedAt': at, _id: { $lt: id } }] };
}
