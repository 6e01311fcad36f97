// Reissue's settings: the shared blocks, Redis, where waiters are woken, and the service that checks identities.
import {
  brokerSettings,
  coreSettings,
  httpSettings,
  keySettings,
  mongoSettings,
  redisSettings,
  setting,
} from '@tongpiao/service-shell';
import { z } from 'zod';

export const configSchema = z.object({
  ...coreSettings,
  ...httpSettings,
  ...mongoSettings,
  ...brokerSettings,
  ...redisSettings,
  ...keySettings,
  IDENTITY_CHECK_URL: setting(z.string().regex(/^https?:\/\/\S+$/), {
    mustBe: 'an http or https address',
    description: 'Address of the identity check: name and document go there signed, and a yes or no comes back.',
    example: 'https://identity-check.example.cn',
    missing: '`npm start` sets it to a stand-in',
  }),
  IDENTITY_CHECK_SECRET: setting(z.string().min(16).max(200), {
    mustBe: '16 to 200 characters',
    description: 'Secret that signs requests to the identity check (HMAC-SHA256).',
    missing: '`npm start` makes one for this machine',
  }),
});
export type Config = z.output<typeof configSchema>;
