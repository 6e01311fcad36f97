// A site-day with one session, holds on it, and what may be asked for them: the words of the site-day's specs.
import { pendingId, type HoldFacts, type HoldRecord, type HoldRequest, type HoldStatus } from './site-day.ts';
import type { Delta, Returned, SessionStatus, SiteDay, Step, Waiting } from './site-day.ts';

const DAY = 'sit_1:2026-12-01';
const ASKED = { messageId: 'msg_1', correlationId: 'c_1' };
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
function stepOf(name: Step['step']): Step {
  if (name === 'return') return { step: name, hold: hold(), returned: returned() };
  return name === 'reject' ? { step: name, hold: hold(), asked: ASKED } : { step: name, hold: hold() };
}

export function siteDay(
  change: {
    capacity?: number;
    day?: number;
    pending?: readonly Step['step'][];
    status?: SessionStatus;
    waiting?: readonly HoldFacts[];
  } & Partial<Delta> = {},
): SiteDay {
  const { capacity = 10, held = 2, sold = 2, pending = [] } = change;
  const figures = { capacity, available: change.available ?? capacity - held - sold, held, sold };
  return {
    id: DAY,
    revision: 5,
    day:
      change.day === undefined ? undefined : { ...figures, capacity: change.day, available: change.day - held - sold },
    sessions: { ses_1: { ...figures, status: change.status ?? 'open' } },
    pending: pending.map(stepOf).map((step) => ({ ...step, id: pendingId(step) })),
    ...(change.waiting === undefined ? {} : { waiting: change.waiting.map(waitingOf) }),
  };
}

export function waitingOf(facts: HoldFacts): Waiting {
  return { hold: facts, until: '2026-11-30T16:00:00Z', asked: ASKED };
}

/** A place that stands in line where there is no room. */
export const placeOrWait = (facts = hold(), lineMax = 100): HoldRequest => ({
  kind: 'place',
  hold: facts,
  waiting: { until: '2026-11-30T16:00:00Z', lineMax, asked: ASKED },
});
export const place = (facts = hold()): HoldRequest => ({ kind: 'place', hold: facts });
export const confirm = (facts = hold()): HoldRequest => ({ kind: 'confirm', hold: facts });
export const release = (facts = hold()): HoldRequest => ({ kind: 'release', hold: facts, refund: false });
export const refund = (facts = hold()): HoldRequest => ({ kind: 'release', hold: facts, refund: true });
export const giveBack = (part = returned(), facts = hold()): HoldRequest => ({
  kind: 'return',
  hold: facts,
  returned: part,
});
