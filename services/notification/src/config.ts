// Notification's settings: the shared blocks, and how to reach those who carry messages.
import {
  brokerSettings,
  ConfigurationError,
  coreSettings,
  httpSettings,
  keySettings,
  mongoSettings,
  readConfig,
  setting,
} from '@tongpiao/service-shell';
import { z } from 'zod';

/** 10,000 holders of a cancelled session hear of it within two minutes. */
const BULK_PER_SECOND = 100;
const LOCAL_SENDER = '通票 <tickets@localhost>';

export const configSchema = z.object({
  ...coreSettings,
  ...httpSettings,
  ...mongoSettings,
  ...brokerSettings,
  ...keySettings,
  SMPP_URL: setting(z.string().regex(/^smpp:\/\/[^:@/\s]+:[^:@/\s]+@[^:@/\s]+:\d{1,5}$/), {
    mustBe: 'the address of a message centre with the account, smpp://account:password@host:port',
    description: 'The message centre that takes SMS (SMPP 3.4).',
    example: 'smpp://account:password@localhost:2775',
    missing: '`npm start` brings one that keeps everything to itself',
  }),
  SMS_SOURCE_ADDRESS: setting(
    z
      .string()
      .regex(/^\d{3,20}$/)
      .default('10690000'),
    { mustBe: '3 to 20 digits', description: 'What receivers of an SMS see as its sender.', example: '10690000' },
  ),
  SMTP_URL: setting(z.string().regex(/^smtps?:\/\/\S+$/), {
    mustBe: 'the address of a mail server, smtp://host:port or smtps://user:password@host:port',
    description: 'The mail server that takes mail for others.',
    example: 'smtp://localhost:2525',
    missing: '`npm start` brings one that keeps everything to itself',
  }),
  MAIL_FROM: setting(z.string().min(3).max(200).default(LOCAL_SENDER), {
    mustBe: 'a mail address, with or without a name; production needs one of its own',
    description: 'The sender of mails.',
    example: '景区票务 <tickets@example.cn>',
  }),
  BULK_PER_SECOND: setting(z.coerce.number().int().min(1).max(10_000).default(BULK_PER_SECOND), {
    mustBe: 'a whole number from 1 to 10000',
    description:
      'How many SMS, and how many mails, one instance may begin per second in a mass send: what the message centre’s rate has left beside codes and tickets.',
    example: '100',
  }),
  PLATFORM_SIGNATURE: setting(z.string().min(2).max(12).default('通票'), {
    mustBe: '2 to 12 characters',
    description: 'Signature of SMS that no tenant sends, such as codes for travellers.',
    example: '通票',
  }),
});
export type Config = z.output<typeof configSchema>;

/** @throws ConfigurationError with one line per problem */
export function readNotificationConfig(environment: Record<string, string | undefined>): Config {
  const config = readConfig(configSchema, environment);
  if (config.NODE_ENV === 'production' && config.MAIL_FROM === LOCAL_SENDER)
    throw new ConfigurationError(['MAIL_FROM: must be set in production']);
  return config;
}
