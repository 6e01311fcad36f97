// What inventory is asked and what it says: sessions, their availability, and holds on them.
import { z } from 'zod';
import { defineCommand, defineEvent, instantSchema, localDateSchema } from './define.ts';
import { idSchema, salesChannelSchema } from './vocabulary.ts';

const HOLD = { holdId: 'hld_0a5d8k2m7q9x3c6v1b4n', orderId: 'ord_0a5d8k2m7q9x3c6v1b4n' };
const hold = { holdId: idSchema, orderId: idSchema };

/** INV-10: an order has at most 20 lines, so a hold has at most 20 parts. */
export const HOLD_LINES_MAX = 20;

export const placeHold = defineCommand({
  type: 'inventory.hold.place.v1',
  summary: 'Hold places for an order: all of its lines or none.',
  data: z.object({
    ...hold,
    lines: z
      .array(z.object({ sessionId: idSchema, quantity: z.int().min(1).max(500) }))
      .min(1)
      .max(HOLD_LINES_MAX),
    channel: salesChannelSchema,
    /** Sales owns the expiry; inventory asks sales when a hold is long past it. */
    expiresAt: instantSchema,
    /** SAL-26: where there is no room, stand in line instead of being refused; all lines are for one session then. */
    waiting: z
      .object({
        /** Sales owns this end too, and releases the hold; inventory asks when it is long past. */
        until: instantSchema,
        /** A longer line than this is closed: the hold is refused. */
        lineMax: z.int().min(1).max(1_000),
      })
      .optional(),
  }),
  example: {
    ...HOLD,
    lines: [{ sessionId: 'ses_0a1b2c3d4e5f6g7h8j9k', quantity: 2 }],
    channel: 'web',
    expiresAt: '2026-12-01T10:15:00+08:00',
  },
});

export const confirmHold = defineCommand({
  type: 'inventory.hold.confirm.v1',
  summary: 'The order is paid: held places become sold ones.',
  data: z.object(hold),
  example: HOLD,
});

export const extendHold = defineCommand({
  type: 'inventory.hold.extend.v1',
  summary: 'The order lives longer: so does its hold.',
  data: z.object({ ...hold, expiresAt: instantSchema }),
  example: { ...HOLD, expiresAt: '2026-12-01T10:30:00+08:00' },
});

export const releaseHold = defineCommand({
  type: 'inventory.hold.release.v1',
  summary: 'The order will not be paid: held places become free.',
  data: z.object({ ...hold, reason: z.enum(['expired', 'cancelled', 'rejected', 'refunded']) }),
  example: { ...HOLD, reason: 'expired' },
});

export const returnPlaces = defineCommand({
  type: 'inventory.hold.return.v1',
  summary:
    'A ticket of a sold hold was refunded or exchanged: its places become free, the rest of the hold stays sold.',
  data: z.object({
    ...hold,
    /** One per refund or exchange: the same return twice moves nothing. */
    returnId: idSchema,
    sessionId: idSchema,
    quantity: z.int().min(1).max(500),
  }),
  example: {
    ...HOLD,
    returnId: 'rfd_0a5d8k2m7q9x3c6v1b4n',
    sessionId: 'ses_0a1b2c3d4e5f6g7h8j9k',
    quantity: 1,
  },
});

export const holdQueued = defineEvent({
  type: 'inventory.hold.queued.v1',
  summary: 'No room now: the hold stands in line and is granted by itself when places come back.',
  data: z.object({ ...hold, sessionId: idSchema, position: z.int().positive() }),
  example: { ...HOLD, sessionId: 'ses_0a1b2c3d4e5f6g7h8j9k', position: 3 },
});

export const WAITING_LINE_MAX = 1_000;

export const waitingLineChanged = defineEvent({
  type: 'inventory.waiting-line.changed.v1',
  summary: 'Who stands in line for a session, first come first; the whole line, coalesced.',
  data: z.object({ sessionId: idSchema, orderIds: z.array(idSchema).max(WAITING_LINE_MAX) }),
  example: { sessionId: 'ses_0a1b2c3d4e5f6g7h8j9k', orderIds: [HOLD.orderId] },
});

export const holdGranted = defineEvent({
  type: 'inventory.hold.granted.v1',
  summary: 'All places of the hold are set aside.',
  data: z.object(hold),
  example: HOLD,
});

export const holdRejectionSchema = z.enum(['sold-out', 'day-full', 'session-closed', 'unknown-session']);

export const holdRejected = defineEvent({
  type: 'inventory.hold.rejected.v1',
  summary: 'None of the places is set aside, and why.',
  data: z.object({
    ...hold,
    reason: holdRejectionSchema,
    sessionId: idSchema.optional(),
    available: z.int().nonnegative().optional(),
  }),
  example: { ...HOLD, reason: 'sold-out', sessionId: 'ses_0a1b2c3d4e5f6g7h8j9k', available: 0 },
});

