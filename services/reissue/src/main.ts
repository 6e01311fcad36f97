// Starts reissue and stops it on a signal.
import { readConfig, runUntilSignal } from '@tongpiao/service-shell';
import { configSchema } from './config.ts';
import { run } from './run.ts';

await runUntilSignal(async () => run(readConfig(configSchema, process.env)));
