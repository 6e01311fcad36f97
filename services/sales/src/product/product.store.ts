// Products on disk.
import { bilingualSchema, salesChannelSchema } from '@tongpiao/contracts';
import { CERTIFICATES, ID_TYPES, isFen, type Fen } from '@tongpiao/kernel';
import type { AggregateSpec } from '@tongpiao/persistence';
import { z } from 'zod';
import { exchangeRulesSchema, refundRulesSchema } from '../after-sale/fee-rules.schema.ts';
import { productDecider } from './product.decider.ts';
import { productMessages } from './product.messages.ts';
import type { ProductCommand, ProductEvent, ProductSettings, ProductState } from './product.ts';

const fenSchema = z.custom<Fen>((value) => isFen(value) && value >= 0, 'an integer number of fen, not negative');

const price = z.strictObject({
  amount: fenSchema,
  from: z.iso.date().optional(),
  until: z.iso.date().optional(),
  weekdays: z.array(z.int().min(1).max(7)).min(1).max(7).optional(),
  slots: z
    .array(z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/))
    .min(1)
    .max(100)
    .optional(),
  channels: z.array(salesChannelSchema).min(1).optional(),
});

const ticketTypeShape = {
  name: bilingualSchema,
  realName: z.boolean(),
  entries: z.int().min(1).max(1_000),
  admits: z.int().min(1).max(500).optional(),
  gateIds: z.array(z.string().min(3).max(80)).min(1).max(200).optional(),
  minutesBetweenEntries: z.int().min(1).max(1_440).optional(),
  eligibility: z
    .array(
      z.strictObject({
        minAge: z.int().min(0).max(150).optional(),
        maxAge: z.int().min(0).max(150).optional(),
        certificate: z.enum(CERTIFICATES).optional(),
        heightMaxCm: z.int().min(50).max(250).optional(),
        idTypes: z.array(z.enum(ID_TYPES)).min(1).optional(),
      }),
    )
    .max(20),
  limits: z.strictObject({
    perOrder: z.int().min(1).max(500).optional(),
    perDocumentAndDay: z.int().min(1).max(100).optional(),
  }),
  accompanied: z.boolean(),
};

const ticketType = z.strictObject({ ...ticketTypeShape, id: z.string().min(3).max(80) });

const settingsShape = {
  siteId: z.string().min(3).max(80),
  kind: z.enum(['admission', 'trip']),
  name: bilingualSchema,
  description: bilingualSchema,
  rules: z.strictObject({
    onSaleFrom: z.iso.datetime({ offset: true }).optional(),
    onSaleUntil: z.iso.datetime({ offset: true }).optional(),
    presaleDays: z.int().min(0).max(730),
    cutOffMinutesBeforeEnd: z.int().min(0).max(1_440),
    payWithinMinutes: z.number().min(0.01).max(1_440),
    ticketsPerOrder: z.int().min(1).max(500),
    unpaidPerPhone: z.int().min(1).max(10_000),
    unpaidPerAddress: z.int().min(1).max(10_000),
  }),
  validity: z.strictObject({
    opensMinutesBefore: z.int().min(0).max(1_440),
    closesMinutesAfter: z.int().min(0).max(1_440),
  }),
  refunds: z.array(refundRulesSchema).min(1).max(100).optional(),
  exchanges: z.array(exchangeRulesSchema).min(1).max(100).optional(),
  waiting: z
    .strictObject({
      lineMax: z.int().min(1).max(1_000),
      payWithinMinutes: z.number().min(0.01).max(1_440),
    })
    .optional(),
  exceptions: z.strictObject({ smallUpTo: fenSchema }).optional(),
};

/** The same schema validates what staff send and what is read back. */
export const productSettingsSchema: z.ZodType<ProductSettings> = z.strictObject({
  ...settingsShape,
  ticketTypes: z.array(ticketType).min(1).max(50),
  prices: z
    .array(price.extend({ ticketTypeId: z.string() }))
    .min(1)
    .max(1_000),
});

const code = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'lower-case letters, digits and dashes');

/** A new product: its ticket types are named by a code of the caller's, which prices refer to; ids are made from it. */
export const newProductSchema = z.strictObject({
  ...settingsShape,
  ticketTypes: z
    .array(z.strictObject({ ...ticketTypeShape, code }))
    .min(1)
    .max(50)
    .refine((types) => new Set(types.map((type) => type.code)).size === types.length, 'two ticket types have one code'),
  prices: z
    .array(price.extend({ ticketType: code }))
    .min(1)
    .max(1_000),
});
export type NewProduct = z.output<typeof newProductSchema>;

const productState: z.ZodType<ProductState> = z.custom<ProductState>((value) => {
  if (typeof value !== 'object' || value === null || !('status' in value)) return false;
  const { status, ...settings } = value;
  return (
    status === 'none' ||
    (['draft', 'on_sale', 'paused', 'retired'].includes(String(status)) &&
      productSettingsSchema.safeParse(settings).success)
  );
}, 'not a product');

export const productSpec: AggregateSpec<ProductState, ProductCommand, ProductEvent> = {
  service: 'sales',
  collection: 'products',
  decider: productDecider,
  state: productState,
  messages: productMessages,
  indexes: [{ fields: { 'state.status': 1, 'state.kind': 1 } }],
};
