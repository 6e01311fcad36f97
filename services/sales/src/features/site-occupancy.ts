// GET /api/v1/sites/{id}/occupancy and POST …/occupancy-corrections: how full a site is (SAL-43). Everybody sees light and percentages,
// staff the figures behind them; whoever has counted on the spot may put the count right, with a reason.
import { siteLightSchema } from '@tongpiao/contracts';
import { DomainError, localDateOf, type TenantId } from '@tongpiao/kernel';
import { may, nameOf, route, type Foundation, type RequestContext, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { Counters, SiteCounters, SiteDay } from '../occupancy/counters.store.ts';
import { percentsOf, sharesOf } from '../occupancy/light.policy.ts';
import { correctionSchema, occupancyId, type Occupancies } from '../occupancy/occupancy.store.ts';
import { backgroundScope, type SiteLights } from '../occupancy/site-lights.ts';

const view = z.object({
  siteId: z.string(),
  date: z.iso.date(),
  light: siteLightSchema.describe('Red: entry and sales for today have stopped.'),
  insidePercent: z.int().optional().describe('Of the people whom the site carries at a moment.'),
  dayPercent: z.int().optional().describe('Of the people whom it carries on a day.'),
  at: z.string(),
  figures: z
    .object({
      inside: z.int(),
      entered: z.int(),
      exited: z.int(),
      corrected: z.int().describe('Sum of all corrections.'),
      uncounted: z.int().describe('People who went out and had never been counted in.'),
      insideMax: z.int().optional(),
      dayMax: z.int().optional(),
      lightPercents: z.array(z.int()),
      corrections: z.array(correctionSchema),
    })
    .optional()
    .describe('For staff and gates of the tenant.'),
});

type Parts = { readonly counters: SiteCounters; readonly occupancies: Occupancies; readonly lights: SiteLights };
type Site = { readonly tenantId: TenantId; readonly day: SiteDay };

export function siteOccupancy(foundation: Foundation, { counters, occupancies, lights }: Parts): readonly Route[] {
  const { clock, tenants } = foundation;

  /** @throws DomainError `platform.not-found` */
  function siteOf(siteId: string, now: Date): Site {
    const found = tenants.site(siteId);
    if (found === undefined) throw new DomainError('platform.not-found', 'There is no such site.');
    const { timeZone } = tenants.require(found.tenantId);
    return { tenantId: found.tenantId, day: { siteId, date: localDateOf(now, timeZone) } };
  }

  function isStaff({ principal }: RequestContext, tenantId: TenantId): boolean {
    return may(principal, 'sales:occupancy:read') && 'tenantId' in principal && principal.tenantId === tenantId;
  }

  async function figuresOf(site: Site, found: Counters | undefined): Promise<z.input<typeof view>['figures']> {
    const { tenantId, day } = site;
    const { siteId, date } = day;
    const record = await occupancies.load(backgroundScope(tenantId, 'occupancy read'), occupancyId(siteId, date));
    const { insideMax, dayMax } = lights.capacityOf(siteId) ?? {};
    const { inside = 0, entered = 0, exited = 0, corrected = 0, uncounted = 0 } = found ?? {};
    return {
      inside,
      entered,
      exited,
      corrected,
      uncounted,
      ...(insideMax === undefined ? {} : { insideMax }),
      ...(dayMax === undefined ? {} : { dayMax }),
      lightPercents: [...percentsOf(lights.capacityOf(siteId))],
      corrections: record === undefined || record.state.status === 'none' ? [] : [...record.state.corrections],
    };
  }

  async function show(site: Site, now: Date, withFigures: boolean): Promise<z.input<typeof view>> {
    const { tenantId, day } = site;
    const found = await counters.read(backgroundScope(tenantId, 'occupancy read'), day);
    const shares = sharesOf(found ?? { inside: 0, entered: 0 }, lights.capacityOf(day.siteId));
    return {
      ...day,
      light: lights.capacityOf(day.siteId) === undefined ? 'green' : (found?.light ?? 'green'),
      ...(shares.inside === undefined ? {} : { insidePercent: Math.round(shares.inside) }),
      ...(shares.day === undefined ? {} : { dayPercent: Math.round(shares.day) }),
      at: now.toISOString(),
      ...(withFigures ? { figures: await figuresOf(site, found) } : {}),
    };
  }

  return [
    route({
      method: 'get',
      path: '/api/v1/sites/:id/occupancy',
      summary: 'How full a site is today.',
      tags: ['sites'],
      access: 'public',
      responses: { 200: view },
      async handler(context) {
        const now = clock();
        const site = siteOf(context.params.id, now);
        const staff = isStaff(context, site.tenantId);
        // A page of a popular site asks every few seconds from many phones; they may all be given the same answer.
        const headers = { 'Cache-Control': staff ? 'private, no-store' : 'public, s-maxage=2' };
        return { status: 200, body: await show(site, now, staff), headers };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/sites/:id/occupancy-corrections',
      summary: 'Puts the number of people inside right after a count on the spot.',
      tags: ['sites'],
      access: { permission: 'sales:occupancy:correct' },
      body: z.strictObject({
        inside: z.int().min(0).max(10_000_000),
        reason: z.string().trim().min(5).max(300),
      }),
      responses: { 200: view },
      async handler(context) {
        const now = clock();
        const site = siteOf(context.params.id, now);
        if (!isStaff(context, site.tenantId)) throw new DomainError('platform.not-found', 'There is no such site.');
        const scope = context.scope();
        const { inside, reason } = context.body;
        const { siteId, date } = site.day;
        const { entered = 0, exited = 0, uncounted = 0 } = (await counters.read(scope, site.day)) ?? {};
        const { state } = await occupancies.handle(
          scope,
          occupancyId(siteId, date),
          {
            type: 'Correct',
            siteId,
            date,
            counted: entered - exited + uncounted,
            inside,
            reason,
            by: nameOf(context.principal),
            at: now.toISOString(),
          },
          { request: { key: `${context.callerKey}:${context.idempotencyKey}`, fingerprint: context.fingerprint } },
        );
        if (state.status === 'counted') await counters.correct(scope, site.day, state.corrected, now);
        await lights.observe(site.tenantId, site.day);
        return { status: 200, body: await show(site, now, true) };
      },
    }),
  ];
}
