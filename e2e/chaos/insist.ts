// How a buyer behaves: asks again with the same key until there is an answer. A clear refusal is an answer; busy, away and not-yet are
// asked again.
import type { Answer } from '../support/client.ts';

/** A buyer gives up after this; what the platform did with the order is checked all the same. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 250;
const ASKED_AGAIN = new Set([
  'platform.still-running',
  'platform.rate-limited',
  'sales.order-not-payable-yet',
  'sales.order-without-tickets',
]);

export const codeOf = (body: unknown): string =>
  typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string' ? body.code : '';

export type Insist = <Body>(
  what: string,
  work: () => Promise<Answer<Body>>,
  good: (answer: Answer<Body>) => boolean,
) => Promise<Answer<Body> | undefined>;

export function createInsist(gaveUp: Map<string, number>, wrong: string[]): Insist {
  return async (what, work, good) => {
    const end = Date.now() + PATIENCE_MS;
    let last = '';
    while (Date.now() < end) {
      try {
        const answer = await work();
        if (good(answer)) return answer;
        const code = codeOf(answer.body);
        last = `${answer.status} ${code}`;
        if (answer.status >= 400 && answer.status < 500 && !ASKED_AGAIN.has(code)) {
          wrong.push(`${what}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`);
          return undefined;
        }
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    gaveUp.set(`${what} (${last})`, (gaveUp.get(`${what} (${last})`) ?? 0) + 1);
    return undefined;
  };
}
