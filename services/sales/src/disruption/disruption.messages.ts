// A disruption speaks to itself only: each event that leaves something to do says when. Orders and rights tell the outside what it means
// for them.
import { workDisruption } from '@tongpiao/contracts';
import { workAt, type Said } from '@tongpiao/persistence';
import type { DisruptionEvent, DisruptionState } from './disruption.ts';

const WORK = 'work';

export function disruptionMessages(
  event: DisruptionEvent,
  facts: { id: string; state: DisruptionState; at: string },
): readonly Said[] {
  const { id: disruptionId, state, at } = facts;
  // What is taken in hand is worked by whoever has taken it, or by its message again.
  if (state.status === 'none' || event.type === 'TicketsTaken') return [];
  // The step that is under way goes on.
  if (event.type === 'PlacesRestored' && event.nextAt === undefined) return [];
  return workAt(WORK, state.nextAt, at, workDisruption, { disruptionId, step: state.step });
}
