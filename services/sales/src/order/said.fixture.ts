// What an order says when something happens to it, spelled so that a spec can compare it; each message is checked against its contract.
import { fold } from '@tongpiao/kernel';
import type { Said } from '@tongpiao/persistence';
import { orderDecider } from './order.decider.ts';
import { orderMessages } from './order.messages.ts';
import type { OrderEvent } from './order.ts';

/** What is said when this event follows this history. */
export function said(event: OrderEvent, ...history: readonly OrderEvent[]): readonly Said[] {
  const state = fold(orderDecider, orderDecider.initial, [...history, event]);
  const messages = orderMessages(event, { id: 'ord_1', state });
  for (const message of messages) if ('definition' in message) message.definition.data.parse(sealed(message.data));
  return messages;
}

export const spelled = (messages: readonly Said[]): readonly string[] =>
  messages.map((message) =>
    'cancelTimer' in message
      ? `no more ${message.cancelTimer}`
      : message.timer === undefined
        ? message.definition.type
        : `${message.timer.name} at ${message.timer.due}: ${message.definition.type}`,
  );

export function dataOf(messages: readonly Said[], type: string): unknown {
  const found = messages.find((message) => 'definition' in message && message.definition.type === type);
  if (found === undefined || !('definition' in found)) throw new Error(`${type} was not said`);
  return found.data;
}

/** Personal values as they leave: sealed texts. They are marked by a symbol, so they have no names to show. */
function sealed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sealed);
  if (typeof value !== 'object' || value === null) return value;
  if (Object.getOwnPropertySymbols(value).length > 0) return 'b1.sealed';
  return Object.fromEntries(Object.entries(value).map(([key, item]): [string, unknown] => [key, sealed(item)]));
}
