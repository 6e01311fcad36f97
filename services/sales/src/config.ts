// Sales' settings: the shared blocks and Redis, where waiters are woken and availability has its copy.
import {
  brokerSettings,
  coreSettings,
  httpSettings,
  keySettings,
  mongoSettings,
  redisSettings,
} from '@tongpiao/service-shell';
import { z } from 'zod';

export const configSchema = z.object({
  ...coreSettings,
  ...httpSettings,
  ...mongoSettings,
  ...brokerSettings,
  ...redisSettings,
  ...keySettings,
});
export type Config = z.output<typeof configSchema>;
