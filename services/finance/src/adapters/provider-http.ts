// Kept-alive connections to one provider, with a limit on every wait. Failures of the network become TransientError
// here, so that the protocol files deal only with answers.
import { TransientError } from '@tongpiao/kernel';
import { Pool } from 'undici';

type ProviderRequest = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type ProviderAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
};

export type ProviderHttp = {
  request(request: ProviderRequest): Promise<ProviderAnswer>;
  stop(): Promise<void>;
};

// Answers are a few hundred bytes; more is not an answer.
const maximumAnswerBytes = 64 * 1024;
const connectTimeoutMs = 2_000;
// Enough for some 300 payments a second at 50 ms each.
const connections = 16;

const onlyText = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

/** @param timeoutMs limit for the head and again for the body of an answer */
export const createProviderHttp = (origin: string, timeoutMs: number): ProviderHttp => {
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: connectTimeoutMs },
    maxResponseSize: maximumAnswerBytes,
  });
  return {
    async request({ method, path, headers, body }) {
      try {
        const answer = await pool.request({ method, path, headers, body: body === '' ? null : body });
        const named = Object.entries(answer.headers).map(([name, value]) => [name, onlyText(value)] as const);
        return { status: answer.statusCode, headers: Object.fromEntries(named), body: await answer.body.text() };
      } catch (error) {
        throw new TransientError('finance.provider-unreachable', 'The payment provider did not answer.', {
          cause: error,
        });
      }
    },
    stop: () => pool.destroy(),
  };
};
