// Tenants on disk, and what may be said to set one up: the same schemas check requests and what is read back.
import { bilingualSchema, roleSchema, ROLES, siteCapacitySchema, tenantKindSchema } from '@tongpiao/contracts';
import type { AggregateSpec, AggregateStore } from '@tongpiao/persistence';
import { z } from 'zod';
import { SESSION_DAYS_MAX } from '../session/session.ts';
import { tenantDecider } from './tenant.decider.ts';
import { tenantMessages } from './tenant.messages.ts';
import type { TenantCommand, TenantEvent, TenantState } from './tenant.ts';

export const nameSchema = z.strictObject(bilingualSchema.shape);

function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/** Article 31 of the law on electronic commerce. */
const ORDERS_KEPT_YEARS_MIN = 3;

export const tenantFields = {
  name: nameSchema,
  timeZone: z
    .string()
    .max(60)
    .refine(isTimeZone, {
      params: { zh: '须为 IANA 时区名称，如 Asia/Shanghai', en: 'An IANA time zone, such as Asia/Shanghai' },
    }),
  contact: z.strictObject({
    hotline: z.string().regex(/^[+0-9][0-9 -]{2,29}$/),
    email: z.email().max(254).optional(),
    address: nameSchema.optional(),
  }),
  smsSignature: z.string().min(2).max(12),
  policies: z.strictObject({
    staffSessionHours: z
      .int()
      .min(1)
      .max(SESSION_DAYS_MAX * 24),
    totpRoles: z.array(roleSchema).max(ROLES.length).optional().describe('Roles that need a second factor.'),
    ordersKeptYears: z
      .int()
      .min(ORDERS_KEPT_YEARS_MIN)
      .max(30)
      .optional()
      .describe('How long who has bought tickets is kept with them; 3 years unless told.'),
  }),
};

/** What staff may say of it: the light goes from green to red, never back. */
export const capacityField = z
  .strictObject(siteCapacitySchema.shape)
  .refine(({ lightPercents: [yellow = 0, orange = 1, red = 2] = [] }) => yellow < orange && orange < red, {
    path: ['lightPercents'],
    params: { zh: '须依次递增', en: 'Each is above the one before' },
  });

export const DEFAULT_POLICIES = { staffSessionHours: 24 } as const;

const gate = z.object({ id: z.string(), name: nameSchema });

const tenantState: z.ZodType<TenantState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({
    ...tenantFields,
    status: z.enum(['active', 'suspended']),
    kind: tenantKindSchema,
    currency: z.literal('CNY'),
    demo: z.boolean(),
    sites: z.array(
      z.object({ id: z.string(), name: nameSchema, gates: z.array(gate), capacity: siteCapacitySchema.optional() }),
    ),
    edition: z.int().positive(),
  }),
]);

export type TenantStore = AggregateStore<TenantState, TenantCommand, TenantEvent>;

export const tenantSpec: AggregateSpec<TenantState, TenantCommand, TenantEvent> = {
  service: 'identity',
  collection: 'tenants',
  decider: tenantDecider,
  state: tenantState,
  messages: tenantMessages,
  indexes: [{ fields: { 'state.sites.id': 1 } }, { fields: { 'state.sites.gates.id': 1 } }],
};
