// What states and reasons are called in refusals, in both languages; screens at gates have words of their own (gate/gate-words.ts).
import type { holdRejectionSchema, TicketStatus } from '@tongpiao/contracts';
import type { EligibilityRefusal } from '@tongpiao/kernel';
import type { Text } from '@tongpiao/service-shell';
import type { z } from 'zod';
import type { ExchangeEnd } from './order/exchange.ts';
import type { EndReason, LiveOrder } from './order/order.ts';
import type { ProductStatus } from './product/product.ts';
import type { RefundException } from './refund-exception/refund-exception.ts';

type Words<Value extends string> = Readonly<Record<Value, Text>>;

export const TICKET_WORDS: Words<TicketStatus> = {
  issued: { zh: '未使用', en: 'not used yet' },
  checked_in: { zh: '已检票', en: 'checked in' },
  used: { zh: '已使用', en: 'used' },
  refunded: { zh: '已退票', en: 'refunded' },
  exchanged: { zh: '已改签', en: 'exchanged' },
  voided: { zh: '已作废', en: 'void' },
  superseded: { zh: '已补发，旧票作废', en: 'replaced by a newer one' },
  frozen: { zh: '已冻结', en: 'frozen' },
  expired: { zh: '已过期', en: 'expired' },
};

export const ORDER_WORDS: Words<LiveOrder['status'] | EndReason> = {
  holding: { zh: '占位中', en: 'being set up' },
  placed: { zh: '候补中', en: 'on the waiting list' },
  awaiting_payment: { zh: '待付款', en: 'not paid yet' },
  paid: { zh: '已付款', en: 'paid' },
  fulfilled: { zh: '已出票', en: 'paid, with its tickets' },
  partially_refunded: { zh: '部分退票', en: 'refunded in part' },
  refunded: { zh: '已退票', en: 'refunded' },
  rejected: { zh: '未成功', en: 'rejected' },
  expired: { zh: '超时关闭', en: 'expired' },
  cancelled: { zh: '已取消', en: 'cancelled' },
  'session-cancelled': { zh: '场次已取消', en: 'ended, since its session is cancelled' },
};

export const EXCHANGE_END_WORDS: Words<ExchangeEnd | z.infer<typeof holdRejectionSchema>> = {
  expired: { zh: '超时', en: 'the time to settle it is over' },
  cancelled: { zh: '已取消', en: 'it was cancelled' },
  'session-cancelled': { zh: '场次已取消', en: 'its session is cancelled' },
  'sold-out': { zh: '场次已售罄', en: 'the session is sold out' },
  'day-full': { zh: '当日已约满', en: 'the day is full' },
  'session-closed': { zh: '场次已关闭', en: 'the session is closed' },
  'unknown-session': { zh: '场次不存在', en: 'there is no such session' },
};

export const EXCEPTION_WORDS: Words<RefundException['status']> = {
  requested: { zh: '待审批', en: 'waiting for a decision' },
  approved: { zh: '已批准', en: 'approved' },
  refused: { zh: '已驳回', en: 'refused' },
  withdrawn: { zh: '已撤回', en: 'withdrawn' },
  done: { zh: '已办结', en: 'done' },
  failed: { zh: '未能办理', en: 'failed' },
};

export const PRODUCT_WORDS: Words<ProductStatus> = {
  draft: { zh: '草稿', en: 'draft' },
  on_sale: { zh: '在售', en: 'on sale' },
  paused: { zh: '暂停', en: 'paused' },
  retired: { zh: '下架', en: 'retired' },
};

export const ELIGIBILITY_WORDS: Words<EligibilityRefusal> = {
  'too-young': { zh: '年龄不足', en: 'too young' },
  'too-old': { zh: '超过年龄', en: 'too old' },
  'id-type': { zh: '证件种类不符', en: 'not with this kind of document' },
};
