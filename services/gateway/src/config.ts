// The gateway's settings: where to listen, which instances stand behind it, and every bound that an operator may want to move.
import { brokerSettings, coreSettings, httpSettings, redisSettings, setting } from '@tongpiao/service-shell';
import { z } from 'zod';
import { defaultPolicies, withQuota, type LimitPolicies, type PolicyName } from './limits/limits.policy.ts';
import type { Backend } from './routing/route-table.ts';

const origin = /^https?:\/\/[^\s/,]+\/?$/;

function origins(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim().replace(/\/$/, ''))
    .filter((part) => part !== '');
}

const upstream = (name: Backend) =>
  setting(
    z
      .string()
      .refine((text) => origins(text).length > 0 && origins(text).every((part) => origin.test(part)))
      .transform(origins),
    {
      mustBe: 'one or several base addresses of its instances, comma separated (http://host:port,…)',
      description: `Every instance of ${name}.`,
      example: `http://${name}:8080`,
      missing: '`npm start` sets it',
    },
  );

const bound = (fallback: number, description: string) =>
  setting(z.coerce.number().int().min(1).max(1_000_000).default(fallback), {
    mustBe: 'a whole number from 1 to 1000000',
    description,
    example: String(fallback),
  });

const limit = (name: PolicyName) => {
  const { quota, windowMs, meaning } = defaultPolicies[name];
  const example = `${quota}/${windowMs / 1_000}`;
  return setting(
    z
      .string()
      .regex(/^[1-9]\d{0,6}\/[1-9]\d{0,4}$/)
      .default(example),
    { mustBe: 'requests/seconds, e.g. 600/60', description: `Limit “${name}”: ${meaning}.`, example },
  );
};

export const configSchema = z.object({
  ...coreSettings,
  ...httpSettings,
  ...brokerSettings,
  ...redisSettings,
  UPSTREAM_IDENTITY: upstream('identity'),
  UPSTREAM_SALES: upstream('sales'),
  UPSTREAM_INVENTORY: upstream('inventory'),
  UPSTREAM_FINANCE: upstream('finance'),
  UPSTREAM_NOTIFICATION: upstream('notification'),
  UPSTREAM_REISSUE: upstream('reissue'),
  MAX_IN_FLIGHT: bound(8_000, 'Requests under way at once, all upstreams together; beyond it, new ones get 503.'),
  MAX_IN_FLIGHT_PER_UPSTREAM: bound(4_000, 'Requests under way at once to one upstream service.'),
  MAX_STREAMS: bound(5_000, 'Event streams open at once.'),
  LOOP_DELAY_MAX_MS: bound(250, 'Median delay of the event loop, in milliseconds, from which new work gets 503.'),
  UPSTREAM_TIMEOUT_MS: bound(
    20_000,
    'How long an upstream may take to begin its answer, in milliseconds; what `Prefer: wait` asks for comes on top.',
  ),
  BREAKER_RESET_MS: bound(2_000, 'How long an open breaker stays open before one request probes, in milliseconds.'),
  CORS_ORIGINS: setting(
    z
      .string()
      .default('')
      .refine((text) => origins(text).every((part) => origin.test(part)))
      .transform(origins),
    {
      mustBe: 'origins, comma separated (https://example.cn,…), or nothing',
      description: 'Web pages of these origins may call the API from a browser. None unless told.',
      example: '',
    },
  ),
  LIMIT_ADDRESS: limit('address'),
  LIMIT_GUEST_READS: limit('guest-reads'),
  LIMIT_GUEST_WRITES: limit('guest-writes'),
  LIMIT_USER_READS: limit('user-reads'),
  LIMIT_USER_WRITES: limit('user-writes'),
  LIMIT_CLIENT: limit('client'),
  LIMIT_SIGN_IN: limit('sign-in'),
  LIMIT_CODES: limit('codes'),
  LIMIT_REFUSALS: limit('refusals'),
  LIMIT_PROVIDERS: limit('providers'),
});

export type Config = z.output<typeof configSchema>;

export function upstreamsOf(config: Config): Readonly<Record<Backend, readonly string[]>> {
  return {
    identity: config.UPSTREAM_IDENTITY,
    sales: config.UPSTREAM_SALES,
    inventory: config.UPSTREAM_INVENTORY,
    finance: config.UPSTREAM_FINANCE,
    notification: config.UPSTREAM_NOTIFICATION,
    reissue: config.UPSTREAM_REISSUE,
  };
}

export function policiesOf(config: Config): LimitPolicies {
  const set = (name: PolicyName, text: string) => withQuota(defaultPolicies[name], text);
  return {
    address: set('address', config.LIMIT_ADDRESS),
    'guest-reads': set('guest-reads', config.LIMIT_GUEST_READS),
    'guest-writes': set('guest-writes', config.LIMIT_GUEST_WRITES),
    'user-reads': set('user-reads', config.LIMIT_USER_READS),
    'user-writes': set('user-writes', config.LIMIT_USER_WRITES),
    client: set('client', config.LIMIT_CLIENT),
    'sign-in': set('sign-in', config.LIMIT_SIGN_IN),
    codes: set('codes', config.LIMIT_CODES),
    refusals: set('refusals', config.LIMIT_REFUSALS),
    providers: set('providers', config.LIMIT_PROVIDERS),
  };
}
