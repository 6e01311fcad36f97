// Identity's settings: the shared blocks, and the password of the first administrator.
import {
  brokerSettings,
  coreSettings,
  httpSettings,
  keySettings,
  mongoSettings,
  setting,
} from '@tongpiao/service-shell';
import { z } from 'zod';
import { PASSWORD_MAX, PASSWORD_MIN } from './password/password.policy.ts';

export const configSchema = z.object({
  ...coreSettings,
  ...httpSettings,
  ...mongoSettings,
  ...brokerSettings,
  ...keySettings,
  BOOTSTRAP_ADMIN_PASSWORD: setting(z.string().min(PASSWORD_MIN).max(PASSWORD_MAX).optional(), {
    mustBe: `${PASSWORD_MIN} to ${PASSWORD_MAX} characters`,
    description:
      'Password of the first administrator, "admin", who is made when there is no account at all. Not looked at later.',
  }),
});
export type Config = z.output<typeof configSchema>;
