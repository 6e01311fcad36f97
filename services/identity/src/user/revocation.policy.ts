// Up to when a person's tokens and sessions are worthless after a change. A little later than the change itself: whoever read the
// account just before the change was written may still be about to sign what was true then. Whoever reads it afterwards dates
// tokens and sessions behind this instant, so nobody who signs in anew is caught by it.
const MARGIN_MS = 2_000;

/** @param at when the change was decided */
export function revokedUpTo(at: string): string {
  return new Date(Date.parse(at) + MARGIN_MS).toISOString();
}
