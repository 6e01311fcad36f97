// Inventory's settings: the shared blocks, nothing of its own.
import { brokerSettings, coreSettings, httpSettings, keySettings, mongoSettings } from '@tongpiao/service-shell';
import { z } from 'zod';

export const configSchema = z.object({
  ...coreSettings,
  ...httpSettings,
  ...mongoSettings,
  ...brokerSettings,
  ...keySettings,
});
export type Config = z.output<typeof configSchema>;
