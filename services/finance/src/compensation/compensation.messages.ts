// Own event → what others must hear of a compensation.
import { compensationRefused } from '@tongpiao/contracts';
import { say, type Said } from '@tongpiao/persistence';
import type { CompensationEvent } from './compensation.decider.ts';

export function compensationMessages(event: CompensationEvent, { id }: { readonly id: string }): readonly Said[] {
  if (event.type === 'CompensationPlaced') return [];
  const { orderId, amount, about } = event.facts;
  return [say(compensationRefused, { compensationId: id, orderId, amount, about, problem: event.problem })];
}
