// Requests at a fixed rate, whether or not the ones before were answered: what many independent gates do. A client that waits for its
// answers would ask less while the server is slow, and hide it.
import { setTimeout as pause } from 'node:timers/promises';
import { spread, type Spread } from './statistics.ts';

export type OpenLoop = {
  readonly perSecond: number;
  readonly spread: Spread;
  /** What was answered, by its word. */
  readonly words: ReadonlyMap<string, number>;
  /** How late the last request left, in ms: large when this process itself could not keep the pace. */
  readonly behindMs: number;
};

export async function openLoop(
  count: number,
  perSecond: number,
  ask: (index: number) => Promise<string>,
): Promise<OpenLoop> {
  const begun = performance.now();
  const latencies: number[] = [];
  const words = new Map<string, number>();
  const asked: Promise<void>[] = [];
  let behindMs = 0;
  for (let index = 0; index < count; index += 1) {
    const due = begun + (index * 1_000) / perSecond;
    const early = due - performance.now();
    if (early > 1) await pause(early);
    behindMs = Math.max(behindMs, performance.now() - due);
    const one = async (): Promise<void> => {
      const word = await ask(index).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
      // From when it should have left: waiting in this process counts.
      latencies.push(performance.now() - due);
      words.set(word, (words.get(word) ?? 0) + 1);
    };
    asked.push(one());
  }
  await Promise.all(asked);
  const seconds = (performance.now() - begun) / 1_000;
  return { perSecond: count / seconds, spread: spread(latencies), words, behindMs };
}
