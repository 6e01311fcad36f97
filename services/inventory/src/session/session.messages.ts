// Every change of a session is told with its whole state, because views of it need no more than the newest message. What disrupts
// people who hold tickets is told beside it, for sales to look after them.
import { sessionCancelled, sessionChanged, sessionReduced, sessionRestored, type DataOf } from '@tongpiao/contracts';
import { say, type Said } from '@tongpiao/persistence';
import type { LiveSession, SessionEvent, SessionState } from './session.ts';

export function sessionMessages(event: SessionEvent, facts: { id: string; state: SessionState }): readonly Said[] {
  const { id, state } = facts;
  const data = currentSession(id, state);
  // A proposal changes nothing that others see.
  if (data === undefined || state.status === 'none' || event.type === 'CapacityProposed') return [];
  return [say(sessionChanged, data), ...disruption(event, id, state), ...restoration(event, id, state)];
}

/** Sales knows of no reduction but those that asked it for people. */
function restoration(event: SessionEvent, sessionId: string, state: LiveSession): readonly Said[] {
  if (event.type !== 'SessionCapacityChanged' && event.type !== 'CapacityApproved') return [];
  const { restored } = event;
  const asked = state.disruptions?.findLast(({ kind, places = 0 }) => kind === 'reduction' && places > 0);
  return restored === undefined || asked === undefined
    ? []
    : [say(sessionRestored, { ...restored, disruptionId: asked.id, sessionId })];
}

function disruption(event: SessionEvent, sessionId: string, state: LiveSession): readonly Said[] {
  if (event.type !== 'SessionCancelled' && event.type !== 'SessionReduced') return [];
  const { disruptionId, reason, decideBy } = event;
  const { productId, siteId, date, startsAt, endsAt } = state;
  const data = { disruptionId, sessionId, productId, siteId, date, startsAt, endsAt, reason, decideBy };
  if (event.type === 'SessionCancelled') return [say(sessionCancelled, data)];
  // Held places alone may be enough: then nobody who holds a ticket is disturbed.
  return event.places === 0 ? [] : [say(sessionReduced, { ...data, places: event.places })];
}

export function currentSession(id: string, state: SessionState): DataOf<typeof sessionChanged> | undefined {
  if (state.status === 'none') return undefined;
  const { productId, siteId, date, startsAt, endsAt, capacity, status } = state;
  const told = status === 'cancelled' ? { status: 'closed' as const, cancelled: true } : { status };
  return { sessionId: id, productId, siteId, date, startsAt, endsAt, capacity, ...told };
}
