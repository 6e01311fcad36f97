// SAL-26, watched while things fail: no free places stand beside somebody in line whom they would satisfy, for longer than it takes a
// killed service to come back.
import type { Connection } from 'mongoose';
import { at, list, number, text, type Document } from './documents.ts';

const LOOK_EVERY_MS = 500;
/** A killed process is started again after up to ten seconds, and the line is served within a second of that. */
const AT_MOST_MS = 20_000;

export type LineWatch = { stop(): Promise<{ longestMs: number; violations: readonly string[] }> };

export function watchLines(connection: Connection): LineWatch {
  const since = new Map<string, number>();
  const violations = new Set<string>();
  let longestMs = 0;
  const state = { stopping: false };

  async function look(): Promise<void> {
    const found = await connection
      .getClient()
      .db('inventory')
      .collection<Document>('site_days')
      .find({ 'waiting.0': { $exists: true } }, { maxTimeMS: 2_000 })
      .toArray();
    const now = Date.now();
    const standing = new Set(found.flatMap(servable));
    for (const holdId of since.keys()) if (!standing.has(holdId)) since.delete(holdId);
    for (const holdId of standing) {
      const waitedMs = now - (since.get(holdId) ?? now);
      if (!since.has(holdId)) since.set(holdId, now);
      longestMs = Math.max(longestMs, waitedMs);
      if (waitedMs > AT_MOST_MS)
        violations.add(`hold ${holdId} stood in line beside free places for over ${AT_MOST_MS} ms`);
    }
  }

  const running = (async (): Promise<void> => {
    while (!state.stopping) {
      // The database is one of the things that are killed: what cannot be looked at now is looked at again.
      await look().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  })();
  return {
    async stop() {
      state.stopping = true;
      await running;
      return { longestMs, violations: [...violations] };
    },
  };
}

/** Holds in line that the free places of their session and day would satisfy. */
function servable(siteDay: Document): readonly string[] {
  const day = at(siteDay, 'day');
  return list(siteDay, 'waiting').flatMap((entry) => {
    const lines = list(entry, 'hold.lines');
    const wanted = lines.reduce<number>((sum, line) => sum + number(line, 'quantity'), 0);
    const session = at(siteDay, `sessions.${text(lines[0], 'sessionId')}`);
    const open = text(session, 'status') === 'open';
    const fits = wanted <= number(session, 'available') && (day === undefined || wanted <= number(day, 'available'));
    return open && fits ? [text(entry, 'hold.holdId')] : [];
  });
}
