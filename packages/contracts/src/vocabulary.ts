// Words with a fixed meaning on the wire: statuses, channels, document types. Public API and messages use the same ones.
import { z } from 'zod';

export const tenantKindSchema = z.enum(['scenic', 'station', 'authority']);

/** SAL-20: where an order comes from. */
export const salesChannelSchema = z.enum(['web', 'app', 'counter', 'hotline', 'kiosk', 'ota']);
export type SalesChannel = z.infer<typeof salesChannelSchema>;

/** SAL-21 */
export const orderStatusSchema = z.enum([
  'placed',
  'holding',
  'awaiting_payment',
  'paid',
  'fulfilled',
  'rejected',
  'expired',
  'cancelled',
  'partially_refunded',
  'refunded',
]);
export type OrderStatus = z.infer<typeof orderStatusSchema>;

/** SAL-31 */
export const ticketStatusSchema = z.enum([
  'issued',
  'checked_in',
  'used',
  'refunded',
  'exchanged',
  'voided',
  'superseded',
  'frozen',
  'expired',
]);
export type TicketStatus = z.infer<typeof ticketStatusSchema>;

export const idTypeSchema = z.enum([
  'id_card',
  'passport',
  'hk_macao_permit',
  'taiwan_permit',
  'residence_permit',
  'foreign_permanent_resident',
  'military',
  'birth_certificate',
  'other',
]);

export const paymentMethodSchema = z.enum(['wechat', 'alipay', 'cash', 'sandbox']);
export type PaymentMethod = z.infer<typeof paymentMethodSchema>;

export const languageSchema = z.enum(['zh-CN', 'en']);
export type Language = z.infer<typeof languageSchema>;

/** A name or text in both languages. */
export const bilingualSchema = z.object({ zh: z.string().min(1).max(200), en: z.string().min(1).max(200) });
export type Bilingual = z.infer<typeof bilingualSchema>;

export const idSchema = z.string().min(3).max(80);
