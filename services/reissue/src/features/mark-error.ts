// POST /api/v1/reissue-applications/{id}/error-mark and what follows of it: an error of staff is named by somebody else, and made good with
// money that two people agree on (REI-52, PLA-04). Who may do what is decided by the record itself.
import { amountSchema } from '@tongpiao/contracts';
import { DomainError, fen } from '@tongpiao/kernel';
import { route, type Access, type Foundation, type RequestContext, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { seenApplication } from '../access/may-see-application.ts';
import type { LiveApplication } from '../application/application.ts';
import type { DerivedIds } from '../application/derived-ids.ts';
import { compensationMaxOf } from '../policy/policy.ts';
import { currentPolicy, type Policies } from '../policy/policy.store.ts';
import { STAFF_ERROR_STATUSES, staffErrorView, viewStaffError } from '../staff-error/staff-error-view.ts';
import { staffErrorIdOf, type StaffErrors } from '../staff-error/staff-error.store.ts';
import { ERROR_KINDS, type StaffErrorCommand } from '../staff-error/staff-error.ts';
import type { Applications } from '../stores.ts';

type Parts = {
  readonly applications: Applications;
  readonly staffErrors: StaffErrors;
  readonly policies: Policies;
  readonly ids: DerivedIds;
};

const PATH = '/api/v1/reissue-applications/:id/error-mark';
const MARKING: Access = { permission: 'reissue:errors:mark' };
const APPROVING: Access = { permission: 'reissue:compensations:approve' };
const SEEING: Access = { anyOf: [MARKING, APPROVING, { permission: 'reissue:analysis:read' }] };
const ABOUT = { tags: ['reissue'], responses: { 200: staffErrorView } };
const words = z.string().trim().min(2).max(500);
const PAGE = 50;

/** Everybody who had a hand in a case, the policy where it has decided itself. */
export function involvedIn(state: LiveApplication): readonly string[] {
  const recommended = 'recommendation' in state ? state.recommendation?.by : undefined;
  const approved = 'approval' in state ? state.approval?.by : undefined;
  const people = [
    ...[state.enteredBy, state.proof?.by, recommended, approved, ...state.deciders],
    ...[...state.calls, ...state.materials].map(({ by }) => by),
  ];
  return [...new Set(people.filter((id) => id !== undefined))];
}

export function markError(foundation: Foundation, parts: Parts): readonly Route[] {
  const { applications, staffErrors, policies, ids } = parts;
  const { clock } = foundation;

  function personOf({ principal }: Pick<RequestContext, 'principal'>): string {
    if (principal.type === 'user') return principal.id;
    throw new DomainError('platform.forbidden', 'Only staff do this.');
  }

  async function step<Body>(
    context: RequestContext<{ id: string }, unknown, Body>,
    commandOf: (given: {
      readonly by: string;
      readonly at: string;
      readonly application: LiveApplication;
    }) => Promise<StaffErrorCommand> | StaffErrorCommand,
  ): Promise<{ status: 200; body: z.input<typeof staffErrorView> }> {
    const { scope, id, application } = await seenApplication(context, applications, clock(), context.params.id);
    const command = await commandOf({ by: personOf(context), at: clock().toISOString(), application });
    const request = { key: context.idempotencyKey, fingerprint: context.fingerprint };
    const { id: errorId, state } = await staffErrors.handle(scope, staffErrorIdOf(id), command, { request });
    if (state.status === 'none') throw new Error('an error vanished');
    return { status: 200, body: viewStaffError(errorId, state) };
  }

  return [
    route({
      ...ABOUT,
      method: 'post',
      path: PATH,
      access: MARKING,
      summary: 'Marks an error of staff in this application: whose, of what kind, and what was wrong.',
      body: z.strictObject({ whose: z.string().trim().min(3).max(80), kind: z.enum(ERROR_KINDS), words }),
      problems: ['reissue.own-error', 'reissue.not-involved', 'reissue.error-marked'],
      handler: (context) =>
        step(context, ({ by, at, application }) => {
          const { id: applicationId } = context.params;
          const { orderId } = application.ticket;
          const facts = { ...context.body, applicationId, orderId, markedBy: by, markedAt: at };
          return { type: 'MarkError', facts, involved: involvedIn(application) };
        }),
    }),
    route({
      ...ABOUT,
      method: 'post',
      path: `${PATH}/compensation` as const,
      access: MARKING,
      summary: 'Proposes money for it, within the bound of the policy; somebody else approves.',
      body: z.strictObject({ amount: amountSchema.min(1), reason: words }),
      problems: [
        ...['reissue.own-error', 'reissue.compensation-too-high', 'reissue.compensation-proposed'],
        'reissue.compensation-decided',
      ],
      handler: (context) =>
        step(context, async ({ by, at }) => {
          const { amount, reason } = context.body;
          const max = compensationMaxOf(await currentPolicy(policies, context.scope()));
          return { type: 'ProposeCompensation', proposal: { amount: fen(amount), reason, by, at }, max };
        }),
    }),
    route({
      ...ABOUT,
      method: 'post',
      path: `${PATH}/approval` as const,
      access: APPROVING,
      summary: 'Approves or declines what somebody else has proposed; what is approved is paid through finance.',
      body: z.strictObject({ verdict: z.enum(['approve', 'decline']), reason: words }),
      problems: [
        ...['reissue.own-error', 'reissue.own-proposal', 'reissue.no-compensation-proposed'],
        'reissue.compensation-decided',
      ],
      handler: (context) =>
        step(context, ({ by, at }) => {
          const { id: applicationId } = context.params;
          const compensationId = ids.refundOf(context.scope().tenantId, `compensation|${applicationId}`);
          return { type: 'DecideCompensation', ...context.body, by, at, compensationId };
        }),
    }),
    route({
      ...ABOUT,
      method: 'get',
      path: PATH,
      access: SEEING,
      summary: 'The error that is marked in this application.',
      async handler(context) {
        const found = await staffErrors.load(context.scope(), staffErrorIdOf(context.params.id));
        if (found === undefined || found.state.status === 'none')
          throw new DomainError('platform.not-found', 'No error is marked in this case.');
        return { status: 200, body: viewStaffError(found.id, found.state) };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/reissue-errors',
      tags: ['reissue'],
      access: SEEING,
      summary: 'Errors of staff, newest first: what waits for approval, what is paid, what has not found its way.',
      query: z.strictObject({
        status: z.enum(STAFF_ERROR_STATUSES).optional(),
        cursor: z
          .string()
          .regex(/^[\d:.TZ-]{20,30}~rer_[0-9a-z]{1,60}$/)
          .optional(),
      }),
      responses: { 200: z.object({ items: z.array(staffErrorView), next: z.string().optional() }) },
      async handler(context) {
        const { status, cursor } = context.query;
        const [at = '', id = ''] = cursor?.split('~') ?? [];
        const older = {
          $or: [{ 'state.markedAt': { $lt: at } }, { 'state.markedAt': at, _id: { $lt: id } }],
        };
        const found = await staffErrors.find(
          context.scope(),
          { ...(status === undefined ? {} : { 'state.status': status }), ...(cursor === undefined ? {} : older) },
          { sort: { 'state.markedAt': -1, _id: -1 }, limit: PAGE },
        );
        const items = found.flatMap(({ id: errorId, state }) =>
          state.status === 'none' ? [] : [viewStaffError(errorId, state)],
        );
        const last = items.at(-1);
        const more = items.length === PAGE && last !== undefined ? { next: `${last.markedAt}~${last.id}` } : {};
        return { status: 200, body: { items, ...more } };
      },
    }),
  ];
}
