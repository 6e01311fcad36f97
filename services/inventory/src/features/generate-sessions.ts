// Sessions are generated ahead of time from their calendar, up to its horizon (INV-01). Their ids follow from calendar, day and
// slot, so generating twice, in two instances or after a crash makes no second session.
import {
  addDays,
  datesInRange,
  formatId,
  instantOf,
  localDate,
  localDateOf,
  localTime,
  formatInstant,
  type LocalDate,
  type TenantId,
} from '@tongpiao/kernel';
import { mac, Scope, type AggregateStore, type Snapshot } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import type { CalendarCommand, CalendarEvent, CalendarState } from '../calendar/calendar.store.ts';
import { slotsOf, type Calendar, type Slot } from '../calendar/calendar.ts';
import type { SessionCommand, SessionEvent, SessionState } from '../session/session.ts';
import { bounding, named, SITE_LIMIT } from '../site-day/day-limits.policy.ts';
import { siteDayId, type SiteDayStore } from '../site-day/site-day.store.ts';
import type { SiteDay } from '../site-day/site-day.ts';

type Parts = {
  readonly calendars: AggregateStore<CalendarState, CalendarCommand, CalendarEvent>;
  readonly sessions: AggregateStore<SessionState, SessionCommand, SessionEvent>;
  readonly siteDays: SiteDayStore;
  readonly announce: (tenantId: string, siteDay: SiteDay) => void;
};

/** Sessions that were made now, and what bounds the calendar's days as they stand (INV-05). */
type Generated = {
  readonly sessions: number;
  readonly dayCapacities: readonly { readonly date: string; readonly capacity: number }[];
};

export type SessionGenerator = {
  generate(scope: Scope, calendarId: string, calendar: Calendar): Promise<Generated>;
  /** Looks every hour whether a calendar's horizon has moved. */
  keepAhead(): void;
};

const HOUR_MS = 3_600_000;
/** Calendars read at once. */
const CALENDARS_PAGE = 200;

export function createSessionGenerator(foundation: Foundation, parts: Parts): SessionGenerator {
  const { tenants, clock, logger } = foundation;
  const idKey = foundation.vault.serviceKey('session-ids');

  async function generate(scope: Scope, calendarId: string, calendar: Calendar): Promise<Generated> {
    const { timeZone } = tenants.require(scope.tenantId);
    const today = localDateOf(clock(), timeZone);
    const from = calendar.from > today ? localDate(calendar.from) : today;
    const until = addDays(today, calendar.horizonDays);
    if (from > until) return { sessions: 0, dayCapacities: [] };
    const wanted = datesInRange(from, until, calendar.horizonDays + 1).flatMap((date) =>
      slotsOf(calendar, date).map((slot) => ({
        id: formatId<'Session'>('ses', scope.tenantId, mac(idKey, `${calendarId}|${date}|${slot.from}`)),
        date,
        slot,
      })),
    );
    const known = new Set(
      (
        await parts.sessions.find(scope, { _id: { $in: wanted.map(({ id }) => id) } }, { limit: wanted.length + 1 })
      ).map(({ id }) => id),
    );
    const missing = wanted.filter(({ id }) => !known.has(id));
    const limits = {
      [calendarId]: calendar.dayCapacity,
      [SITE_LIMIT]: tenants.site(calendar.siteId)?.site.capacity?.dayMax,
    };
    // Counters first: a session is announced only when it can be held.
    for (const { id, date, slot } of missing) {
      await parts.siteDays.addSession(scope, { siteId: calendar.siteId, date }, id, slot.capacity, named(limits));
    }
    const dayCapacities = await bound(scope, calendar.siteId, [...new Set(wanted.map(({ date }) => date))], limits);
    await parts.sessions.createMany(
      scope,
      missing.map(({ id, date, slot }) => ({ id, command: opening(calendarId, calendar, date, slot, timeZone) })),
    );
    const days = [...new Set(missing.map(({ date }) => siteDayId(calendar.siteId, date)))];
    for (const siteDay of (await parts.siteDays.load(scope, days)).values()) parts.announce(scope.tenantId, siteDay);
    return { sessions: missing.length, dayCapacities };
  }

  /** Also days that other calendars have opened: the tightest of all limits holds. */
  async function bound(
    scope: Scope,
    siteId: string,
    dates: readonly string[],
    limits: Readonly<Record<string, number | undefined>>,
  ): Promise<Generated['dayCapacities']> {
    const { siteDays } = parts;
    const known = await siteDays.load(
      scope,
      dates.map((date) => siteDayId(siteId, date)),
    );
    const capacities: { date: string; capacity: number }[] = [];
    for (const date of dates) {
      const id = siteDayId(siteId, date);
      let siteDay = known.get(id);
      if (siteDay === undefined) continue;
      if (bounding(siteDay, limits) !== undefined) {
        const changed = await siteDays.limitDay(scope, id, limits);
        if (changed === undefined) continue;
        siteDay = changed.siteDay;
        if (changed.moved) parts.announce(scope.tenantId, siteDay);
      }
      if (siteDay.day !== undefined) capacities.push({ date, capacity: siteDay.day.capacity });
    }
    return capacities;
  }

  async function* allCalendars(scope: Scope): AsyncGenerator<Snapshot<CalendarState>> {
    for (let after = ''; ;) {
      const page = await parts.calendars.find(
        scope,
        { _id: { $gt: after } },
        { sort: { _id: 1 }, limit: CALENDARS_PAGE },
      );
      yield* page;
      const last = page[page.length - 1];
      if (last === undefined || page.length < CALENDARS_PAGE) return;
      after = last.id;
    }
  }

  return {
    generate,
    keepAhead() {
      foundation.every(
        'generate-sessions',
        HOUR_MS,
        async () => {
          const everywhere = foundation.acrossTenants('calendars of all tenants');
          for await (const { id, tenantId, state } of allCalendars(everywhere)) {
            if (state.status === 'none') continue;
            const { sessions } = await generate(Scope.ofTenant(tenantId as TenantId, everywhere.origin), id, state);
            if (sessions > 0) logger.info({ calendar: id, sessions }, 'sessions generated ahead');
          }
        },
        { lease: true },
      );
    },
  };
}

function opening(
  calendarId: string,
  calendar: Calendar,
  date: LocalDate,
  slot: Slot,
  timeZone: string,
): SessionCommand {
  const at = (time: string): string => formatInstant(instantOf(date, localTime(time), timeZone), timeZone);
  return {
    type: 'OpenSession',
    calendarId,
    productId: calendar.productId,
    siteId: calendar.siteId,
    date,
    startsAt: at(slot.from),
    endsAt: at(slot.to),
    capacity: slot.capacity,
  };
}
