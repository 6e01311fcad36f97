// Sales' settings: the shared blocks and Redis, where waiters are woken and availability has its copy.
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
  EXPIRE_EVERY_SECONDS: setting(z.coerce.number().min(0.1).max(3_600).default(60), {
    mustBe: 'seconds from 0.1 to 3600',
    description: 'How often tickets whose time is over expire; their price is earned at most this much late.',
    example: '60',
  }),
  OCCUPANCY_SWEEP_SECONDS: setting(z.coerce.number().min(0.1).max(3_600).default(60), {
    mustBe: 'seconds from 0.1 to 3600',
    description: 'How often counts of people at sites are compared with the records that they are counted from.',
    example: '60',
  }),
});
export type Config = z.output<typeof configSchema>;
