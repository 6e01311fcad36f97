// Which web pages of other origins may call the API from a browser: none, unless the settings name them.
import type { IncomingHttpHeaders } from 'node:http';

export type CorsPolicy = {
  /** @returns undefined for origins that nobody allowed: the browser then refuses by itself */
  answer(
    origin: string,
    method: string,
    headers: IncomingHttpHeaders,
  ): { readonly preflight: boolean; readonly headers: readonly string[] } | undefined;
};

const EXPOSED = 'ETag, Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id, Preference-Applied';
const ACCEPTED =
  'Authorization, Content-Type, Accept-Language, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Prefer, X-Api-Key, X-Device-Id';

export function createCors(origins: readonly string[]): CorsPolicy {
  const allowed = new Set(origins);
  return {
    answer(origin, method, headers) {
      if (!allowed.has(origin)) return undefined;
      const common = ['Access-Control-Allow-Origin', origin, 'Vary', 'Origin'];
      if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) {
        return { preflight: false, headers: [...common, 'Access-Control-Expose-Headers', EXPOSED] };
      }
      return {
        preflight: true,
        headers: [
          ...common,
          'Access-Control-Allow-Methods',
          'GET, HEAD, POST, PUT, PATCH, DELETE',
          'Access-Control-Allow-Headers',
          ACCEPTED,
          'Access-Control-Max-Age',
          '600',
        ],
      };
    },
  };
}
