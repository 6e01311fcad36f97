// INV-05: what identity says of a site bounds the days that are open already, page after page, once for each change.
import type { TenantId } from '@tongpiao/kernel';
import { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import { expect } from 'chai';
import { pino } from 'pino';
import { SITE_LIMIT } from '../site-day/day-limits.policy.ts';
import { siteDay } from '../site-day/site-day.fixture.ts';
import type { SiteDayStore } from '../site-day/site-day.store.ts';
import type { SiteDay } from '../site-day/site-day.ts';
import { boundSiteDays } from './bound-site-days.ts';

const TENANT = 'ten_7f3k9q2m5x8c4v6b1n0a' as TenantId;
const DAYS = 450;
const origin = { by: 'service:inventory', channel: 'timer', cause: 'test', correlationId: 'test' };
const logger = pino({ level: 'silent' });

describe('INV-05 daily maximum of a site', () => {
  it('reaches every open day, is written once, and is taken back', async () => {
    let dayMax: number | undefined = 50;
    let round: (() => Promise<void>) | undefined;
    const said: (number | undefined)[] = [];
    const moved: string[] = [];
    const days = new Map<string, SiteDay>(
      Array.from({ length: DAYS }, (_, index) => {
        const id = `sit_1:${String(index).padStart(4, '0')}`;
        return [id, { ...siteDay({ capacity: 100 }), id, limits: {} }];
      }),
    );
    const siteDays = {
      from: async (
        _scope: Scope,
        _date: string,
        { limit, after }: { limit: number; after?: { id: string } | undefined },
      ) =>
        [...days.values()]
          .filter(({ id }) => after === undefined || id > after.id)
          .slice(0, limit)
          .map((day) => ({ siteDay: day, tenantId: TENANT, date: '2026-12-01' })),
      limitDay: async (_scope: Scope, id: string, limits: Readonly<Record<string, number | undefined>>) => {
        const limit = limits[SITE_LIMIT];
        said.push(limit);
        const before = days.get(id);
        if (before === undefined) return undefined;
        const available = (limit ?? 0) - 4;
        const day = limit === undefined ? undefined : { capacity: limit, available, held: 2, sold: 2 };
        const after = { ...before, day, limits: limit === undefined ? {} : { [SITE_LIMIT]: limit } };
        days.set(id, after);
        return { siteDay: after, moved: true };
      },
    } as unknown as SiteDayStore;
    const foundation = {
      tenants: {
        all: () => [{ tenantId: TENANT, sites: [{ id: 'sit_1', capacity: { dayMax } }] }],
        require: () => ({ timeZone: 'Asia/Shanghai' }),
      },
      clock: () => new Date('2026-12-01T00:00:00Z'),
      logger,
      every: (_name: string, _everyMs: number, task: () => Promise<void>) => void (round = task),
      acrossTenants: (reason: string) => Scope.acrossTenants(reason, origin, logger),
    } as unknown as Foundation;
    boundSiteDays(foundation, { siteDays, moved: (_tenantId, { id }) => void moved.push(id) });

    await round?.();
    expect(said).to.have.length(DAYS);
    expect(new Set(moved).size).to.equal(DAYS);
    await round?.();
    expect(said, 'said twice is said once').to.have.length(DAYS);
    dayMax = undefined;
    await round?.();
    expect(said.slice(DAYS)).to.deep.equal(Array.from({ length: DAYS }, () => undefined));
    expect([...days.values()].every(({ day }) => day === undefined)).to.equal(true);
  });
});
