// A site-day with one session, holds on it, and what may be asked for them: the words of the site-day's specs.
import { pendingId, type HoldFacts, type HoldRecord, type HoldRequest, type HoldStatus } from './site-day.ts';
import type { Delta, Returned, SiteDay, Step } from './site-day.ts';

export const DAY = 'sit_1:2026-12-01';
export const noRecord = (): undefined => undefined;

export function record(status: HoldStatus, returns: readonly Returned[] = []): HoldRecord | undefined {
  return status === 'none' ? undefined : { status, returns };
}

export function hold(id = 'hld_1', quantity = 2, sessionId = 'ses_1'): HoldFacts {
  return {
    holdId: id,
    orderId: `ord_${id}`,
    channel: 'web',
    expiresAt: '2026-12-01T02:15:00Z',
    lines: [{ sessionId, siteDay: DAY, quantity }],
  };
}

export function returned(id = 'rfd_1', quantity = 1, sessionId = 'ses_1'): Returned {
  return { id, sessionId, quantity };
}

/** Pending on the hold that `hold()` is. */
export function stepOf(name: Step['step']): Step {
  return name === 'return' ? { step: name, hold: hold(), returned: returned() } : { step: name, hold: hold() };
}

export function siteDay(
  change: { capacity?: number; day?: number; pending?: readonly Step['step'][] } & Partial<Delta> = {},
): SiteDay {
  const { capacity = 10, held = 2, sold = 2, pending = [] } = change;
  const figures = { capacity, available: change.available ?? capacity - held - sold, held, sold };
  return {
    id: DAY,
    revision: 5,
    day:
      change.day === undefined ? undefined : { ...figures, capacity: change.day, available: change.day - held - sold },
    sessions: { ses_1: { ...figures, status: 'open' } },
    pending: pending.map(stepOf).map((step) => ({ ...step, id: pendingId(step) })),
  };
}

export const place = (facts = hold()): HoldRequest => ({ kind: 'place', hold: facts });
export const confirm = (facts = hold()): HoldRequest => ({ kind: 'confirm', hold: facts });
export const release = (facts = hold()): HoldRequest => ({ kind: 'release', hold: facts, refund: false });
export const refund = (facts = hold()): HoldRequest => ({ kind: 'release', hold: facts, refund: true });
export const giveBack = (part = returned(), facts = hold()): HoldRequest => ({
  kind: 'return',
  hold: facts,
  returned: part,
});
