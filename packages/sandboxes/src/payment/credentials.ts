// Keys and accounts of the stand-in payment providers. What a merchant would be given lies in
// `payment-credentials.json`; the providers' own private halves lie beside it in a file that no merchant reads.
import { createPrivateKey, createPublicKey, generateKeyPair, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const pem = z.string().startsWith('-----BEGIN ');

/** What a merchant needs in order to talk to both providers: the content of `payment-credentials.json`. */
export const PaymentCredentials = z.object({
  wechat: z.object({
    /** Prefix of the `/v3/...` paths, without a slash at the end. */
    baseUrl: z.url(),
    mchId: z.string(),
    appId: z.string(),
    /** Serial number of the merchant's certificate, named in every request. */
    merchantSerial: z.string(),
    merchantPrivateKeyPem: pem,
    /** `PUB_KEY_ID_…`: what the provider names in `Wechatpay-Serial`. */
    platformPublicKeyId: z.string(),
    platformPublicKeyPem: pem,
    /** Exactly 32 characters, used as the AES-256 key of call-backs. */
    apiV3Key: z.string().length(32),
  }),
  alipay: z.object({
    gatewayUrl: z.url(),
    appId: z.string(),
    appPrivateKeyPem: pem,
    alipayPublicKeyPem: pem,
  }),
});
export type PaymentCredentials = z.infer<typeof PaymentCredentials>;

const ProviderSecrets = z.object({ wechatPlatformPrivateKeyPem: pem, alipayPrivateKeyPem: pem });

export const credentialsFile = 'payment-credentials.json';
const providerFile = 'payment-provider.json';

/** Everything parsed once, so that no request pays for reading a key. */
export type PaymentKeys = {
  readonly credentials: PaymentCredentials;
  readonly wechatMerchantPublicKey: KeyObject;
  readonly wechatPlatformPrivateKey: KeyObject;
  readonly apiV3Key: Buffer;
  readonly alipayAppPublicKey: KeyObject;
  readonly alipayPrivateKey: KeyObject;
};

const newKeyPair = async (): Promise<{ publicPem: string; privatePem: string }> => {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return {
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};

const generate = async (): Promise<{ credentials: PaymentCredentials; secrets: z.infer<typeof ProviderSecrets> }> => {
  const [merchant, platform, app, alipay] = await Promise.all([newKeyPair(), newKeyPair(), newKeyPair(), newKeyPair()]);
  return {
    credentials: {
      wechat: {
        baseUrl: 'http://unset.invalid/wechat',
        mchId: '1900000109',
        appId: 'wx8888888888888888',
        merchantSerial: randomBytes(20).toString('hex').toUpperCase(),
        merchantPrivateKeyPem: merchant.privatePem,
        platformPublicKeyId: `PUB_KEY_ID_0${randomBytes(14).toString('hex')}`,
        platformPublicKeyPem: platform.publicPem,
        apiV3Key: randomBytes(16).toString('hex'),
      },
      alipay: {
        gatewayUrl: 'http://unset.invalid/alipay/gateway.do',
        appId: '2021000000000001',
        appPrivateKeyPem: app.privatePem,
        alipayPublicKeyPem: alipay.publicPem,
      },
    },
    secrets: { wechatPlatformPrivateKeyPem: platform.privatePem, alipayPrivateKeyPem: alipay.privatePem },
  };
};

const readJson = async (path: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};

const writePrivately = async (path: string, content: unknown): Promise<void> => {
  const temporary = `${path}.new`;
  await writeFile(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  // `mode` is ignored for a file that a crash left behind.
  await chmod(temporary, 0o600);
  await rename(temporary, path);
};

/**
 * Reads the keys of an earlier start or makes new ones, and writes the addresses of this start into the merchant's file.
 * @param publicUrl address of the HTTP server, without a slash at the end
 */
export const loadPaymentKeys = async (stateDirectory: string, publicUrl: string): Promise<PaymentKeys> => {
  await mkdir(stateDirectory, { recursive: true });
  const merchantPath = join(stateDirectory, credentialsFile);
  const providerPath = join(stateDirectory, providerFile);
  const [storedCredentials, storedSecrets] = await Promise.all([readJson(merchantPath), readJson(providerPath)]);
  const complete = storedCredentials !== undefined && storedSecrets !== undefined;
  const { credentials: known, secrets } = complete
    ? { credentials: PaymentCredentials.parse(storedCredentials), secrets: ProviderSecrets.parse(storedSecrets) }
    : await generate();
  const credentials: PaymentCredentials = {
    wechat: { ...known.wechat, baseUrl: `${publicUrl}/wechat` },
    alipay: { ...known.alipay, gatewayUrl: `${publicUrl}/alipay/gateway.do` },
  };
  // The merchant's file is written last: whoever sees it may rely on both.
  if (!complete) await writePrivately(providerPath, secrets);
  await writePrivately(merchantPath, credentials);
  return {
    credentials,
    wechatMerchantPublicKey: createPublicKey(credentials.wechat.merchantPrivateKeyPem),
    wechatPlatformPrivateKey: createPrivateKey(secrets.wechatPlatformPrivateKeyPem),
    apiV3Key: Buffer.from(credentials.wechat.apiV3Key, 'utf8'),
    alipayAppPublicKey: createPublicKey(credentials.alipay.appPrivateKeyPem),
    alipayPrivateKey: createPrivateKey(secrets.alipayPrivateKeyPem),
  };
};
