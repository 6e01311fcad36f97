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
