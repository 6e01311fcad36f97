// GET …/dossier.pdf: the case as paper, masked, for whoever may read journals; POST …/dossier: the same with personal data in plain, for whoever
// may see these too, and on the case's record before anybody has it (REI-50, PLA-11, PLA-21).
import type { JournalEntry, PersonalValue, Scope } from '@tongpiao/persistence';
import { nameOf, rawBody, route, type Foundation, type RequestContext, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { seenByStaffOrAuditor, type SeenApplication } from '../access/may-see-application.ts';
import { caseDossier, type CaseFile } from '../dossier/case-dossier.ts';
import { chainOf, type ChainParts } from './get-ticket-chain.ts';

const PATH = '/api/v1/reissue-applications/:id';

export function getDossier(foundation: Foundation, parts: ChainParts): readonly Route[] {
  const { applications } = parts;
  const about = { tags: ['reissue', 'audit'], responses: { 200: rawBody('application/pdf', 'A4, searchable.') } };

  function pdf(id: string, raw: Buffer) {
    const headers = {
      'Cache-Control': 'private, no-store',
      'Content-Disposition': `attachment; filename="dossier-${id}.pdf"`,
    };
    return { status: 200, raw, contentType: 'application/pdf', headers } as const;
  }

  /** Who made an entry unreadable does not keep the dossier from saying which one it is. */
  async function readableJournal(scope: Scope, id: string): Promise<readonly JournalEntry[]> {
    try {
      return await applications.journal(scope, id);
    } catch (error) {
      if (!(error instanceof z.ZodError)) throw error;
      return [];
    }
  }

  async function fileOf(
    { id, scope }: Pick<SeenApplication, 'id' | 'scope'>,
    application: SeenApplication['application'],
    by: string,
    open?: (value: PersonalValue) => string,
  ): Promise<CaseFile> {
    const [journal, verdict, chain] = await Promise.all([
      readableJournal(scope, id),
      applications.verify(scope, id),
      chainOf(foundation, parts, scope, application.ticket.rightId),
    ]);
    const tenant = foundation.tenants.require(scope.tenantId);
    const site = tenant.sites.find((one) => one.id === application.ticket.siteId)?.name;
    const { name: issuer, timeZone } = tenant;
    return { id, application, journal, verdict, chain, issuer, site, timeZone, by, at: foundation.clock(), open };
  }

  const look = (context: RequestContext<{ id: string }>): Promise<SeenApplication> =>
    seenByStaffOrAuditor(context, applications, foundation.clock(), context.params.id);

  /** @throws DomainError `platform.erased` when there is nothing left to open */
  async function opener(scope: Scope, { snapshot }: SeenApplication): Promise<(value: PersonalValue) => string> {
    const key = await applications.recordKey(scope, snapshot);
    return ({ sealed }) => key.open(sealed);
  }

  return [
    route({
      ...about,
      method: 'get',
      path: `${PATH}/dossier.pdf` as const,
      summary: 'The dossier of an application, personal data masked.',
      access: { permission: 'audit:journals:read' },
      async handler(context) {
        const seen = await look(context);
        const dossier = caseDossier(await fileOf(seen, seen.application, nameOf(context.principal)));
        await foundation.trail.record(seen.scope, 'export', seen.id, { document: 'dossier', data: 'masked' });
        return pdf(seen.id, dossier);
      },
    }),
    route({
      ...about,
      method: 'post',
      path: `${PATH}/dossier` as const,
      summary: 'The dossier of an application with personal data in plain, for a stated purpose; audited.',
      access: { permission: 'reissue:personal-data:reveal' },
      body: z.strictObject({ purpose: z.string().trim().min(4).max(500) }),
      problems: ['platform.erased'],
      async handler(context) {
        const seen = await look(context);
        const { scope, id } = seen;
        const open = await opener(scope, seen);
        const request = { key: context.idempotencyKey, fingerprint: context.fingerprint };
        const { purpose } = context.body;
        const { state } = await applications.handle(
          scope,
          id,
          { type: 'RecordReveal', purpose, request: context.request.id },
          { request },
        );
        if (state.status === 'none') throw new Error('an application vanished');
        await foundation.trail.record(scope, 'export', id, { document: 'dossier', data: 'plain', purpose });
        return pdf(id, caseDossier(await fileOf(seen, state, nameOf(context.principal), open)));
      },
    }),
  ];
}
