// The settings that each process is started with: pure functions from addresses, ports and secrets to environment variables,
// so that the whole wiring of the platform can be read in one place.
import { createHmac } from 'node:crypto';
import type { Secrets } from './secrets.ts';
import { backendNames, type ServiceName } from './services.ts';

export type Wiring = {
  readonly nodeEnvironment: string;
  readonly logLevel: string;
  readonly limits: 'on' | 'off';
  readonly publicBaseUrl: string;
  readonly mongodbUri: string;
  readonly rabbitmqUrl: string;
  readonly redisUrl: string;
  readonly secrets: Secrets;
  readonly sandboxes: {
    readonly httpPort: number;
    readonly smppPort: number;
    readonly smtpPort: number;
    readonly identityCheckPort: number;
    readonly stateDirectory: string;
    readonly credentialsFile: string;
  };
  /** Base addresses of every instance of each service behind the gateway. */
  readonly upstreams: Readonly<Record<ServiceName, readonly string[]>>;
};

/** Both sides derive it, so that installations from before it need no new secret. */
const identityCheckSecret = ({ secrets }: Wiring): string =>
  createHmac('sha256', Buffer.from(secrets.busKey, 'base64')).update('identity-check').digest('base64url');

const smppSystemId = 'tongpiao';

export const sandboxUrl = (wiring: Wiring): string => `http://127.0.0.1:${wiring.sandboxes.httpPort}`;

export const sandboxEnvironment = (wiring: Wiring): Record<string, string> => ({
  NODE_ENV: wiring.nodeEnvironment,
  LOG_LEVEL: wiring.logLevel,
  HTTP_HOST: '127.0.0.1',
  HTTP_PORT: String(wiring.sandboxes.httpPort),
  SMPP_PORT: String(wiring.sandboxes.smppPort),
  SMTP_PORT: String(wiring.sandboxes.smtpPort),
  SMPP_SYSTEM_ID: smppSystemId,
  SMPP_PASSWORD: wiring.secrets.smppPassword,
  IDENTITY_CHECK_PORT: String(wiring.sandboxes.identityCheckPort),
  IDENTITY_CHECK_SECRET: identityCheckSecret(wiring),
  STATE_DIRECTORY: wiring.sandboxes.stateDirectory,
});

const own = (service: ServiceName, wiring: Wiring): Record<string, string> => {
  const { sandboxes, secrets } = wiring;
  switch (service) {
    case 'gateway':
      return Object.fromEntries(
        backendNames.map((name) => [`UPSTREAM_${name.toUpperCase()}`, wiring.upstreams[name].join(',')]),
      );
    case 'identity':
      return { BOOTSTRAP_ADMIN_PASSWORD: secrets.adminPassword };
    case 'finance':
      return { PAYMENT_SANDBOX_URL: sandboxUrl(wiring), SANDBOX_CREDENTIALS_FILE: sandboxes.credentialsFile };
    case 'notification':
      return {
        SMPP_URL: `smpp://${smppSystemId}:${secrets.smppPassword}@127.0.0.1:${sandboxes.smppPort}`,
        SMTP_URL: `smtp://127.0.0.1:${sandboxes.smtpPort}`,
      };
    case 'reissue':
      return {
        IDENTITY_CHECK_URL: `http://127.0.0.1:${sandboxes.identityCheckPort}`,
        IDENTITY_CHECK_SECRET: identityCheckSecret(wiring),
      };
    case 'sales':
    case 'inventory':
      return {};
  }
};

/** @param instance such as `sales-1` */
export const serviceEnvironment = (
  service: ServiceName,
  instance: string,
  port: number,
  wiring: Wiring,
): Record<string, string> => ({
  NODE_ENV: wiring.nodeEnvironment,
  LOG_LEVEL: wiring.logLevel,
  LIMITS: wiring.limits,
  SERVICE_INSTANCE: instance,
  HTTP_HOST: '127.0.0.1',
  HTTP_PORT: String(port),
  // Behind the gateway the last address of X-Forwarded-For is the client's.
  HTTP_TRUSTED_HOPS: service === 'gateway' ? '0' : '1',
  // A single instance has nobody to hand over to, and nobody wants to wait for it. Several hand over as in production.
  DRAIN_DELAY_MS: wiring.upstreams[service].length > 1 ? '3000' : '0',
  PUBLIC_BASE_URL: wiring.publicBaseUrl,
  MONGODB_URI: wiring.mongodbUri,
  ...(service === 'gateway' ? {} : { DATABASE_NAME: service }),
  RABBITMQ_URL: wiring.rabbitmqUrl,
  REDIS_URL: wiring.redisUrl,
  BROKER_PREFIX: '',
  MASTER_KEY: wiring.secrets.masterKeys[service],
  BUS_KEY: wiring.secrets.busKey,
  ...own(service, wiring),
});
