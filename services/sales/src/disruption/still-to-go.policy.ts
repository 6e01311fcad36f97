// How many people still have to leave a session that was given fewer places (INV-20). Pure; whoever leaves by themselves makes room for
// somebody who was told, and beyond that inventory sells the places again, so nobody is sent home for them. Where inventory takes a
// reduction back, as many fewer have to go.
import type { Disruption } from './disruption.ts';

/** Since `at` so many more have to go; fewer where a reduction was taken back. Instants, RFC 3339. */
export type Move = { readonly places: number; readonly sequence: number; readonly at: string };

/** What inventory decided about one session, in its order; none counts from before the ones that it decided earlier. */
export function movesOf(
  reductions: readonly Pick<Disruption, 'places' | 'begunAt' | 'sequence' | 'restored'>[],
): readonly Move[] {
  const moves = reductions.flatMap(({ places = 0, begunAt, sequence = 0, restored = [] }): readonly Move[] => [
    { places, sequence, at: begunAt },
    ...restored.map((one) => ({ places: -one.places, sequence: one.sequence, at: one.at })),
  ]);
  let latest = '';
  return moves
    .sort((a, b) => a.sequence - b.sequence || Date.parse(a.at) - Date.parse(b.at))
    .map((move) => {
      latest = move.at > latest ? move.at : latest;
      return { ...move, at: latest };
    });
}

/** From then on so many more had to go, and so many people left until the next decision, or until today. */
export type Moved = { readonly places: number; readonly leftSince: number };

/** @param moves of one session, in their order: each asks for people besides those that were still to go then, or for fewer */
export function stillToGo(moves: readonly Moved[]): number {
  return moves.reduce((before, { places, leftSince }) => Math.max(0, before + places - leftSince), 0);
}

/**
 * Who may stay after all, for certain: the newest go first, so the oldest of those who were told are spared first.
 * @param told so many people have not chosen yet
 * @param oldest the first of them, the one sold first coming first; whoever is leaving by themselves is left out
 */
export function spared<Ticket extends { readonly state: { readonly admits: number } }>(
  told: number,
  toGo: number,
  oldest: readonly Ticket[],
): readonly Ticket[] {
  let room = told - toGo;
  const end = oldest.findIndex(({ state: { admits } }) => (room -= admits) < 0);
  return end === -1 ? oldest : oldest.slice(0, end);
}
