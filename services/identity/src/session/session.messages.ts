// An ended session becomes a revocation that every verifier must know, until its last access token has expired anyway.
import { ACCESS_TOKEN_MAX_SECONDS, refreshTrust } from '@tongpiao/contracts';
import { unreachable } from '@tongpiao/kernel';
import { say, type Said } from '@tongpiao/persistence';
import type { SessionEvent } from './session.ts';

/** Verifiers' clocks may be off by some seconds, and a token may be dated a second ahead. */
const MARGIN_SECONDS = 60;

export function sessionMessages(event: SessionEvent, facts: { id: string }): readonly Said[] {
  switch (event.type) {
    case 'SessionEnded': {
      const until = new Date(Date.parse(event.at) + (ACCESS_TOKEN_MAX_SECONDS + MARGIN_SECONDS) * 1_000).toISOString();
      return [say(refreshTrust, { revokedFamily: { id: facts.id, until } })];
    }
    case 'SessionOpened':
    case 'SessionRefreshed':
      return [];
    default:
      return unreachable(event, 'session event');
  }
}
