// `npm run check`: types, lint, formatting, import rules and dead code. All of them run even when one fails, two at a time,
// because one list of everything that is wrong is worth more than the first thing that is wrong.
import { spawn } from 'node:child_process';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const bin = (name: string): string => path.join(root, 'node_modules/.bin', name);

type Check = { readonly name: string; readonly commands: readonly (readonly [string, ...string[]])[] };

const checks: readonly Check[] = [
  {
    name: 'types',
    commands: [
      [bin('tsc'), '--noEmit', '-p', '.'],
      [bin('tsc'), '--noEmit', '-p', 'scripts'],
    ],
  },
  { name: 'lint', commands: [[bin('eslint'), '.']] },
  { name: 'formatting', commands: [[bin('prettier'), '--check', '--log-level', 'warn', '.']] },
  {
    name: 'imports',
    commands: [[bin('depcruise'), '--config', '.dependency-cruiser.cjs', 'packages', 'services', 'e2e', 'scripts']],
  },
  { name: 'dead code', commands: [[bin('knip')]] },
];

// A small machine has two cores, and the type checker alone fills one.
const atOnce = 2;

type Outcome = { readonly ok: boolean; readonly output: string };

const run = ([command, ...args]: readonly [string, ...string[]]): Promise<Outcome> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', (error) => resolve({ ok: false, output: error.message }));
    child.once('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(chunks).toString() }));
  });

const runCheck = async (check: Check): Promise<boolean> => {
  const begun = Date.now();
  const outcomes: Outcome[] = [];
  for (const command of check.commands) outcomes.push(await run(command));
  const ok = outcomes.every((outcome) => outcome.ok);
  const seconds = ((Date.now() - begun) / 1000).toFixed(1);
  const details = ok ? '' : `${outcomes.map(({ output }) => output.trimEnd()).join('\n')}\n`;
  process.stdout.write(`${details}${check.name.padEnd(12)} ${ok ? 'ok' : 'failed'}  ${seconds} s\n`);
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
