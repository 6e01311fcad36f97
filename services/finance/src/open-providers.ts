// The payment providers that this installation has accounts with, each behind its breaker. Outside production the accounts come from
// the payment sandbox, which may still be starting: its file is waited for, but not for ever.
import { readFile } from 'node:fs/promises';
import { TransientError } from '@tongpiao/kernel';
import type { Foundation } from '@tongpiao/service-shell';
import { z } from 'zod';
import { createAlipay, type AlipayOptions } from './adapters/alipay.ts';
import type { PaymentProvider } from './adapters/payment-provider.ts';
import { createWechatPay, type WechatPayOptions } from './adapters/wechat-pay.ts';
import { withBreaker } from './adapters/with-breaker.ts';
import type { Config } from './config.ts';
import type { Providers } from './features/provider-work.ts';

type Accounts = { readonly wechat?: WechatPayOptions; readonly alipay?: AlipayOptions };

/** The sandbox starts beside us and makes four keys first. */
const FILE_WITHIN_MS = 60_000;
const FILE_EVERY_MS = 200;
/** Between lines that say what is being waited for. */
const SAY_EVERY_MS = 5_000;

/** What the payment sandbox writes. */
const sandboxCredentialsSchema = z.object({
  wechat: z.object({
    baseUrl: z.url(),
    mchId: z.string(),
    appId: z.string(),
    merchantSerial: z.string(),
    merchantPrivateKeyPem: z.string(),
    platformPublicKeyId: z.string(),
    platformPublicKeyPem: z.string(),
    apiV3Key: z.string().length(32),
  }),
  alipay: z.object({
    gatewayUrl: z.url(),
    appId: z.string(),
    appPrivateKeyPem: z.string(),
    alipayPublicKeyPem: z.string(),
  }),
});

export async function openProviders(foundation: Foundation, config: Config): Promise<Providers> {
  const { logger, metrics } = foundation;
  const accounts = await accountsOf(foundation, config);
  const opened: PaymentProvider[] = [
    ...(accounts.wechat === undefined ? [] : [createWechatPay(accounts.wechat)]),
    ...(accounts.alipay === undefined ? [] : [createAlipay(accounts.alipay)]),
  ];
  const providers = opened.map((provider) => {
    metrics.setBreaker(`payment-${provider.name}`, 'closed');
    return withBreaker(provider, {
      onChange: (state) => {
        metrics.setBreaker(`payment-${provider.name}`, state);
        logger.warn({ provider: provider.name, state }, 'breaker of a payment provider');
      },
    });
  });
  foundation.onStop(async () => {
    await Promise.all(providers.map((provider) => provider.stop()));
  });
  logger.info({ providers: providers.map(({ name }) => name) }, 'payment providers');
  return new Map(providers.map((provider) => [provider.name, provider]));
}

async function accountsOf(foundation: Foundation, config: Config): Promise<Accounts> {
  const { SANDBOX_CREDENTIALS_FILE: file } = config;
  return file === undefined ? accountsFromSettings(config) : sandboxAccounts(foundation, file);
}

function accountsFromSettings(config: Config): Accounts {
  const { WECHAT_MCH_ID: mchId, WECHAT_APP_ID: wechatAppId, WECHAT_MERCHANT_SERIAL: merchantSerial } = config;
  const { WECHAT_MERCHANT_PRIVATE_KEY: merchantKey, WECHAT_PLATFORM_PUBLIC_KEY_ID: platformPublicKeyId } = config;
  const { WECHAT_PLATFORM_PUBLIC_KEY: platformKey, WECHAT_API_V3_KEY: apiV3Key } = config;
  const { ALIPAY_APP_ID: alipayAppId, ALIPAY_APP_PRIVATE_KEY: appKey, ALIPAY_PUBLIC_KEY: alipayKey } = config;
  const wechat =
    mchId === undefined ||
    wechatAppId === undefined ||
    merchantSerial === undefined ||
    merchantKey === undefined ||
    platformPublicKeyId === undefined ||
    platformKey === undefined ||
    apiV3Key === undefined
      ? undefined
      : {
          baseUrl: config.WECHAT_BASE_URL,
          mchId,
          appId: wechatAppId,
          merchantSerial,
          merchantPrivateKeyPem: merchantKey,
          platformPublicKeyId,
          platformPublicKeyPem: platformKey,
          apiV3Key,
        };
  const alipay =
    alipayAppId === undefined || appKey === undefined || alipayKey === undefined
      ? undefined
      : {
          gatewayUrl: config.ALIPAY_GATEWAY_URL,
          appId: alipayAppId,
          appPrivateKeyPem: appKey,
          alipayPublicKeyPem: alipayKey,
        };
  return { ...(wechat === undefined ? {} : { wechat }), ...(alipay === undefined ? {} : { alipay }) };
}

/** @throws TransientError when the file is not there in time */
async function sandboxAccounts({ logger }: Foundation, file: string): Promise<Accounts> {
  const begun = performance.now();
  let saidAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    const content = await contentOf(file);
    if (content !== undefined) return sandboxCredentialsSchema.parse(JSON.parse(content));
    const now = performance.now();
    if (now - begun > FILE_WITHIN_MS) {
      throw new TransientError(
        'finance.no-sandbox',
        `${file} did not appear within ${FILE_WITHIN_MS / 1_000} s: is the payment sandbox running?`,
      );
    }
    if (now - saidAt > SAY_EVERY_MS) {
      logger.info({ file }, 'waiting for the payment sandbox to write its accounts');
      saidAt = now;
    }
    await new Promise((resolve) => setTimeout(resolve, FILE_EVERY_MS));
  }
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
