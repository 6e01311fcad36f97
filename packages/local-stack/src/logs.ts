// Log files of the processes: one per process, turned over at each start so that the newest run reads from its top.
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';

// Three old runs are enough to compare "before" and "after", and bounded.
const kept = 3;

export const logFileOf = (stateDirectory: string, name: string): string =>
  path.join(stateDirectory, 'logs', `${name}.log`);

export const rotate = (file: string): void => {
  mkdirSync(path.dirname(file), { recursive: true });
  for (let age = kept; age >= 1; age -= 1) {
    const younger = age === 1 ? file : `${file}.${age - 1}`;
    if (existsSync(younger)) renameSync(younger, `${file}.${age}`);
  }
};
