// What notification is asked and what it says. Other services mostly state facts; only one-time codes are a direct request.
import { z } from 'zod';
import { defineCommand, defineEvent, sealedForRecipient } from './define.ts';
import { idSchema, languageSchema } from './vocabulary.ts';

export const sendCode = defineCommand({
  type: 'notification.message.send-code.v1',
  summary: 'Send a one-time code to a phone or mailbox, before anything else.',
  data: z.object({
    channel: z.enum(['sms', 'email']),
    /** Phone number or mail address, sealed for notification. */
    to: sealedForRecipient,
    code: sealedForRecipient,
    minutesValid: z.int().min(1).max(60),
    language: languageSchema,
  }),
  example: { channel: 'sms', to: 'b1.c2VhbGVk', code: 'b1.c2VhbGVk', minutesValid: 5, language: 'zh-CN' },
});

export const smsCharged = defineEvent({
  type: 'notification.sms.charged.v1',
  summary: 'SMS segments that a provider accepted for a tenant since the last such event: their cost is finance’s.',
  data: z.object({ provider: z.string(), messages: z.int().positive(), segments: z.int().positive() }),
  example: { provider: 'smpp', messages: 20, segments: 41 },
});

export const republishMessages = defineCommand({
  type: 'notification.message.republish.v1',
  summary: 'Asks notification to tell the current state of every message to one queue.',
  data: z.object({ replyQueue: z.string().min(1).max(200), since: z.iso.datetime({ offset: true }).optional() }),
  example: { replyQueue: 'insight.messages' },
});

export const messageReported = defineEvent({
  type: 'notification.message.reported.v1',
  summary: 'Current state of a message, without its text or receiver, told on request.',
  data: z.object({
    messageId: idSchema,
    about: idSchema,
    channel: z.enum(['sms', 'email']),
    status: z.enum(['queued', 'sending', 'sent', 'delivered', 'failed', 'suppressed', 'unknown']),
  }),
  example: {
    messageId: 'msg_0a5d8k2m7q9x3c6v1b4n',
    about: 'ord_0a5d8k2m7q9x3c6v1b4n',
    channel: 'sms',
    status: 'delivered',
  },
});
