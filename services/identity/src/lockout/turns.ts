// Attempts on one account are judged one after another, so that a person who signs in on three screens at once is not taken for
// three failures in the making.
import { TransientError } from '@tongpiao/kernel';

export type Turns = { take<Value>(name: string, work: () => Promise<Value>): Promise<Value> };

/** Per account; who stands further back is told to come again. */
const WAITING_MAX = 50;

export function createTurns(): Turns {
  const lines = new Map<string, { tail: Promise<unknown>; length: number }>();
  return {
    async take(name, work) {
      const line = lines.get(name) ?? { tail: Promise.resolve(), length: 0 };
      if (line.length >= WAITING_MAX)
        throw new TransientError('identity.sign-ins-busy', 'too many attempts on one account');
      line.length += 1;
      lines.set(name, line);
      const turn = line.tail.then(work);
      line.tail = turn.catch(() => undefined);
      try {
        return await turn;
      } finally {
        line.length -= 1;
        if (line.length === 0) lines.delete(name);
      }
    },
  };
}
