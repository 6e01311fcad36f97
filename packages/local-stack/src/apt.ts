// Installs missing servers from the distribution, where that is possible without asking anybody: apt, as root, in a container or
// on a throw-away machine. The packages would start system services of their own; a policy file tells them not to.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { runToEnd } from './child.ts';
import { findExecutable } from './executables.ts';

const policyFile = '/usr/sbin/policy-rc.d';

export const canInstall = (): boolean => process.getuid?.() === 0 && findExecutable('apt-get') !== undefined;

/** @throws Error with the log file's name when apt fails */
export const install = async (
  packages: readonly string[],
  logFile: string,
  report: (line: string) => void,
): Promise<void> => {
  const aptGet = findExecutable('apt-get') ?? 'apt-get';
  report(`installing ${packages.join(' and ')} with apt`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const makePolicy = !existsSync(policyFile);
  // 101 is Debian's "action forbidden by policy".
  if (makePolicy) writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await runToEnd({ command: aptGet, args: ['update', '-q'], environment, logFile });
    await runToEnd({
      command: aptGet,
      args: ['install', '-y', '-q', '--no-install-recommends', ...packages],
      environment,
      logFile,
    });
  } finally {
    if (makePolicy) rmSync(policyFile, { force: true });
  }
};
