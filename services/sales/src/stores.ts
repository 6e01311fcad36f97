// The aggregates of sales under one name each, as slices receive them.
import type { AggregateStore, Snapshot } from '@tongpiao/persistence';
import type { DisruptionCommand, DisruptionEvent, DisruptionState } from './disruption/disruption.ts';
import type { OrderCommand, OrderEvent, OrderState } from './order/order.ts';
import type { ProductCommand, ProductEvent, ProductState } from './product/product.ts';
import type { ExceptionCommand, ExceptionEvent, ExceptionState } from './refund-exception/refund-exception.ts';
import type { RightCommand, RightEvent, RightState } from './right/right.ts';

export type Disruptions = AggregateStore<DisruptionState, DisruptionCommand, DisruptionEvent>;
export type Orders = AggregateStore<OrderState, OrderCommand, OrderEvent>;
export type Products = AggregateStore<ProductState, ProductCommand, ProductEvent>;
export type RefundExceptions = AggregateStore<ExceptionState, ExceptionCommand, ExceptionEvent>;
export type Rights = AggregateStore<RightState, RightCommand, RightEvent>;
export type OrderSnapshot = Snapshot<OrderState>;
