// GET /api/v1/messages?about= and /api/v1/messages/{id}: what was sent to whom about an order, masked, and why something failed
// (NOT-09). One message also shows its text with personal parts hidden, and its journal. Each look is in the audit trail (PLA-21).
import { languageSchema } from '@tongpiao/contracts';
import { DomainError } from '@tongpiao/kernel';
import type { Vault } from '@tongpiao/persistence';
import { etagOf, route, type AuditTrail, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { openContent } from '../message/content.ts';
import type { Held, MessageStore, MessageView } from '../message/message.store.ts';
import { hidePersonal, renderMail, renderSms, type Templates } from '../templates/template.ts';
import { CURSOR_MAX, cursorOf, cursorText } from './cursor.ts';

const messageView = z
  .object({
    id: z.string(),
    about: z.string().describe('The order, or the request for a code.'),
    channel: z.enum(['sms', 'email']),
    template: z.string(),
    language: languageSchema,
    status: z.enum(['queued', 'sending', 'sent', 'delivered', 'failed', 'suppressed', 'unknown']),
    receiver: z.string().describe('Masked.'),
    tries: z.int(),
    createdAt: z.string(),
    dueAt: z.string().optional(),
    provider: z.string().optional(),
    providerReference: z.string().optional(),
    segments: z.int().optional(),
    sentAt: z.string().optional(),
    endedAt: z.string().optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'Message' });

const messageDetail = messageView
  .extend({
    subject: z.string().optional(),
    text: z.string().optional().describe('With personal parts hidden; absent when they were erased.'),
    journal: z.array(z.object({ type: z.string(), at: z.string(), by: z.string() })),
  })
  .meta({ id: 'MessageDetail' });

const PAGE = 50;

export function listMessages(trail: AuditTrail, messages: Pick<MessageStore, 'listAbout'>): Route {
  return route({
    method: 'get',
    path: '/api/v1/messages',
    summary: 'Messages about an order, newest first.',
    tags: ['messages'],
    access: { permission: 'notification:messages:read' },
    query: z.strictObject({ about: z.string().min(3).max(120), cursor: z.string().max(CURSOR_MAX).optional() }),
    problems: ['notification.cursor-invalid'],
    responses: { 200: z.object({ items: z.array(messageView), next: z.string().optional() }) },
    async handler(context) {
      const { about, cursor } = context.query;
      const position = cursor === undefined ? undefined : cursorOf(cursor);
      const found = await messages.listAbout(context.scope(), about, position, PAGE);
      if (found.length > 0) await trail.record(context.scope(), 'read', about, { messages: found.length });
      const last = found[found.length - 1];
      const next =
        found.length < PAGE || last === undefined
          ? {}
          : { next: cursorText({ at: last.state.createdAt, id: last.id }) };
      return { status: 200, body: { items: found.map(viewOf), ...next } };
    },
  });
}

export function getMessage(
  trail: AuditTrail,
  messages: Pick<MessageStore, 'view'>,
  vault: Vault,
  templates: Templates,
): Route {
  return route({
    method: 'get',
    path: '/api/v1/messages/:id',
    summary: 'One message with its text, personal parts hidden, and its journal.',
    tags: ['messages'],
    access: { permission: 'notification:messages:read' },
    problems: ['notification.message-unknown'],
    responses: { 200: messageDetail },
    async handler(context) {
      const found = await messages.view(context.scope(), context.params.id);
      if (found === undefined) throw new DomainError('notification.message-unknown', 'There is no such message.');
      const { sealed, held } = found;
      await trail.record(context.scope(), 'read', held.id, { about: held.state.about });
      const key = sealed === undefined ? undefined : await vault.recordKey(context.scope(), sealed.key);
      return {
        status: 200,
        body: {
          ...viewOf(held),
          ...(sealed === undefined || key === undefined ? {} : textOf(found, openContent(key, sealed), templates)),
          journal: found.journal.map(({ type, at, by }) => ({ type, at, by })),
        },
        headers: { ETag: etagOf(held.version) },
      };
    },
  });
}

function textOf(
  { held: { state } }: MessageView,
  content: ReturnType<typeof openContent>,
  templates: Templates,
): { text: string; subject?: string } {
  const template = templates.at(state.template, state.channel, state.language, state.templateVersion);
  const hidden = hidePersonal(template, content);
  if (template.channel === 'sms') return { text: renderSms(template, content.signature, hidden.values).text };
  const { subject, text } = renderMail(template, hidden, () => '');
  return { subject, text };
}

function viewOf({ id, state }: Held): z.input<typeof messageView> {
  const { about, channel, template, language, status, receiver, tries, createdAt } = state;
  const submission = 'submission' in state ? state.submission : undefined;
  return {
    id,
    about,
    channel,
    template,
    language,
    status,
    receiver,
    tries,
    createdAt,
    ...(state.status === 'queued' ? { dueAt: state.dueAt } : {}),
    ...(submission === undefined
      ? {}
      : {
          provider: submission.provider,
          providerReference: submission.reference,
          segments: submission.segments,
          sentAt: submission.sentAt,
        }),
    ...('endedAt' in state ? { endedAt: state.endedAt } : {}),
    ...('reason' in state && state.reason !== undefined ? { reason: state.reason } : {}),
  };
}
