// Starts notification and stops it on a signal.
import { runUntilSignal } from '@tongpiao/service-shell';
import { readNotificationConfig } from './config.ts';
import { run } from './run.ts';

await runUntilSignal(async () => run(readNotificationConfig(process.env)));
