// Starts finance and stops it on a signal.
import { runUntilSignal } from '@tongpiao/service-shell';
import { readFinanceConfig } from './config.ts';
import { run } from './run.ts';

await runUntilSignal(async () => run(readFinanceConfig(process.env)));
