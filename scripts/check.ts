// `npm run check`: types, lint, formatting, import rules and dead code. All of them run even when one fails, two at a time,
// because one list of everything that is wrong is worth more than the first thing that is wrong.
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const cache = path.join(root, 'node_modules/.cache/check');

const options: SpawnOptions = {
  cwd: root,
  env: { ...process.env, PATH: `${path.join(root, 'node_modules/.bin')}${path.delimiter}${process.env['PATH'] ?? ''}` },
  stdio: ['ignore', 'pipe', 'pipe'],
};

type Check = { readonly name: string; readonly start: () => ChildProcess };

// What a tool found about a file that has not changed is remembered. Lint asks for types of other files too, so after a change
// of those it may remember too much; a clean checkout, as in `.ci/run`, remembers nothing.
const checks: readonly Check[] = [
  // Begun first, since it takes longest.
  {
    name: 'lint',
    start: () =>
      spawn('eslint', ['--cache', '--cache-strategy', 'content', '--cache-location', `${cache}/eslint`, '.'], options),
  },
  {
    name: 'types',
    start: () => spawn('tsc', ['-p', '.', '--incremental', '--tsBuildInfoFile', `${cache}/types.tsbuildinfo`], options),
  },
  {
    name: 'formatting',
    start: () =>
      spawn(
        'prettier',
        ['--check', '--cache', '--cache-location', `${cache}/prettier`, '--log-level', 'warn', '.'],
        options,
      ),
  },
  {
    name: 'imports',
    start: () => spawn('depcruise', ['packages', 'services', 'e2e', 'scripts'], options),
  },
  {
    name: 'settings',
    start: () => spawn(process.execPath, ['scripts/env-examples.ts', '--check'], options),
  },
  { name: 'dead code', start: () => spawn('knip', ['--no-progress'], options) },
];

// A small machine has two cores, and the type checker alone fills one.
const atOnce = 2;

type Outcome = { readonly ok: boolean; readonly output: string };

const finished = (child: ChildProcess): Promise<Outcome> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', (error) => resolve({ ok: false, output: error.message }));
    child.once('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(chunks).toString() }));
  });

const runCheck = async ({ name, start }: Check): Promise<boolean> => {
  const begun = Date.now();
  const { ok, output } = await finished(start());
  const seconds = ((Date.now() - begun) / 1000).toFixed(1);
  const details = ok ? '' : `${output.trimEnd()}\n`;
  process.stdout.write(`${details}${name.padEnd(12)} ${ok ? 'ok' : 'failed'}  ${seconds} s\n`);
  return ok;
};

const queue = [...checks];
const results: boolean[] = [];
const work = async (): Promise<void> => {
  for (let check = queue.shift(); check !== undefined; check = queue.shift()) results.push(await runCheck(check));
};
await Promise.all(Array.from({ length: atOnce }, work));
process.exitCode = results.every(Boolean) ? 0 : 1;
if (process.connected) process.disconnect();
