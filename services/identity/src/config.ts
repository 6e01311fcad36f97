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
import { SESSION_DAYS_MAX } from './session/session.ts';

export const configSchema = z.object({
  ...coreSettings,
  ...httpSettings,
  ...mongoSettings,
  ...brokerSettings,
  ...keySettings,
  SIGN_INS_KEPT_DAYS: setting(
    z.coerce
      .number()
      .int()
      .min(SESSION_DAYS_MAX + 1)
      .max(3_650)
      .default(183),
    {
      mustBe: `days from ${SESSION_DAYS_MAX + 1} to 3650`,
      description:
        'How long it is known who signed in when, after the session ended. Logs are kept for half a year (PLA-12).',
      example: '183',
    },
  ),
  BOOTSTRAP_ADMIN_PASSWORD: setting(z.string().min(PASSWORD_MIN).max(PASSWORD_MAX).optional(), {
    mustBe: `${PASSWORD_MIN} to ${PASSWORD_MAX} characters`,
    description:
      'Password of the first administrator, "admin", who is made when there is no account at all. Not looked at later.',
  }),
});
export type Config = z.output<typeof configSchema>;
