// A new view of sessions starts with this: the current state of every session, told to the queue that asks.
import { republishSessions, sessionChanged } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { AggregateStore } from '@tongpiao/persistence';
import { republish, type Foundation } from '@tongpiao/service-shell';
import type { SessionCommand, SessionEvent, SessionState } from '../session/session.ts';
import { currentSession } from '../session/session.messages.ts';

export const REPUBLISH_SESSIONS = [republishSessions] as const;

export function onSessionRepublish(
  foundation: Foundation,
  sessions: AggregateStore<SessionState, SessionCommand, SessionEvent>,
): (message: Received) => Promise<void> {
  return async (message) => {
    if (!isMessage(message, republishSessions))
      throw new ContractBreach('inventory.unexpected-message', message.definition.type);
    await republish(foundation, sessions, message.envelope, sessionChanged, ({ id, state }) =>
      currentSession(id, state),
    );
  };
}
