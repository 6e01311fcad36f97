// PLA-21: looks at personal data, exports, and refused attempts at records of others are on record before the caller has an answer, and an
// auditor can search them. The same in every service; what a service hands out without an entry is not handed out.
import { DomainError, PLATFORM_TENANT } from '@tongpiao/kernel';
import type { Database, Scope, Vault } from '@tongpiao/persistence';
import { z } from 'zod';
import { accessTerms } from './access.ts';
import { openTrailStore, TRAIL_KINDS, type TrailDetail, type TrailKind } from './audit-trail.store.ts';
import type { Metrics } from './metrics.ts';
import { nameOf } from './principal.ts';
import type { RequestContext } from './request-context.ts';
import { route, type Route } from './routes.ts';

export type AuditTrail = {
  /**
   * To be awaited before anything is handed out: what fails here is not shown.
   * @param scope of the record's tenant; its origin says who, from where and in which request
   * @param subject id of the record, or what was looked for; never a personal value
   */
  record(scope: Scope, what: TrailKind, subject: string, detail?: TrailDetail): Promise<void>;
};

export type OpenedTrail = {
  readonly trail: AuditTrail;
  readonly routes: readonly Route[];
  /** Of a route that names a record and is not the public's: whoever is known and meets a 404 leaves an entry behind. */
  readonly guard: (route: Route) => Route;
};

/** Of one caller, per minute and instance: a program that guesses must not fill the trail. */
const REFUSALS_KEPT = 20;
const WINDOW_MS = 60_000;
const CALLERS_MAX = 10_000;
const PAGE = 100;

const entryView = z.object({
  id: z.string(),
  tenantId: z.string(),
  at: z.string(),
  by: z.string(),
  channel: z.string(),
  address: z.string().optional(),
  what: z.enum(TRAIL_KINDS),
  subject: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
  request: z.string(),
  intact: z.boolean().describe('Whether the entry is as it was written.'),
});

const cursor = z
  .string()
  .regex(/^[\d:.TZ-]{20,30}~aud_[0-9a-z]{10,60}$/, 'what `next` said')
  .refine((text) => !Number.isNaN(Date.parse(text.split('~')[0] ?? '')), 'what `next` said');

export async function openAuditTrail(options: {
  service: string;
  database: Database;
  vault: Vault;
  clock: () => Date;
  metrics: Metrics;
}): Promise<OpenedTrail> {
  const { service, clock } = options;
  const store = await openTrailStore(options.database, options.vault.serviceKey('audit-trail'));
  const leftOut = options.metrics.counter(
    'audit_trail_refusals_left_out_total',
    'Refused attempts of callers who had been refused too often within a minute to be written down one by one.',
  );
  const refusals = new Map<string, number>();
  let windowEnds = 0;

  function mayKeep(caller: string): boolean {
    const now = clock().getTime();
    if (now >= windowEnds) {
      refusals.clear();
      windowEnds = now + WINDOW_MS;
    }
    const before = refusals.get(caller) ?? 0;
    if (before >= REFUSALS_KEPT || (before === 0 && refusals.size >= CALLERS_MAX)) return false;
    refusals.set(caller, before + 1);
    return true;
  }

  async function refused(context: RequestContext, subject: string): Promise<void> {
    const { principal, request } = context;
    // Whoever is nobody guesses, which the gateway counts.
    if (principal.type === 'guest') return;
    if (!mayKeep(nameOf(principal))) {
      leftOut.inc();
      return;
    }
    // In the caller's own tenant: whose the record is, and whether there is one, the refusal does not know.
    const detail = { method: request.method, path: request.path };
    await store.add(context.scope(), clock(), { what: 'refused', subject, detail });
  }

  return {
    trail: {
      record: (scope, what, subject, detail = {}) => store.add(scope, clock(), { what, subject, detail }),
    },
    guard(guarded) {
      if (!guarded.path.includes(':') || accessTerms(guarded.access).includes('public')) return guarded;
      return {
        ...guarded,
        async handler(context) {
          try {
            return await guarded.handler(context);
          } catch (error) {
            if (error instanceof DomainError && error.code === 'platform.not-found')
              await refused(context, firstOf(context.params));
            throw error;
          }
        },
      };
    },
    routes: [
      route({
        method: 'get',
        path: `/api/v1/operations/${service}/audit-trail` as '/audit-trail',
        summary: `Who has seen or taken away personal data of ${service}, and who was refused; newest first.`,
        tags: ['audit'],
        access: { permission: 'audit:trail:read' },
        query: z.strictObject({
          by: z.string().min(1).max(200).optional(),
          subject: z.string().min(1).max(200).optional(),
          what: z.enum(TRAIL_KINDS).optional(),
          from: z.iso.datetime({ offset: true }).optional(),
          before: z.iso.datetime({ offset: true }).optional(),
          cursor: cursor.optional(),
        }),
        responses: { 200: z.object({ items: z.array(entryView), next: z.string().optional() }) },
        async handler(context) {
          const { by, subject, what, from, before, cursor: place } = context.query;
          const ofPlatform = context.principal.type === 'user' && context.principal.tenantId === PLATFORM_TENANT;
          const scope = ofPlatform ? context.scopeAcrossTenants('search of the audit trail') : context.scope();
          const [at = '', id = ''] = place?.split('~') ?? [];
          const found = await store.search(
            scope,
            {
              ...{ by, subject, what },
              from: from === undefined ? undefined : new Date(from),
              before: before === undefined ? undefined : new Date(before),
              after: place === undefined ? undefined : { at: new Date(at), id },
            },
            PAGE,
          );
          const last = found.at(-1);
          const next = found.length < PAGE || last === undefined ? {} : { next: `${last.at.toISOString()}~${last.id}` };
          const items = found.map((entry) => ({ ...entry, at: entry.at.toISOString() }));
          return { status: 200, body: { items, ...next }, headers: { 'Cache-Control': 'private, no-store' } };
        },
      }),
    ],
  };
}

/** The record on whose account one may see what hangs on it. */
function firstOf(params: unknown): string {
  return Object.values(z.record(z.string(), z.string()).parse(params))[0] ?? '';
}
