// Reads the environment once. All problems are reported together, because fixing them one restart at a time is a waste.
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);

const Environment = z.object({
  HTTP_HOST: z.string().min(1).default('127.0.0.1'),
  HTTP_PORT: port.default(9080),
  SMPP_PORT: port.default(2775),
  SMTP_PORT: port.default(2525),
  SMPP_SYSTEM_ID: z.string().min(1).max(15),
  // SMPP 3.4 limits the password to eight octets.
  SMPP_PASSWORD: z.string().min(1).max(8),
  IDENTITY_CHECK_PORT: port.default(0),
  IDENTITY_CHECK_SECRET: z.string().min(16).max(200).default('sandbox-identity-check'),
  STATE_DIRECTORY: z.string().min(1),
  /** Address under which payers and merchants reach this process, where it differs from host and port (containers). */
  PUBLIC_URL: z.url().optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export type Config = z.infer<typeof Environment>;

/** @throws Error whose message names every setting that is missing or wrong */
export const parseConfig = (environment: Readonly<Record<string, string | undefined>>): Config => {
  const parsed = Environment.safeParse(environment);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => {
    const name = path.join('.');
    return `  ${name}: ${environment[name] === undefined ? 'is not set' : message}`;
  });
  throw new Error(`The environment is not usable:\n${problems.join('\n')}`);
};
