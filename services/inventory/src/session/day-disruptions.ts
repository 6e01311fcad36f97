// What a request about a whole day has in common with its repetitions: one disruption in each session, whose id follows from the
// request and the session, so that what came of it is found again in the sessions themselves.
import { z } from 'zod';
import type { Disruption, LiveSessionOfDay } from './session.ts';

export const reducedSessions = z.array(
  z.object({
    id: z.string(),
    capacity: z.int(),
    disruptionId: z.string(),
    decideBy: z.string(),
    places: z.int().nonnegative().describe('Sold places that have to go, whatever becomes of the held ones.'),
  }),
);

/** @returns undefined where no session was reduced */
export function reducedOf(
  sessions: readonly LiveSessionOfDay[],
  disruption: (session: LiveSessionOfDay) => Disruption | undefined,
): z.output<typeof reducedSessions> | undefined {
  const reduced = sessions.flatMap((session) => {
    const found = disruption(session);
    if (found === undefined) return [];
    const { id: disruptionId, capacity, decideBy, places = 0 } = found;
    return [{ id: session.id, capacity, disruptionId, decideBy, places }];
  });
  return reduced.length === 0 ? undefined : reduced;
}
