// `npm test`: pure specs first, then those that need servers, then the journeys; on servers of its own, so that a running `npm start` is
// never touched. Specs on servers mostly wait, and each has names of its own on them, so that they run in two processes side by side;
// a journey starts the whole platform and has the machine to itself. The last line says how many passed and failed.
//
//   npm test                                   everything
//   npm test -- --pure                         only what needs no server
//   npm test -- services/sales --grep REI-05   some files, folders or globs; some titles
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { globSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startServers, type Servers } from '../packages/local-stack/src/index.ts';
import type { Counts } from './run-mocha.ts';

const root = path.dirname(import.meta.dirname);
const runner = path.join(import.meta.dirname, 'run-mocha.ts');

const everything = [
  'packages/*/src/**/*.spec.ts',
  'services/*/src/**/*.spec.ts',
  'scripts/**/*.spec.ts',
  'e2e/**/*.spec.ts',
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pure: { type: 'boolean', default: false },
    grep: { type: 'string' },
    reporter: { type: 'string' },
  },
});

const isFolder = (name: string): boolean =>
  statSync(path.join(root, name), { throwIfNoEntry: false })?.isDirectory() ?? false;

const find = (patterns: readonly string[]): readonly string[] => {
  const globs = patterns.map((pattern) => (isFolder(pattern) ? `${pattern.replace(/\/$/, '')}/**/*.spec.ts` : pattern));
  const files = globs.flatMap((pattern) => globSync(pattern, { cwd: root }));
  return [...new Set(files)].filter((file) => !file.split(path.sep).includes('node_modules')).sort();
};

type Kind = 'pure' | 'integration' | 'end to end';
const kinds: readonly Kind[] = ['pure', 'integration', 'end to end'];

const kindOf = (file: string): Kind => {
  if (file.endsWith('.int.spec.ts')) return 'integration';
  return file.endsWith('.e2e.spec.ts') ? 'end to end' : 'pure';
};

const report = (line: string): void => void process.stdout.write(`${line}\n`);

const running = new Set<ChildProcess>();
let stopped = false;

const isCounts = (message: unknown): message is Counts =>
  typeof message === 'object' && message !== null && 'passed' in message && 'failed' in message && 'skipped' in message;

const SHARES = 6;

/** Files in shares of about the same size, the largest first: how long a spec takes is not known, how long it is says most of it. */
const shares = (files: readonly string[], lanes: number): readonly (readonly string[])[] => {
  const sized = files.map((file) => ({ file, size: statSync(path.join(root, file)).size }));
  const filled = Array.from({ length: lanes }, () => ({ size: 0, files: [] as string[] }));
  for (const { file, size } of sized.sort((a, b) => b.size - a.size)) {
    const [least] = filled.sort((a, b) => a.size - b.size);
    if (least === undefined) break;
    least.size += size;
    least.files.push(file);
  }
  return filled.map((lane) => lane.files.sort()).filter((share) => share.length > 0);
};

/** One mocha process. A run that ends without counts (a file that does not load) counts as one failure. */
const runShare = (
  kind: Kind,
  files: readonly string[],
  environment: Readonly<Record<string, string>>,
  /** Shown when it has ended: two reports at once would be read by nobody. */
  isKept: boolean,
): Promise<Counts> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', runner, ...files], {
      cwd: root,
      stdio: ['ignore', isKept ? 'pipe' : 'inherit', isKept ? 'pipe' : 'inherit', 'ipc'],
      env: {
        ...process.env,
        NODE_ENV: 'test',
        TEST_GREP: values.grep ?? '',
        TEST_REPORTER: values.reporter ?? (positionals.length > 0 ? 'spec' : 'dot'),
        ...environment,
      },
    });
    running.add(child);
    const kept: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => void kept.push(chunk));
    let counts: Counts | undefined;
    child.on('message', (message: unknown) => {
      if (isCounts(message)) counts = message;
    });
    child.once('close', (code, signal) => {
      running.delete(child);
      process.stdout.write(Buffer.concat(kept));
      if (counts === undefined)
        report(`the ${kind} run ended without a result (${signal ?? `exit code ${code ?? 'unknown'}`})`);
      // 2 is "green, but something kept the process alive", which is a failure of the test's own tidiness.
      const untidy = counts !== undefined && code === 2 ? 1 : 0;
      const { passed, failed, skipped } = counts ?? { passed: 0, failed: 1, skipped: 0 };
      resolve({ passed, failed: failed + untidy, skipped });
    });
  });

const run = async (
  kind: Kind,
  files: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Counts> => {
  report(`\n${kind} (${files.length} files)`);
  const isShared = kind === 'integration';
  // Smaller shares than lanes: who is through with one takes the next, so that neither lane waits long for the other.
  const left = [...shares(files, isShared ? SHARES : 1)];
  const all: Counts[] = [];
  const lane = async (isKept: boolean): Promise<void> => {
    for (let share = left.shift(); share !== undefined; share = left.shift())
      all.push(await runShare(kind, share, environment, isKept));
  };
  await Promise.all(isShared ? [lane(false), lane(true)] : [lane(false)]);
  const sum = (of: keyof Counts): number => all.reduce((total, counts) => total + counts[of], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
};

const stateDirectory = path.join(root, '.local', `test-${randomBytes(4).toString('hex')}`);

const openServers = async (needed: boolean): Promise<Servers | undefined> =>
  needed ? startServers({ stateDirectory, report: (line) => report(`servers: ${line}`) }) : undefined;

const main = async (): Promise<number> => {
  const files = find(positionals.length > 0 ? positionals : everything).filter(
    (file) => !values.pure || kindOf(file) === 'pure',
  );
  const groups = kinds
    .map((kind) => ({ kind, files: files.filter((file) => kindOf(file) === kind) }))
    .filter((group) => group.files.length > 0);
  if (groups.length === 0) {
    report('no spec files match');
    return 1;
  }
  // They come up while the pure specs run.
  const starting = openServers(groups.some(({ kind }) => kind !== 'pure'));
  starting.catch(() => undefined);
  const total = { passed: 0, failed: 0, skipped: 0 };
  try {
    for (const group of groups) {
      const servers = group.kind === 'pure' ? undefined : await starting;
      if (stopped) break;
      const addresses = servers && {
        MONGODB_URI: servers.mongodbUri,
        RABBITMQ_URL: servers.rabbitmqUrl,
        REDIS_URL: servers.redisUrl,
      };
      const counts = await run(group.kind, group.files, { ...addresses });
      total.passed += counts.passed;
      total.failed += counts.failed;
      total.skipped += counts.skipped;
    }
  } finally {
    await starting.then(
      (servers) => servers?.stop(),
      () => undefined,
    );
    rmSync(stateDirectory, { recursive: true, force: true });
  }
  if (stopped) return 130;
  if (total.skipped > 0) report(`${total.skipped} skipped`);
  report(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stopped = true;
    for (const child of running) child.kill('SIGTERM');
  });
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
// Closes the channel to the bootstrap, which would keep this process waiting.
if (process.connected) process.disconnect();
