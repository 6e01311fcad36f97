// What the applicant does with a case after it is submitted: brings what was asked for (REI-21), appeals once (REI-41), withdraws.
import type { PersonalValue } from '@tongpiao/persistence';
import { route, type Foundation, type RequestContext, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { APPLICANT_OR_STAFF, seenApplication, type SeenApplication } from '../access/may-see-application.ts';
import { applicationView, viewApplication, type ApplicationView } from '../application/application-view.ts';
import type { ApplicationCommand } from '../application/application.ts';
import type { OpenCases } from '../application/open-case.store.ts';
import type { Applications } from '../stores.ts';

const words = z.strictObject({ words: z.string().trim().min(2).max(2_000) });
const material = words.extend({
  attachments: z.array(z.string().max(80)).min(1).max(50).optional().describe('Files of this case that show it.'),
});
const PATH = '/api/v1/reissue-applications/:id';
const ABOUT = { tags: ['reissue'], access: APPLICANT_OR_STAFF, responses: { 200: applicationView } };

export function applicantSteps(
  foundation: Foundation,
  { applications, openCases }: { readonly applications: Applications; readonly openCases: OpenCases },
): readonly Route[] {
  /** An appeal opens the case again, if no other has the ticket meanwhile (REI-05). */
  async function reopening<Answer>(
    { scope, id, application }: SeenApplication,
    write: () => Promise<Answer>,
  ): Promise<Answer> {
    if (application.status !== 'refused' || application.refusal.appealBy === undefined) return write();
    return openCases.opening(scope, application.ticket.rightId, id, foundation.clock(), write);
  }

  /** What an applicant writes may be about anybody: it is sealed. */
  async function sealed({ scope, snapshot }: SeenApplication, text: string): Promise<PersonalValue> {
    return { sealed: (await applications.recordKey(scope, snapshot)).seal(text), masked: '***' };
  }

  async function step<Body>(
    context: RequestContext<{ id: string }, unknown, Body>,
    commandOf: (seen: SeenApplication, at: string) => Promise<ApplicationCommand> | ApplicationCommand,
    around: typeof reopening = (_seen, write) => write(),
  ): Promise<{ status: 200; body: ApplicationView }> {
    const seen = await seenApplication(context, applications, foundation.clock(), context.params.id);
    const { scope, id, staff, open } = seen;
    const request = { key: context.idempotencyKey, fingerprint: context.fingerprint };
    const command = await commandOf(seen, foundation.clock().toISOString());
    const { state } = await around(seen, () => applications.handle(scope, id, command, { request }));
    if (state.status === 'none') throw new Error('an application vanished');
    return { status: 200, body: viewApplication(id, scope.tenantId, state, staff, open) };
  }

  return [
    route({
      ...ABOUT,
      method: 'post',
      path: `${PATH}/material` as const,
      summary: 'Brings what was asked for.',
      body: material,
      problems: ['reissue.no-material-wanted', 'reissue.attachment-unknown'],
      handler: (context) =>
        step(context, async (seen, at) => ({
          type: 'SupplyMaterial',
          note: await sealed(seen, context.body.words),
          ...(context.body.attachments === undefined ? {} : { attachments: context.body.attachments }),
          at,
        })),
    }),
    route({
      ...ABOUT,
      method: 'post',
      path: `${PATH}/appeal` as const,
      summary: 'Appeals against a refusal, once.',
      body: words,
      problems: [
        ...['reissue.nothing-to-appeal', 'reissue.not-appealable', 'reissue.appeal-too-late', 'reissue.already-open'],
      ],
      handler: (context) =>
        step(
          context,
          async (seen, at) => ({ type: 'Appeal', words: await sealed(seen, context.body.words), at }),
          reopening,
        ),
    }),
    route({
      ...ABOUT,
      method: 'post',
      path: `${PATH}/withdrawal` as const,
      summary: 'Withdraws the application; a frozen ticket is good again.',
      problems: ['reissue.being-carried-out', 'reissue.case-ended'],
      handler: (context) => step(context, (_seen, at) => ({ type: 'Withdraw', at })),
    }),
  ];
}
