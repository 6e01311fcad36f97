// Which tickets of a disruption wait for their holder's choice, as queries; disrupted.policy.ts says the same of one ticket. What one finds
// and the other does not let go would be looked at for ever, so their spec holds them together.
import type { Filter } from '@tongpiao/persistence';
import type { Disruption } from './disruption.ts';

/** Who is inside although there were fewer places has chosen to come. */
const UNDECIDED = { cancelled: ['issued', 'checked_in', 'expired'], reduced: ['issued'] } as const;

const momentOf = (instant: string): unknown => ({ $dateFromString: { dateString: instant, onError: null } });
/** Gates write times with the offset of their clock, so they are compared as moments. */
const isEarly = (at: unknown, startsAt: unknown): unknown => ({ $and: [{ $ne: [at, null] }, { $lt: [at, startsAt] }] });
const earlyUses = {
  $map: { input: '$state.uses', as: 'use', in: isEarly(momentOf('$$use.at'), momentOf('$state.startsAt')) },
};

/** Used up, of a session that is cancelled, and let in before its start. */
export const USED_IN_VAIN: Filter = { 'state.status': 'used', $expr: { $anyElementTrue: [earlyUses] } };

/** Offered by this disruption, and nothing has become of it yet; a frozen one gets its turn when its reissue is over. */
export function undecidedFilter(id: string, kind: Disruption['kind'], more: readonly 'frozen'[]): Filter {
  const open = { 'state.status': { $in: [...UNDECIDED[kind], ...more] } };
  return { 'state.offer.disruptionId': id, ...(kind === 'cancelled' ? { $or: [open, USED_IN_VAIN] } : open) };
}
