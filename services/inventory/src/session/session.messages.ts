// Every change of a session is told with its whole state, because views of it need no more than the newest message.
import { sessionChanged, type DataOf } from '@tongpiao/contracts';
import { say, type Said } from '@tongpiao/persistence';
import type { SessionEvent, SessionState } from './session.ts';

export function sessionMessages(_event: SessionEvent, facts: { id: string; state: SessionState }): readonly Said[] {
  const data = currentSession(facts.id, facts.state);
  return data === undefined ? [] : [say(sessionChanged, data)];
}

export function currentSession(id: string, state: SessionState): DataOf<typeof sessionChanged> | undefined {
  if (state.status === 'none') return undefined;
  const { calendarId: _calendarId, ...settings } = state;
  return { sessionId: id, ...settings };
}
