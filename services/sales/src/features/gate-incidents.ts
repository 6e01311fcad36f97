// GET /api/v1/gate-incidents, …/{id}, and POST …/{id}/closure: what went wrong at gates (SAL-41), for those who have to look into it.
import { DomainError } from '@tongpiao/kernel';
import { nameOf, route, type Foundation, type RequestContext, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { Incidents } from '../gate-incident/incident.store.ts';
import { INCIDENT_KINDS, type Incident } from '../gate-incident/incident.ts';
import { REFUSAL_REASONS } from '../right/right.store.ts';

const bilingual = z.object({ zh: z.string(), en: z.string() });
const place = { at: z.string(), gateId: z.string(), gate: bilingual.optional() };
const incidentView = z.object({
  id: z.string(),
  kind: z.enum(INCIDENT_KINDS),
  status: z
    .enum(['open', 'noted', 'closed'])
    .describe('noted: a forgery that the gate refused; nothing is to be done.'),
  siteId: z.string(),
  gateId: z.string(),
  gate: bilingual.optional(),
  foundAt: z.string(),
  ticketNumber: z.string().optional(),
  firstUse: z.object(place).optional().describe('The use that was there before.'),
  scan: z
    .object({
      ...place,
      scanId: z.string(),
      people: z.int(),
      decided: z.enum(['admitted', 'refused']),
      truth: z.enum(['admissible', ...REFUSAL_REASONS]).describe('What the platform would have said.'),
    })
    .optional()
    .describe('This one.'),
  shown: z.string().optional().describe('Of a forged code, as evidence.'),
  skewSeconds: z.number().optional().describe('How far the gate’s clock was ahead of ours; negative: behind.'),
  closure: z.object({ finding: z.string(), by: z.string(), at: z.string() }).optional(),
});

const PAGE = 50;
const CURSOR = /^[0-9TZ:.-]{20,30}~inc_[0-9a-z]{10,40}$/;

export function gateIncidents(foundation: Foundation, incidents: Incidents): readonly Route[] {
  const gateName = (tenantId: string, gateId: string): z.output<typeof bilingual> | undefined =>
    foundation.tenants
      .get(tenantId)
      ?.sites.flatMap(({ gates }) => gates)
      .find(({ id }) => id === gateId)?.name;

  function view(id: string, tenantId: string, incident: Incident): z.input<typeof incidentView> {
    const { gateId, firstUse, scan, ...facts } = incident;
    const at = (name: string): { gateId: string; gate?: z.output<typeof bilingual> } => {
      const gate = gateName(tenantId, name);
      return { gateId: name, ...(gate === undefined ? {} : { gate }) };
    };
    return {
      id,
      ...facts,
      ...at(gateId),
      ...(firstUse === undefined ? {} : { firstUse: { ...firstUse, ...at(firstUse.gateId) } }),
      ...(scan === undefined ? {} : { scan: { ...scan, ...at(gateId) } }),
    };
  }

  async function one(context: RequestContext<{ readonly id: string }>): Promise<z.input<typeof incidentView>> {
    const found = await incidents.load(context.scope(), context.params.id);
    if (found === undefined || found.state.status === 'none')
      throw new DomainError('platform.not-found', 'There is no such incident.');
    return view(found.id, found.tenantId, found.state);
  }

  return [
    route({
      method: 'get',
      path: '/api/v1/gate-incidents',
      summary: 'What went wrong at gates, newest first.',
      tags: ['gates'],
      access: { permission: 'sales:incidents:read' },
      query: z.strictObject({
        status: z.enum(['open', 'noted', 'closed']).optional(),
        kind: z.enum(INCIDENT_KINDS).optional(),
        gateId: z.string().min(3).max(80).optional(),
        siteId: z.string().min(3).max(80).optional(),
        cursor: z.string().max(120).optional(),
      }),
      problems: ['sales.cursor-invalid'],
      responses: { 200: z.object({ items: z.array(incidentView), next: z.string().optional() }) },
      async handler(context) {
        const { cursor, ...wanted } = context.query;
        const filter = Object.fromEntries(Object.entries(wanted).map(([name, value]) => [`state.${name}`, value]));
        const found = await incidents.find(
          context.scope(),
          { ...filter, ...(cursor === undefined ? {} : olderThan(cursor)) },
          { sort: { 'state.foundAt': -1, _id: -1 }, limit: PAGE },
        );
        const items = found.flatMap(({ id, tenantId, state }) =>
          state.status === 'none' ? [] : [view(id, tenantId, state)],
        );
        const last = items[items.length - 1];
        const next = items.length === PAGE && last !== undefined ? { next: `${last.foundAt}~${last.id}` } : {};
        return { status: 200, body: { items, ...next } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/gate-incidents/:id',
      summary: 'One incident with both scans.',
      tags: ['gates'],
      access: { permission: 'sales:incidents:read' },
      responses: { 200: incidentView },
      handler: async (context) => ({ status: 200, body: await one(context) }),
    }),
    route({
      method: 'post',
      path: '/api/v1/gate-incidents/:id/closure',
      summary: 'Says what was found, and closes the incident.',
      tags: ['gates'],
      access: { permission: 'sales:incidents:close' },
      body: z.strictObject({ finding: z.string().trim().min(5).max(1_000) }),
      problems: ['sales.incident-closed'],
      responses: { 200: incidentView },
      async handler(context) {
        const closure = {
          finding: context.body.finding,
          by: nameOf(context.principal),
          at: foundation.clock().toISOString(),
        };
        await incidents.handle(
          context.scope(),
          context.params.id,
          { type: 'CloseIncident', closure },
          { request: { key: `${context.callerKey}:${context.idempotencyKey}`, fingerprint: context.fingerprint } },
        );
        return { status: 200, body: await one(context) };
      },
    }),
  ];
}

/** Several are found in one millisecond: the id decides among them. @throws DomainError `sales.cursor-invalid` */
function olderThan(cursor: string): Record<string, unknown> {
  if (!CURSOR.test(cursor)) throw new DomainError('sales.cursor-invalid', 'This is no cursor of ours.');
  const [foundAt = '', id = ''] = cursor.split('~');
  return { $or: [{ 'state.foundAt': { $lt: foundAt } }, { 'state.foundAt': foundAt, _id: { $lt: id } }] };
}
