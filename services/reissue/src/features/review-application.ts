// POST /api/v1/reissue-applications/{id}/review: what staff do with a case on their desk (REI-20, REI-21, REI-11). Who may is decided by
// the case itself, on fresh state: by desk, never on an own case, and on appeal by somebody else (PLA-04, REI-41).
import { DomainError, unreachable } from '@tongpiao/kernel';
import { route, type Foundation, type Route } from '@tongpiao/service-shell';
import type { PersonalValue } from '@tongpiao/persistence';
import { z } from 'zod';
import { seenApplication, staffOf } from '../access/may-see-application.ts';
import { applicationView, viewApplication } from '../application/application-view.ts';
import type { ApplicationCommand, Staff } from '../application/application.ts';
import type { DerivedIds } from '../application/derived-ids.ts';
import type { Applications } from '../stores.ts';

const reason = z.string().trim().min(2).max(500);
const verdict = z.enum(['approve', 'refuse']);
const body = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('decide'),
    verdict,
    reason,
    ourFault: z.boolean().default(false).describe('REI-22: nothing is charged when the fault is ours.'),
  }),
  z.strictObject({
    action: z.literal('escalate'),
    to: z.enum(['reviewer', 'manager']),
    verdict: verdict.describe('What you would decide.'),
    reason,
  }),
  z.strictObject({ action: z.literal('clear-risk'), reason }),
  z.strictObject({ action: z.literal('ask-material'), what: z.string().trim().min(2).max(200) }),
  z.strictObject({ action: z.literal('phone-confirmation'), note: reason }),
]);
type Body = z.output<typeof body>;

export function reviewApplication(
  foundation: Foundation,
  { applications, ids }: { readonly applications: Applications; readonly ids: DerivedIds },
): Route {
  /** @param seal what they write may name anybody */
  function commandOf(given: Body, by: Staff, id: string, seal: (text: string) => PersonalValue): ApplicationCommand {
    const at = foundation.clock().toISOString();
    switch (given.action) {
      case 'decide': {
        const { verdict: decided, reason: why, ourFault } = given;
        const code = ids.reissueCodeOf(id);
        return { type: 'Decide', by, verdict: decided, reason: seal(why), ourFault, code, at };
      }
      case 'escalate':
        return { type: 'Escalate', by, to: given.to, verdict: given.verdict, reason: seal(given.reason), at };
      case 'clear-risk':
        return { type: 'ClearRisk', by, reason: seal(given.reason), at };
      case 'ask-material':
        return { type: 'AskMaterial', by, what: seal(given.what), at };
      case 'phone-confirmation':
        return { type: 'ConfirmByPhone', by, note: seal(given.note), at };
      default:
        return unreachable(given, 'review action');
    }
  }

  return route({
    method: 'post',
    path: '/api/v1/reissue-applications/:id/review',
    summary: 'Decides an application, hands it up, asks for more, notes a telephone call, or clears a risk.',
    tags: ['reissue'],
    access: { permission: 'reissue:applications:decide' },
    body,
    problems: [
      ...['reissue.own-case', 'reissue.not-your-desk', 'reissue.decided-before', 'reissue.risk-open'],
      ...['reissue.already-decided', 'reissue.not-decidable-yet', 'reissue.document-needed', 'reissue.case-ended'],
    ],
    responses: { 200: applicationView },
    async handler(context) {
      const { scope, id, snapshot, open } = await seenApplication(
        context,
        applications,
        foundation.clock(),
        context.params.id,
      );
      const by = staffOf(context.principal);
      if (by === undefined) throw new DomainError('platform.forbidden', 'Only staff decide.');
      const key = await applications.recordKey(scope, snapshot);
      const seal = (text: string): PersonalValue => ({ sealed: key.seal(text), masked: '***' });
      const request = { key: context.idempotencyKey, fingerprint: context.fingerprint };
      const { state } = await applications.handle(scope, id, commandOf(context.body, by, id, seal), { request });
      if (state.status === 'none') throw new Error('an application vanished');
      return { status: 200, body: viewApplication(id, scope.tenantId, state, true, open) };
    },
  });
}