export const sessionChanged = defineEvent({
  type: 'inventory.session.changed.v1',
  summary: 'A session was created or its settings changed; carries the whole current state.',
  data: z.object({
    sessionId: idSchema,
    productId: idSchema,
    siteId: idSchema,
    date: localDateSchema,
    startsAt: instantSchema,
    endsAt: instantSchema,
    capacity: z.int().nonnegative(),
    status: z.enum(['open', 'closed']),
    /** INV-21: closed for good; its holders are offered their money or another session. */
    cancelled: z.boolean().optional(),
  }),
  example: {
    sessionId: 'ses_0a1b2c3d4e5f6g7h8j9k',
    productId: 'prd_0a1b2c3d4e5f6g7h8j9k',
    siteId: 'sit_0a7f3k9q2m5x8c4v6b1n',
    date: '2026-12-01',
    startsAt: '2026-12-01T09:00:00+08:00',
    endsAt: '2026-12-01T11:00:00+08:00',
    capacity: 500,
    status: 'open',
  },
});

const disruptedSession = {
  /** One per decision of the staff; what sales works through carries it. */
  disruptionId: idSchema,
  sessionId: idSchema,
  productId: idSchema,
  siteId: idSchema,
  date: localDateSchema,
  startsAt: instantSchema,
  endsAt: instantSchema,
  reason: z.string().min(1).max(500),
  /** Until then its holders choose between their money and another session; afterwards the money goes back by itself. */
  decideBy: instantSchema,
};
const DISRUPTED = {
  disruptionId: 'dis_0a5d8k2m7q9x3c6v1b4n',
  sessionId: 'ses_0a1b2c3d4e5f6g7h8j9k',
  productId: 'prd_0a1b2c3d4e5f6g7h8j9k',
  siteId: 'sit_0a7f3k9q2m5x8c4v6b1n',
  date: '2026-12-01',
  startsAt: '2026-12-01T09:00:00+08:00',
  endsAt: '2026-12-01T11:00:00+08:00',
  reason: '大风停园',
  decideBy: '2026-11-30T20:00:00+08:00',
};

export const sessionCancelled = defineEvent({
  type: 'inventory.session.cancelled.v1',
  summary: 'A session will not take place (INV-21): sales looks after everybody who holds a ticket for it.',
  data: z.object(disruptedSession),
  example: DISRUPTED,
});

export const sessionReduced = defineEvent({
  type: 'inventory.session.reduced.v1',
  summary: 'A session has fewer places than are sold (INV-20): sales looks after those sold last, for as many places.',
  data: z.object({ ...disruptedSession, places: z.int().positive() }),
  example: { ...DISRUPTED, places: 20 },
});

export const sessionRestored = defineEvent({
  type: 'inventory.session.restored.v1',
  summary: 'A reduction was taken back, whole or in part (INV-20): sales lets so many of its people keep their places.',
  data: z.object({
    /** Known by it: said twice, it counts once. */
    restoreId: idSchema,
    /** The latest reduction that asked sales for people; what is taken back may be of earlier ones as well. */
    disruptionId: idSchema,
    sessionId: idSchema,
    places: z.int().positive(),
  }),
  example: {
    restoreId: 'rst_0a5d8k2m7q9x3c6v1b4n',
    disruptionId: 'dis_0a5d8k2m7q9x3c6v1b4n',
    sessionId: 'ses_0a1b2c3d4e5f6g7h8j9k',
    places: 5,
  },
});

export const availabilityChanged = defineEvent({
  type: 'inventory.session.availability-changed.v1',
  summary: 'Absolute figures of sessions whose counters moved, coalesced; also told in full at an interval.',
  data: z.object({
    sessions: z
      .array(
        z.object({
          sessionId: idSchema,
          capacity: z.int().nonnegative(),
          /** What one order could still get: bounded by the session and by its site's day. */
          available: z.int().nonnegative(),
          /** Revision of the counters: an older figure never replaces a newer one. */
          revision: z.int().nonnegative(),
        }),
      )
      .min(1)
      .max(500),
  }),
  example: { sessions: [{ sessionId: 'ses_0a1b2c3d4e5f6g7h8j9k', capacity: 500, available: 123, revision: 77 }] },
});

export const republishSessions = defineCommand({
  type: 'inventory.session.republish.v1',
  summary: 'Asks inventory to tell the current state of every session to one queue.',
  data: z.object({ replyQueue: z.string().min(1).max(200), since: instantSchema.optional() }),
  example: { replyQueue: 'sales.on-session-changed' },
});
