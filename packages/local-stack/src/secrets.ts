// Secrets are made on the first start and kept with the state, readable by the owner alone. They never leave the machine:
// another checkout, or the same one after a reset, has others.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { serviceNames } from './services.ts';

const key = z.string().refine((text) => Buffer.from(text, 'base64').length === 32, '32 bytes in base64');

const Secrets = z.object({
  masterKeys: z.record(z.enum(serviceNames), key),
  busKey: key,
  adminPassword: z.string().min(12),
  mongodbPassword: z.string().min(12),
  rabbitmqPassword: z.string().min(12),
  redisPassword: z.string().min(12),
  // SMPP 3.4 has room for eight characters.
  smppPassword: z.string().length(8),
});
export type Secrets = z.infer<typeof Secrets>;

const newKey = (): string => randomBytes(32).toString('base64');
const newPassword = (): string => randomBytes(15).toString('base64url');

const generate = (): Secrets =>
  Secrets.parse({
    masterKeys: Object.fromEntries(serviceNames.map((name) => [name, newKey()])),
    busKey: newKey(),
    adminPassword: newPassword(),
    mongodbPassword: newPassword(),
    rabbitmqPassword: newPassword(),
    redisPassword: newPassword(),
    smppPassword: randomBytes(4).toString('hex'),
  });

const Named = z.looseObject({ masterKeys: z.record(z.string(), key) });

/** A service that is newer than the file gets its key now; every other one keeps its own. */
const completed = (file: string, stored: unknown): unknown => {
  const parsed = Named.safeParse(stored);
  if (!parsed.success) return stored;
  const { masterKeys } = parsed.data;
  const missing = serviceNames.filter((name) => masterKeys[name] === undefined);
  if (missing.length === 0) return stored;
  const added = Object.fromEntries(missing.map((name) => [name, newKey()]));
  const secrets = { ...parsed.data, masterKeys: { ...masterKeys, ...added } };
  writeFileSync(file, `${JSON.stringify(secrets, undefined, 2)}\n`, { mode: 0o600 });
  return secrets;
};

/** @throws Error when the file is there and unreadable: making new keys would orphan the data encrypted with the old ones */
export const openSecrets = (stateDirectory: string): Secrets => {
  const file = path.join(stateDirectory, 'secrets.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    const secrets = generate();
    mkdirSync(stateDirectory, { recursive: true });
    writeFileSync(file, `${JSON.stringify(secrets, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
    return secrets;
  }
  const parsed = Secrets.safeParse(completed(file, JSON.parse(text)));
  if (!parsed.success) throw new Error(`${file} is not usable; restore it, or run "npm run reset" to begin anew`);
  return parsed.data;
};
