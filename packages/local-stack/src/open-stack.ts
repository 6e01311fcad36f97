// What every stack begins with: the lock on its state directory, the warden, ports and secrets; and how they are given back.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { takeLock } from './lock.ts';
import { logFileOf } from './logs.ts';
import { openPorts } from './ports.ts';
import { openSecrets } from './secrets.ts';
import type { ServerContext } from './server-context.ts';
import { startWarden } from './warden.ts';

export type StackOptions = {
  readonly stateDirectory: string;
  readonly report: (line: string) => void;
  readonly restartCrashed?: boolean;
};

export type OpenStack = { readonly context: ServerContext; readonly release: () => void };

/** @throws AlreadyRunning when another process runs on that state directory */
export const openStack = async (options: StackOptions): Promise<OpenStack> => {
  const stateDirectory = path.resolve(options.stateDirectory);
  mkdirSync(stateDirectory, { recursive: true });
  const warden = startWarden();
  try {
    const releaseLock = await takeLock(stateDirectory, warden.pid);
    const ports = openPorts(stateDirectory);
    return {
      context: {
        stateDirectory,
        report: options.report,
        warden,
        ports,
        secrets: openSecrets(stateDirectory),
        restartCrashed: options.restartCrashed ?? true,
        logFile: (name) => logFileOf(stateDirectory, name),
      },
      release: () => {
        ports.release();
        warden.dismiss();
        releaseLock();
      },
    };
  } catch (error) {
    warden.dismiss();
    throw error;
  }
};
