// `npm run audit:dependencies`: known holes in what production runs on. A registry that does not answer audits leads to the
// words "not checked" and never to "ok": silence is no finding either way.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const numberIn = (value: unknown, key: string): number => {
  const found = isRecord(value) ? value[key] : undefined;
  return typeof found === 'number' ? found : 0;
};

const packageManager = (): string => {
  const manifest = parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const name = isRecord(manifest) ? manifest['packageManager'] : undefined;
  if (typeof name !== 'string') throw new Error('package.json names no packageManager');
  return name;
};

// Registries that do not answer tend to hang instead of refusing.
const longestMs = 120_000;

const audit = (): Promise<string> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const child = spawn('npx', ['--yes', packageManager(), 'audit', '--prod', '--json'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: longestMs,
    });
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', () => resolve(''));
    child.once('close', () => resolve(Buffer.concat(chunks).toString()));
  });

const answer = parse(await audit());
const metadata = isRecord(answer) ? answer['metadata'] : undefined;
const counts = isRecord(metadata) ? metadata['vulnerabilities'] : undefined;
if (isRecord(counts)) {
  const names = ['critical', 'high', 'moderate', 'low'] as const;
  console.log(`dependencies: ${names.map((name) => `${numberIn(counts, name)} ${name}`).join(', ')}`);
  process.exitCode = numberIn(counts, 'critical') + numberIn(counts, 'high') > 0 ? 1 : 0;
} else {
  console.log('dependencies: not checked (the registry does not answer audits)');
}
if (process.connected) process.disconnect();
