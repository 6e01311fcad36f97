// The only file that touches the process: settings, start, signals.
import { readConfig, runUntilSignal } from '@tongpiao/service-shell';
import { configSchema } from './config.ts';
import { run } from './run.ts';

await runUntilSignal(async () => run(readConfig(configSchema, process.env)));
