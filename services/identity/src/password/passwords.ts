// Hashing of passwords, argon2id at the costs that OWASP recommends (19 MiB, two passes, one lane; Password Storage Cheat Sheet,
// 2024). Each hash takes a core for some 20 ms and 19 MiB, so only few run at once, few wait, and the rest is told to come
// again: a flood of sign-ins costs sign-ins, not the process.
import { hash, verify } from '@node-rs/argon2';
import { TransientError } from '@tongpiao/kernel';
import { spelledPassword } from './password.policy.ts';

export type Passwords = {
  hash(plain: string): Promise<string>;
  /** With no hash to compare with it takes as long and says no, so that nobody can time which accounts exist. */
  verify(stored: string | undefined, plain: string): Promise<boolean>;
};

const COSTS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** The machine's small thread pool also serves files and names: half of it stays free. */
const AT_ONCE = 2;
/** A second of waiting at two times 20 ms; who comes later is better told at once. */
const WAITING_MAX = 60;

function createGate(atOnce: number, waitingMax: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= atOnce) {
      if (waiting.length >= waitingMax)
        throw new TransientError('identity.sign-ins-busy', 'too many passwords at once');
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      // A place is handed on, not freed: nobody overtakes those who wait.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

export type PasswordBounds = { readonly atOnce?: number; readonly waitingMax?: number };

export async function createPasswords(options: PasswordBounds = {}): Promise<Passwords> {
  const enter = createGate(options.atOnce ?? AT_ONCE, options.waitingMax ?? WAITING_MAX);
  const nobody = await hash('nobody has this password', COSTS);
  return {
    hash: (plain) => enter(() => hash(spelledPassword(plain), COSTS)),
    verify: (stored, plain) =>
      enter(async () => {
        const fits = await verify(stored ?? nobody, spelledPassword(plain));
        return stored !== undefined && fits;
      }),
  };
}
