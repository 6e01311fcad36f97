// Runs mocha over the files given, in a process of its own, and hands the counts to the parent over the process channel.
// Through mocha's interface and not its command line, because a count parsed from printed text is a guess.
import path from 'node:path';
import { readFileSync } from 'node:fs';
import Mocha from 'mocha';

export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

const root = path.dirname(import.meta.dirname);

const defaultTimeoutMs = 60_000;

const timeoutFrom = (text: string): number => {
  const settings: unknown = JSON.parse(text);
  if (typeof settings !== 'object' || settings === null || !('timeout' in settings)) return defaultTimeoutMs;
  return typeof settings.timeout === 'number' ? settings.timeout : defaultTimeoutMs;
};

const { TEST_GREP: grep, TEST_REPORTER: reporter = 'dot' } = process.env;
const mocha = new Mocha({
  timeout: timeoutFrom(readFileSync(path.join(root, '.mocharc.json'), 'utf8')),
  reporter,
  forbidOnly: true,
  ...(grep === undefined || grep === '' ? {} : { grep }),
});
for (const file of process.argv.slice(2)) mocha.addFile(path.resolve(root, file));
await mocha.loadFilesAsync();

// Long enough for drivers to close their sockets, short enough to notice what was not closed.
const lingerMs = 10_000;

const runner = mocha.run((failures) => {
  const { passes, pending } = runner.stats ?? { passes: 0, pending: 0 };
  const counts: Counts = { passed: passes, failed: failures, skipped: pending };
  process.exitCode = failures === 0 ? 0 : 1;
  process.send?.(counts);
  process.disconnect();
  setTimeout(() => {
    console.error(`Something keeps the test process alive: ${process.getActiveResourcesInfo().join(', ')}`);
    process.exit(2);
  }, lingerMs).unref();
});
