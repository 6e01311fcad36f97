// The door to every command: any Node from 18 on may open it. It installs the workspace when that is missing or out of date,
// and hands over to the workspace's own Node, which runs TypeScript as it is.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const commands = {
  start: ['packages/local-stack/src/cli.ts', 'start'],
  reset: ['packages/local-stack/src/cli.ts', 'reset'],
  test: ['scripts/test.ts'],
  check: ['scripts/check.ts'],
  bench: ['e2e/bench/main.ts'],
  chaos: ['e2e/chaos/main.ts'],
  tour: ['e2e/tour.ts'],
  generate: ['scripts/generate.ts'],
  audit: ['scripts/audit.ts'],
  'audit-dependencies': ['scripts/audit-dependencies.ts'],
};

const fail = (message) => {
  console.error(message);
  process.exit(1);
};

const changedAt = (file) => {
  const full = path.join(root, file);
  return existsSync(full) ? statSync(full).mtimeMs : 0;
};

const installed = 'node_modules/.modules.yaml';

const runToEnd = (command, args) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
    child.once('error', (error) => fail(`${command} cannot be run: ${error.message}`));
    child.once('exit', (code) => resolve(code ?? 1));
  });

const installWhenNeeded = async () => {
  if (changedAt(installed) >= changedAt('pnpm-lock.yaml') && changedAt(installed) > 0) return;
  const { packageManager } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  console.log('Installing the dependencies (first start, or the lock file has changed) …');
  // npx fetches exactly the pinned pnpm.
  const code = await runToEnd('npx', ['--yes', packageManager, 'install', '--frozen-lockfile']);
  if (code !== 0)
    fail(`The installation failed (exit code ${code}); the lines above say why. Is the package registry reachable?`);
  // pnpm leaves the file alone when nothing had to change; without a new date we would ask it every time.
  const now = new Date();
  if (existsSync(path.join(root, installed))) utimesSync(path.join(root, installed), now, now);
};

const main = async () => {
  const [name = '', ...args] = process.argv.slice(2);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) fail(`Unknown command "${name}". There are: ${Object.keys(commands).join(', ')}.`);
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major < 18) fail(`Node 18 or newer is needed to begin; this is ${process.version}.`);
  await installWhenNeeded();
  const node = path.join(root, 'node_modules/node/bin/node');
  if (!existsSync(node)) fail("The workspace's own Node is missing; delete node_modules and try again.");
  const [entry, ...first] = command;
  if (!existsSync(path.join(root, entry))) fail(`${entry} does not exist in this checkout.`);
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', path.join(root, entry), ...first, ...args], {
    cwd: root,
    // The channel tells the command when this process is gone, even if it was killed.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, PATH: `${path.join(root, 'node_modules/.bin')}${path.delimiter}${process.env.PATH ?? ''}` },
  });
  child.once('error', (error) => fail(`Node cannot be run: ${error.message}`));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // npm puts a shell between itself and us, which takes a SIGTERM for itself and leaves us without a parent.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.env.npm_lifecycle_event === undefined || process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, 500);
  watch.unref();
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    console.error(`${name} was ended by ${signal}.`);
    process.exit(1);
  });
};

await main();
