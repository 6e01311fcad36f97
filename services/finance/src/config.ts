// Finance's settings: the shared blocks and its accounts at the payment providers. Production reads real accounts; everywhere else
// the payment sandbox writes a file with accounts of its own.
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

const text = (description: string, example?: string): z.ZodOptional<z.ZodString> =>
  setting(z.string().min(1).max(200).optional(), {
    mustBe: 'text of at most 200 characters',
    description,
    ...(example === undefined ? {} : { example }),
  });

const address = (description: string, standard: string): z.ZodDefault<z.ZodString> =>
  setting(
    z
      .string()
      .regex(/^https?:\/\/\S+$/)
      .default(standard),
    {
      mustBe: 'an http or https address',
      description,
      example: standard,
    },
  );

/** Environment files hold one line per setting: `\n` stands for the line ends of a PEM text. */
const pem = (description: string) =>
  setting(
    z
      .string()
      .transform((value) => value.replaceAll('\\n', '\n'))
      .pipe(z.string().startsWith('-----BEGIN '))
      .optional(),
    { mustBe: 'a key in PEM form, its line ends written as \\n', description },
  );

export const configSchema = z.object({
  ...coreSettings,
  ...httpSettings,
  ...mongoSettings,
  ...brokerSettings,
  ...keySettings,
  SANDBOX_CREDENTIALS_FILE: text(
    'File that the payment sandbox writes its merchant accounts to. Production refuses it.',
    '.local/sandboxes/payment-credentials.json',
  ),
  WECHAT_BASE_URL: address('Address of WeChat Pay.', 'https://api.mch.weixin.qq.com'),
  WECHAT_MCH_ID: text('Merchant number at WeChat Pay. All WECHAT_ settings are given, or none.'),
  WECHAT_APP_ID: text('App bound to the merchant number.'),
  WECHAT_MERCHANT_SERIAL: text('Serial number of the merchant’s certificate.'),
  WECHAT_MERCHANT_PRIVATE_KEY: pem('The merchant’s private key.'),
  WECHAT_PLATFORM_PUBLIC_KEY_ID: text('Id of WeChat Pay’s public key, PUB_KEY_ID_…'),
  WECHAT_PLATFORM_PUBLIC_KEY: pem('WeChat Pay’s public key.'),
  WECHAT_API_V3_KEY: setting(z.string().length(32).optional(), {
    mustBe: 'exactly 32 characters',
    description: 'The APIv3 key, which seals call-backs.',
  }),
  ALIPAY_GATEWAY_URL: address('Address of Alipay.', 'https://openapi.alipay.com/gateway.do'),
  ALIPAY_APP_ID: text('App at Alipay. All ALIPAY_ settings are given, or none.'),
  ALIPAY_APP_PRIVATE_KEY: pem('The app’s private key.'),
  ALIPAY_PUBLIC_KEY: pem('Alipay’s public key.'),
});
export type Config = z.output<typeof configSchema>;

const ACCOUNTS = {
  WECHAT: [
    'WECHAT_MCH_ID',
    'WECHAT_APP_ID',
    'WECHAT_MERCHANT_SERIAL',
    'WECHAT_MERCHANT_PRIVATE_KEY',
    'WECHAT_PLATFORM_PUBLIC_KEY_ID',
    'WECHAT_PLATFORM_PUBLIC_KEY',
    'WECHAT_API_V3_KEY',
  ],
  ALIPAY: ['ALIPAY_APP_ID', 'ALIPAY_APP_PRIVATE_KEY', 'ALIPAY_PUBLIC_KEY'],
} as const;

/** What no single setting can say: half an account, or a sandbox where money is real. */
function problemsOf(config: Config): readonly string[] {
  const halves = Object.entries(ACCOUNTS).flatMap(([name, settings]) => {
    const missing = settings.filter((key) => config[key] === undefined);
    if (missing.length === 0 || missing.length === settings.length) return [];
    return [`${missing.join(', ')}: is not set, but other ${name}_ settings are`];
  });
  if (config.NODE_ENV === 'production') {
    return config.SANDBOX_CREDENTIALS_FILE === undefined
      ? halves
      : [...halves, 'SANDBOX_CREDENTIALS_FILE: must not be set in production'];
  }
  return halves;
}

/** @throws ConfigurationError with one line per problem */
export function readFinanceConfig(environment: Record<string, string | undefined>): Config {
  const config = readConfig(configSchema, environment);
  const problems = problemsOf(config);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return config;
}
