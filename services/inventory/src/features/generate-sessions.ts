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
import { mac, Scope, type AggregateStore } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import type { CalendarCommand, CalendarEvent, CalendarState } from '../calendar/calendar.store.ts';
import { slotsOf, type Calendar, type Slot } from '../calendar/calendar.ts';
import type { SessionCommand, SessionEvent, SessionState } from '../session/session.ts';
import { siteDayId, type SiteDayStore } from '../site-day/site-day.store.ts';
import type { SiteDay } from '../site-day/site-day.ts';

type Parts = {
  readonly calendars: AggregateStore<CalendarState, CalendarCommand, CalendarEvent>;
  readonly sessions: AggregateStore<SessionState, SessionCommand, SessionEvent>;
  readonly siteDays: SiteDayStore;
  readonly announce: (tenantId: string, siteDay: SiteDay) => void;
};

export type SessionGenerator = {
  generate(scope: Scope, calendarId: string, calendar: Calendar): Promise<number>;
  /** Looks every hour whether a calendar's horizon has moved. */
  keepAhead(): void;
};

const HOUR_MS = 3_600_000;
const CALENDARS_MAX = 1_000;

export function createSessionGenerator(foundation: Foundation, parts: Parts): SessionGenerator {
  const { tenants, clock, logger } = foundation;
  const idKey = foundation.vault.serviceKey('session-ids');

  async function generate(scope: Scope, calendarId: string, calendar: Calendar): Promise<number> {
    const { timeZone } = tenants.require(scope.tenantId);
    const today = localDateOf(clock(), timeZone);
    const from = calendar.from > today ? localDate(calendar.from) : today;
    const until = addDays(today, calendar.horizonDays);
    if (from > until) return 0;
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
    // Counters first: a session is announced only when it can be held.
    for (const { id, date, slot } of missing) {
      await parts.siteDays.addSession(
        scope,
        { siteId: calendar.siteId, date },
        id,
        slot.capacity,
        calendar.dayCapacity,
      );
    }
    await parts.sessions.createMany(
      scope,
      missing.map(({ id, date, slot }) => ({ id, command: opening(calendarId, calendar, date, slot, timeZone) })),
    );
    const days = [...new Set(missing.map(({ date }) => siteDayId(calendar.siteId, date)))];
    for (const siteDay of (await parts.siteDays.load(scope, days)).values()) parts.announce(scope.tenantId, siteDay);
    return missing.length;
  }

  return {
    generate,
    keepAhead() {
      foundation.every(
        'generate-sessions',
        HOUR_MS,
        async () => {
          for (const { id, tenantId, state } of await parts.calendars.find(
            foundation.acrossTenants('calendars of all tenants'),
            {},
            { limit: CALENDARS_MAX },
          )) {
            if (state.status === 'none') continue;
            const made = await generate(
              Scope.ofTenant(tenantId as TenantId, foundation.acrossTenants('generate sessions').origin),
              id,
              state,
            );
            if (made > 0) logger.info({ calendar: id, sessions: made }, 'sessions generated ahead');
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
