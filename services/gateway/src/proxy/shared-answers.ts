// Answers that a service declares to be the same for everybody (`Cache-Control: public, s-maxage=…`) are kept for just so long and
// given to whoever asks without credentials: when thousands look at one day's availability, the service is asked once a moment and
// not once each. A small part of RFC 9111, in memory; the service decides, the gateway only obeys.
import type { IncomingHttpHeaders } from 'node:http';
import { isSame, languageOf } from '@tongpiao/service-shell';
import { LRUCache } from 'lru-cache';

export type SharedAnswer = {
  readonly status: number;
  /** Name, value, …; without what belongs to one request. */
  readonly head: readonly string[];
  /** The body as Latin-1, which keeps every byte and is joined with the head in one write. */
  readonly text: string;
  readonly etag: string | undefined;
  readonly storedAtMs: number;
  readonly freshUntilMs: number;
};

/** Watches the answer to the request that was first to ask. */
export type Recorder = {
  start(status: number, headers: IncomingHttpHeaders, head: readonly string[]): void;
  data(chunk: Buffer): void;
  /** @param whole false when the answer broke off */
  end(whole: boolean): void;
};

type Lookup =
  | { readonly kind: 'answer'; readonly answer: SharedAnswer }
  /** Somebody asks already; resolves when there is an answer to be shared, or none. */
  | { readonly kind: 'wait'; readonly settled: Promise<SharedAnswer | undefined> }
  | { readonly kind: 'ask'; readonly recorder: Recorder };

export type SharedAnswers = {
  /** @returns undefined for requests whose answers are nobody else's */
  lookup(method: string, url: string, headers: IncomingHttpHeaders): Lookup | undefined;
};

const BODY_MAX_BYTES = 131_072;
const TOTAL_MAX_BYTES = 64 * 1_048_576;
const ENTRIES_MAX = 20_000;
/** Whoever asked first may be slow to read; the others then ask for themselves. */
const WAIT_MAX_MS = 1_000;
/** Whatever a service says: figures that are older mislead people. */
const FRESH_MAX_SECONDS = 60;
/** Languages are two; origins are added by the gateway itself. */
const VARY_ALLOWED: ReadonlySet<string> = new Set(['', 'accept-language', 'accept-encoding', 'origin']);
const OWN_TO_ONE_REQUEST: ReadonlySet<string> = new Set(['x-request-id', 'traceparent', 'age', 'date']);

/** Seconds for which an answer may be shared; 0 for never. */
export function sharedSeconds(status: number, headers: IncomingHttpHeaders): number {
  const control = headers['cache-control'];
  if (status !== 200 || control === undefined || headers['set-cookie'] !== undefined) return 0;
  const directives = new Map(
    control.split(',').map((part) => {
      const [name = '', value = ''] = part.trim().toLowerCase().split('=');
      return [name, value];
    }),
  );
  if (
    !directives.has('public') ||
    directives.has('private') ||
    directives.has('no-store') ||
    directives.has('no-cache')
  ) {
    return 0;
  }
  const vary = (headers.vary ?? '').split(',').map((name) => name.trim().toLowerCase());
  if (!vary.every((name) => VARY_ALLOWED.has(name))) return 0;
  const seconds = Number(directives.get('s-maxage') ?? directives.get('max-age') ?? 0);
  return Number.isFinite(seconds) ? Math.max(0, Math.min(seconds, FRESH_MAX_SECONDS)) : 0;
}

function mayBeShared(method: string, headers: IncomingHttpHeaders): boolean {
  return (
    method === 'GET' &&
    headers.authorization === undefined &&
    headers['x-api-key'] === undefined &&
    headers.cookie === undefined &&
    headers.range === undefined &&
    headers['cache-control'] === undefined
  );
}

export function createSharedAnswers(now: () => number = () => performance.now()): SharedAnswers {
  const answers = new LRUCache<string, SharedAnswer>({
    max: ENTRIES_MAX,
    maxSize: TOTAL_MAX_BYTES,
    sizeCalculation: ({ text, head }) => text.length + head.length * 40 + 200,
  });
  const asking = new Map<string, Promise<SharedAnswer | undefined>>();

  function recorderOf(key: string, settle?: (answer: SharedAnswer | undefined) => void): Recorder {
    let begun: Omit<SharedAnswer, 'text'> | undefined;
    let text = '';
    let done = false;
    const finish = (answer: SharedAnswer | undefined): void => {
      if (done) return;
      done = true;
      if (answer !== undefined) answers.set(key, answer);
      settle?.(answer);
    };
    return {
      start(status, headers, head) {
        const seconds = sharedSeconds(status, headers);
        const length = Number(headers['content-length'] ?? Number.NaN);
        if (seconds === 0 || Number.isNaN(length) || length > BODY_MAX_BYTES) {
          finish(undefined);
          return;
        }
        const kept = head.filter((_, index) => !OWN_TO_ONE_REQUEST.has(head[index - (index % 2)]?.toLowerCase() ?? ''));
        const storedAtMs = now();
        begun = { status, head: kept, etag: headers.etag, storedAtMs, freshUntilMs: storedAtMs + seconds * 1_000 };
      },
      data(chunk) {
        if (!done) text += chunk.toString('latin1');
      },
      end(whole) {
        finish(whole && begun !== undefined ? { ...begun, text } : undefined);
      },
    };
  }

  return {
    lookup(method, url, headers) {
      if (!mayBeShared(method, headers)) return undefined;
      const key = `${languageOf(headers['accept-language'])} ${url}`;
      const known = answers.get(key);
      if (known !== undefined && known.freshUntilMs > now()) return { kind: 'answer', answer: known };
      // Only what was shared before is worth waiting for; other answers would queue up behind each other for nothing.
      if (known === undefined) return { kind: 'ask', recorder: recorderOf(key) };
      const settled = asking.get(key);
      if (settled !== undefined) return { kind: 'wait', settled };
      const { promise, resolve } = Promise.withResolvers<SharedAnswer | undefined>();
      const settle = (answer: SharedAnswer | undefined): void => {
        clearTimeout(tooLong);
        asking.delete(key);
        resolve(answer);
      };
      const tooLong = setTimeout(settle, WAIT_MAX_MS, undefined);
      asking.set(key, promise);
      return { kind: 'ask', recorder: recorderOf(key, settle) };
    },
  };
}

/** @returns true when the caller has this very answer already */
export function hasAlready(headers: IncomingHttpHeaders, answer: SharedAnswer): boolean {
  return answer.etag !== undefined && isSame(headers['if-none-match'], answer.etag);
}
