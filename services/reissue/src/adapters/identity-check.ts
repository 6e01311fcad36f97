// The outside service that says whether name and document belong to one person (REI-10). Requests are signed, and so are answers; a
// breaker and a time limit keep a slow or absent service from holding anything up: the case then waits (REI-12).
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { TransientError } from '@tongpiao/kernel';
import CircuitBreaker from 'opossum';
import { Pool } from 'undici';
import { z } from 'zod';

type PersonToCheck = { readonly name: string; readonly idType: string; readonly idNumber: string };

export type IdentityCheck = {
  /** @throws TransientError when nobody knows */
  check(person: PersonToCheck): Promise<'match' | 'mismatch'>;
  stop(): Promise<void>;
};

type Options = {
  readonly url: string;
  readonly secret: string;
  readonly clock: () => Date;
  /** For one check, connecting included. */
  readonly timeoutMs?: number;
  readonly onBreaker?: (state: 'open' | 'half-open' | 'closed') => void;
};

const answerSchema = z.object({ match: z.enum(['yes', 'no']), nonce: z.string() });

const TIMEOUT_MS = 3_000;
/** Answers are some fifty bytes; more is not an answer. */
const ANSWER_MAX_BYTES = 4_096;
/** One lost packet is no outage; three in ten seconds are. */
const BREAKER = { errorThresholdPercentage: 50, volumeThreshold: 3, resetTimeout: 5_000 };
const CONNECTIONS = 8;

function signatureOf(secret: string, body: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

export function createIdentityCheck(options: Options): IdentityCheck {
  const { url, secret, clock, timeoutMs = TIMEOUT_MS, onBreaker } = options;
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, {
    connections: CONNECTIONS,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: ANSWER_MAX_BYTES,
  });
  const path = `${pathname.replace(/\/$/, '')}/identity-checks`;

  async function ask(person: PersonToCheck): Promise<'match' | 'mismatch'> {
    const nonce = randomUUID();
    const body = JSON.stringify({ ...person, nonce, time: clock().toISOString() });
    const headers = { 'content-type': 'application/json', 'x-signature': signatureOf(secret, body) };
    const answer = await pool.request({ method: 'POST', path, headers, body });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`the identity check answered ${answer.statusCode}`);
    if (!isSigned(secret, text, answer.headers['x-signature']))
      throw new Error('the answer is not signed by the service');
    const read = answerSchema.parse(JSON.parse(text));
    if (read.nonce !== nonce) throw new Error('the answer is for another question');
    return read.match === 'yes' ? 'match' : 'mismatch';
  }

  const breaker = new CircuitBreaker((person: PersonToCheck) => ask(person), {
    ...BREAKER,
    name: 'identity-check',
    // The pool has its own limits; a second clock would only disagree with them.
    timeout: false,
  });
  breaker.on('open', () => onBreaker?.('open'));
  breaker.on('halfOpen', () => onBreaker?.('half-open'));
  breaker.on('close', () => onBreaker?.('closed'));

  return {
    async check(person) {
      try {
        return await breaker.fire(person);
      } catch (error) {
        throw new TransientError('reissue.identity-check-unavailable', 'The identity check did not answer.', {
          cause: error,
        });
      }
    },
    async stop() {
      breaker.shutdown();
      await pool.destroy();
    },
  };
}

function isSigned(secret: string, text: string, signature: string | string[] | undefined): boolean {
  const wanted = Buffer.from(signatureOf(secret, text));
  const given = Buffer.from(typeof signature === 'string' ? signature : '');
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}
