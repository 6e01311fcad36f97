// How many people still have to leave a session that was given fewer places (INV-20). Pure; whoever leaves by themselves makes room for
// somebody who was told, and beyond that inventory sells the places again, so nobody is sent home for them.

/** From `since` on so many more had to go, and so many people left until the next one of them, or until today. */
export type Reduction = { readonly places: number; readonly leftSince: number };

/** @param reductions of one session, oldest first: each asks for people besides those that were still to go then */
export function stillToGo(reductions: readonly Reduction[]): number {
  return reductions.reduce((before, { places, leftSince }) => Math.max(0, before + places - leftSince), 0);
}
