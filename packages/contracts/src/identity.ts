// What identity says: who the tenants are. Trust (keys, revocations) has a file of its own.
import { z } from 'zod';
import { defineCommand, defineEvent } from './define.ts';
import { bilingualSchema, idSchema, tenantKindSchema } from './vocabulary.ts';

/** SAL-43: how many people a site carries (最大承载量). Nothing said: no limit, and its light stays green. */
export const siteCapacitySchema = z.object({
  /** People let in on one day. */
  dayMax: z.int().positive().max(10_000_000).optional(),
  /** People inside at one moment. */
  insideMax: z.int().positive().max(10_000_000).optional(),
  /** From which percentage on the light is yellow, orange, red; 80, 90 and 95 unless told. */
  lightPercents: z.array(z.int().min(1).max(100)).length(3).optional(),
});
export type SiteCapacity = z.infer<typeof siteCapacitySchema>;

export const tenantChanged = defineEvent({
  type: 'identity.tenant.changed.v1',
  summary: 'A tenant, one of its sites or gates was created or changed; carries the whole current state.',
  data: z.object({
    tenantId: idSchema,
    kind: tenantKindSchema,
    name: bilingualSchema,
    status: z.enum(['active', 'suspended']),
    timeZone: z.string(),
    currency: z.literal('CNY'),
    /** Demo tenants may use the sandbox payment method. */
    demo: z.boolean(),
    sms: z.object({ signature: z.string().min(2).max(12) }),
    /** PLA-12: how long it keeps who has bought what; the platform's default unless told. */
    retention: z.object({ ordersYears: z.int().min(3).max(30) }).optional(),
    sites: z.array(
      z.object({
        id: idSchema,
        name: bilingualSchema,
        gates: z.array(z.object({ id: idSchema, name: bilingualSchema })).max(500),
        capacity: siteCapacitySchema.optional(),
      }),
    ),
  }),
  example: {
    tenantId: 'ten_7f3k9q2m5x8c4v6b1n0a',
    kind: 'scenic',
    name: { zh: '云台山景区', en: 'Yuntai Mountain' },
    status: 'active',
    timeZone: 'Asia/Shanghai',
    currency: 'CNY',
    demo: true,
    sms: { signature: '云台山' },
    sites: [
      {
        id: 'sit_0a7f3k9q2m5x8c4v6b1n',
        name: { zh: '主入口', en: 'Main entrance' },
        gates: [{ id: 'gat_0a7f3k9q2m5x8c4v6b1n', name: { zh: '一号闸机', en: 'Gate 1' } }],
      },
    ],
  },
});

export const republishTenants = defineCommand({
  type: 'identity.tenant.republish.v1',
  summary: 'Asks identity to tell the current state of every tenant to one queue.',
  data: z.object({ replyQueue: z.string().min(1).max(200), since: z.iso.datetime({ offset: true }).optional() }),
  example: { replyQueue: 'sales.on-tenant-changed' },
});

export const tenantsRepublished = defineEvent({
  type: 'identity.tenant.republished.v1',
  summary: 'Every tenant was told to the queue that asked; how many there are.',
  data: z.object({ count: z.int().nonnegative() }),
  example: { count: 2 },
});
