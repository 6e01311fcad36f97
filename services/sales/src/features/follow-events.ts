// GET /api/v1/events?subject=order:<id> or disruption:<id>: its life as server-sent events; data is what its GET answers (PLA-33).
import { DomainError } from '@tongpiao/kernel';
import {
  events,
  may,
  route,
  type EventSink,
  type Foundation,
  type RequestContext,
  type Route,
  type Waiters,
} from '@tongpiao/service-shell';
import { z } from 'zod';
import { progressView, type Progress } from '../disruption/progress.ts';
import { mayTouchOrder, OWNER_OR_STAFF } from '../order-access/may-see-order.ts';
import { orderView } from '../order/order-view.ts';
import type { LiveOrder } from '../order/order.ts';
import type { Disruptions, Orders } from '../stores.ts';
import { readOrder, type OrderParts } from './get-order.ts';
import { seenDisruption } from './session-cancellations.ts';

/** A quiet stream looks again now and then, in case a wake was lost. */
const LOOK_AGAIN_MS = 20_000;
/** Holders choose without a word to the cancellation: what has become of their tickets is counted at this pace. */
const COUNT_AGAIN_MS = 5_000;
const STREAM_MAX_MS = 3_600_000;
const OVER = new Set(['rejected', 'expired', 'cancelled', 'refunded']);

type Parts = OrderParts & {
  readonly orders: Orders;
  readonly disruptions: Disruptions;
  readonly progress: Progress;
  readonly waiters: Waiters;
};
type News = { readonly data: unknown; /** News although the record itself has not changed. */ readonly mark?: unknown };
/** The newest state, and how to show it. `restless`: worth showing although it has not changed. */
type Look = () => Promise<{
  readonly seq: number;
  readonly over: boolean;
  readonly restless: boolean;
  readonly show: () => Promise<News>;
}>;

export function followEvents(foundation: Foundation, parts: Parts): Route {
  const { orders, disruptions, waiters } = parts;

  async function orderOf<Params, Query, Body>(context: RequestContext<Params, Query, Body>, id: string): Promise<Look> {
    const { scope } = await mayTouchOrder(context, orders, id, foundation.clock());
    return async () => {
      const snapshot = await orders.load(scope, id);
      if (snapshot === undefined || snapshot.state.status === 'none')
        throw new DomainError('platform.not-found', 'There is no such order.');
      const { seq, state } = snapshot;
      const show = async (): Promise<News> => {
        const data = await readOrder(scope, parts, id, state);
        // In line, a step forward is news.
        return { data, mark: data.waiting?.position };
      };
      return { seq, over: isOver(state), restless: state.status === 'placed', show };
    };
  }

  async function disruptionOf<Params, Query, Body>(
    context: RequestContext<Params, Query, Body>,
    id: string,
  ): Promise<Look> {
    if (!may(context.principal, 'sales:disruptions:read'))
      throw new DomainError('platform.forbidden', 'The progress of a cancellation is for staff with a permission.');
    await seenDisruption(context, disruptions, id);
    return async () => {
      const { scope, disruption, seq } = await seenDisruption(context, disruptions, id);
      const over = disruption.status === 'done';
      return {
        seq,
        over,
        restless: disruption.status === 'open' || disruption.status === 'returning',
        show: async () => {
          const data = await parts.progress(scope, id, disruption);
          return { data, mark: JSON.stringify(data.counts) };
        },
      };
    };
  }

  async function follow(sink: EventSink, kind: string, id: string, look: Look, againMs: number): Promise<void> {
    const end = Date.now() + STREAM_MAX_MS;
    let told = seqOf(sink.lastEventId);
    let marked: unknown;
    while (!sink.signal.aborted && Date.now() < end) {
      // Listening begins before the look, so that a change in between is not missed.
      const changed = waiters.waitFor(id, againMs, sink.signal);
      const { seq, over, restless, show } = await look();
      if (seq > told || restless) {
        const { data, mark } = await show();
        if (seq > told || mark !== marked) sink.send({ id: seq, event: kind, data });
        told = seq;
        marked = mark;
      }
      if (over) return;
      await changed;
    }
  }

  return route({
    method: 'get',
    path: '/api/v1/events',
    summary:
      'Follows an order or the work on a cancelled session; event ids are journal sequences, so Last-Event-ID continues where a reader left off.',
    tags: ['orders', 'disruptions'],
    access: OWNER_OR_STAFF,
    query: z.strictObject({
      subject: z
        .string()
        .regex(/^(order:ord|disruption:dis)_[0-9a-z]{10,60}$/, 'order:<order id> or disruption:<disruption id>'),
    }),
    responses: { 200: events(z.union([orderView, progressView]), 'The order, or the progress, after each change.') },
    async handler(context) {
      const [kind = '', id = ''] = context.query.subject.split(':');
      const isOrder = kind === 'order';
      const look = isOrder ? await orderOf(context, id) : await disruptionOf(context, id);
      return {
        status: 200,
        stream: (sink) => follow(sink, kind, id, look, isOrder ? LOOK_AGAIN_MS : COUNT_AGAIN_MS),
      };
    },
  });
}

/** Whoever follows an order to its end wants to see the money arrive. */
function isOver(order: LiveOrder): boolean {
  const isOwed = 'owed' in order && order.owed !== undefined;
  return OVER.has(order.status) && !isOwed && order.refunds.every(({ status }) => status !== 'requested');
}

/** What is no sequence of ours tells nothing: the reader gets the order as it is. */
function seqOf(lastEventId: string | undefined): number {
  return lastEventId !== undefined && /^\d{1,9}$/.test(lastEventId) ? Number(lastEventId) : -1;
}
