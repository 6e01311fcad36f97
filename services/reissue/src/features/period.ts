// A period of whole days, as people at a site read a calendar; both days are part of it.
import { addDays, daysBetween, DomainError, instantOf, localDate, localTime, type TenantId } from '@tongpiao/kernel';
import type { Foundation } from '@tongpiao/service-shell';
import { z } from 'zod';

export const periodFields = {
  from: z.iso.date().describe('First day, in the time zone of the tenant.'),
  to: z.iso.date().describe('Last day.'),
};

export type Period = { readonly from: string; readonly before: string; readonly timeZone: string };

/** Two years: a year against the one before. */
const DAYS_MAX = 731;

/** @throws DomainError for days in the wrong order, or too many of them */
export function periodOf(
  foundation: Pick<Foundation, 'tenants'>,
  tenantId: TenantId,
  given: { readonly from: string; readonly to: string },
): Period {
  const { timeZone } = foundation.tenants.require(tenantId);
  const [from, to] = [localDate(given.from), localDate(given.to)];
  const days = daysBetween(from, to) + 1;
  if (days < 1 || days > DAYS_MAX)
    throw new DomainError('reissue.period-invalid', 'The period is none, or too long.', { maxDays: DAYS_MAX });
  const startOf = (day: typeof from): string => instantOf(day, localTime('00:00'), timeZone).toISOString();
  return { from: startOf(from), before: startOf(addDays(to, 1)), timeZone };
}
