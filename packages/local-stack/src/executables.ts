// Finds programs on the PATH and in the few places where distributions keep them outside of a user's PATH.
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const usualPlaces = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
  '/opt/homebrew/sbin',
  '/opt/homebrew/bin',
];

/**
 * @param extraFiles absolute paths that win over the PATH
 * @returns the first that can be run, or undefined
 */
export const findExecutable = (name: string, extraFiles: readonly string[] = []): string | undefined => {
  const places = [...(process.env['PATH'] ?? '').split(path.delimiter).filter((place) => place !== ''), ...usualPlaces];
  return [...extraFiles, ...places.map((place) => path.join(place, name))].find(isExecutable);
};
