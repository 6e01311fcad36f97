// `npm start` and `npm run reset`. Start shows its progress, prints the card, and keeps everything running until Ctrl-C.
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { renderCard } from './card.ts';
import { seedDemoData } from './demo-data.ts';
import { removeVolumes } from './docker.ts';
import { AlreadyRunning, runningProcess } from './lock.ts';
import { startPlatform, type Platform } from './start-platform.ts';

const stateDirectory = path.resolve(import.meta.dirname, '../../..', process.env['STATE_DIRECTORY'] ?? '.local');
const begun = Date.now();

const report = (line: string): void => {
  const elapsed = ((Date.now() - begun) / 1000).toFixed(1).padStart(6);
  process.stdout.write(`${elapsed} s  ${line}\n`);
};

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const fail = (error: unknown): never => {
  process.stderr.write(`${message(error)}\n`);
  process.exit(1);
};

const day = (offset: number): string => {
  const date = new Date(Date.now() + offset * 86_400_000);
  // Sessions are dated in China, where the tenants are.
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(date);
};

// npm passes a signal on that the terminal has delivered already; two within a second are one wish.
const sameWishMs = 1_000;

const start = async (): Promise<void> => {
  const cancel = new AbortController();
  let platform: Platform | undefined;
  let askedAt: number | undefined;

  const stop = (): void => {
    if (askedAt !== undefined) {
      if (Date.now() - askedAt < sameWishMs) return;
      report('stopping at once');
      platform?.kill();
      // Without a platform yet, the warden ends what was started.
      process.exit(130);
    }
    askedAt = Date.now();
    report('stopping (Ctrl-C again: at once)');
    cancel.abort(new Error('stopped before everything was up'));
    platform?.stop().then(() => process.exit(0), fail);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  // The bootstrap is gone: nobody is left to stop us.
  process.on('disconnect', stop);

  try {
    platform = await startPlatform({ stateDirectory, report, signal: cancel.signal });
  } catch (error) {
    if (cancel.signal.aborted) process.exit(0);
    throw error;
  }
  const { baseUrl, adminPassword, sandboxUrl } = platform;
  // The same requests at every start: what is there already is found again, and addresses may have changed.
  const demo = await seedDemoData({ baseUrl, adminPassword, stateDirectory, sandboxUrl, report });
  // For `npm run tour`, which listens in; with passwords, so for this user alone.
  const { mongodbUri, rabbitmqUrl, redisUrl } = platform.servers;
  writeFileSync(path.join(stateDirectory, 'addresses.json'), JSON.stringify({ mongodbUri, rabbitmqUrl, redisUrl }), {
    mode: 0o600,
  });
  const limits = process.env['LIMITS'] === 'off' ? 'off' : 'on';
  process.stdout.write(`${renderCard(demo, { from: day(1), to: day(7), limits })}\n`);
};

const reset = async (): Promise<void> => {
  if (!existsSync(stateDirectory)) {
    report('nothing to clear');
    return;
  }
  const nested = readdirSync(stateDirectory).map((name) => path.join(stateDirectory, name));
  for (const directory of [stateDirectory, ...nested]) {
    const pid = runningProcess(directory);
    if (pid !== undefined) throw new AlreadyRunning(directory, pid);
  }
  await removeVolumes(stateDirectory);
  rmSync(stateDirectory, { recursive: true, force: true });
  report(`${stateDirectory} cleared`);
};

const commands: Readonly<Record<string, (() => Promise<void>) | undefined>> = { start, reset };
const command = commands[process.argv[2] ?? ''];
if (command === undefined) fail(new Error('usage: cli.ts start | reset'));
else await command().catch(fail);
