// The sandboxes as a process: environment in, signals out. Everything else is in startSandboxes.
import { pino } from 'pino';
import { parseConfig } from './config.ts';
import type { Config } from './config.ts';
import { startSandboxes } from './start-sandboxes.ts';

const readConfig = (): Config => {
  try {
    return parseConfig(process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
};

const config = readConfig();
const logger = pino({ level: config.LOG_LEVEL, name: 'sandboxes' });
const sandboxes = await startSandboxes({
  host: config.HTTP_HOST,
  httpPort: config.HTTP_PORT,
  smppPort: config.SMPP_PORT,
  smtpPort: config.SMTP_PORT,
  smpp: { systemId: config.SMPP_SYSTEM_ID, password: config.SMPP_PASSWORD },
  identityCheck: { port: config.IDENTITY_CHECK_PORT, secret: config.IDENTITY_CHECK_SECRET },
  stateDirectory: config.STATE_DIRECTORY,
  ...(config.PUBLIC_URL === undefined ? {} : { publicUrl: config.PUBLIC_URL }),
  logger,
});

let stopping = false;
const stop = (signal: string, exitCode: number): void => {
  // A second signal means that somebody does not want to wait.
  if (stopping) process.exit(1);
  stopping = true;
  logger.info({ signal }, 'stopping');
  sandboxes.stop().then(
    () => process.exit(exitCode),
    (error: unknown) => {
      logger.error({ err: error }, 'stopping failed');
      process.exit(1);
    },
  );
};
process.on('SIGTERM', () => stop('SIGTERM', 0));
process.on('SIGINT', () => stop('SIGINT', 0));
process.on('unhandledRejection', (error) => {
  logger.fatal({ err: error }, 'unhandled rejection');
  stop('unhandledRejection', 1);
});
