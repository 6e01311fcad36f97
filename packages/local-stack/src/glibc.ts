// The MongoDB engine needs glibc 2.38 or newer. On an older Debian or Ubuntu the next release's C library is fetched with apt
// into a private cache folder, and only the engine's process is started with it; nothing is installed into the system.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { runToEnd } from './child.ts';
import { findExecutable } from './executables.ts';

const needed = [2, 38] as const;
const packages = ['libc6', 'libstdc++6', 'libgcc-s1'] as const;

const triplets: Readonly<Record<string, { readonly triplet: string; readonly loader: string } | undefined>> = {
  x64: { triplet: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' },
  arm64: { triplet: 'aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' },
};

/** True when `version` ("2.36") is at least 2.38. */
export const isRecentEnough = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > needed[0] || (major === needed[0] && minor >= needed[1]);
};

const Report = z.object({ header: z.object({ glibcVersionRuntime: z.string().optional() }) });

const systemVersion = (): string | undefined => {
  const { report } = process;
  // Without this the report looks up host names; the type declarations do not know the setting yet.
  Reflect.set(report, 'excludeNetwork', true);
  return Report.parse(report.getReport()).header.glibcVersionRuntime;
};

export type LoaderPrefix = readonly string[];

type Release = { readonly suite: string; readonly mirror: string; readonly keyring: string };

/** The first mirror named in the machine's own sources for that archive, so that a local mirror is used where there is one. */
export const mirrorIn = (sources: string, archive: 'debian' | 'ubuntu'): string | undefined =>
  sources
    .split('\n')
    .filter((line) => /^(deb |URIs:)/.test(line))
    .flatMap((line) => line.match(/https?:\/\/[^\s\]]+/g) ?? [])
    .find((address) => new RegExp(`/${archive}(-ports)?/?$`).test(address));

const readSources = (): string => {
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : []),
  ];
  return files
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
};

const releaseFor = (osRelease: string): Release | undefined => {
  const id = /^ID="?(\w+)"?$/m.exec(osRelease)?.[1];
  if (id === 'debian') {
    return {
      suite: 'trixie',
      mirror: mirrorIn(readSources(), 'debian') ?? 'http://deb.debian.org/debian',
      keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
    };
  }
  if (id === 'ubuntu') {
    return {
      suite: 'noble',
      mirror: mirrorIn(readSources(), 'ubuntu') ?? 'http://archive.ubuntu.com/ubuntu',
      keyring: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
    };
  }
  return undefined;
};

const cacheDirectory = (): string =>
  path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'tongpiao');

/** Downloads into a fresh folder and renames it into place, so that two checkouts may do it at once. */
const fetchInto = async (target: string, release: Release, aptGet: string, dpkg: string): Promise<void> => {
  mkdirSync(path.dirname(target), { recursive: true });
  const work = mkdtempSync(path.join(path.dirname(target), 'fetch-'));
  const place = (name: string): string => {
    const folder = path.join(work, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  };
  const lists = place('lists');
  mkdirSync(path.join(lists, 'partial'));
  const archives = place('archives');
  mkdirSync(path.join(archives, 'partial'));
  const downloads = place('downloads');
  const sources = path.join(work, 'sources.list');
  const status = path.join(work, 'status');
  writeFileSync(sources, `deb [signed-by=${release.keyring}] ${release.mirror} ${release.suite} main\n`);
  writeFileSync(status, '');
  const apt = [
    ['Dir::Etc::SourceList', sources],
    ['Dir::Etc::SourceParts', '-'],
    ['Dir::State::Lists', lists],
    ['Dir::State::Status', status],
    ['Dir::Cache', work],
    ['Dir::Cache::Archives', archives],
    ['APT::Sandbox::User', ''],
    ['Acquire::Languages', 'none'],
    ['Acquire::Retries', '3'],
  ].flatMap(([key, value]) => ['-o', `${key ?? ''}=${value ?? ''}`]);
  const logFile = path.join(path.dirname(target), 'fetch.log');
  const environment = process.env;
  await runToEnd({ command: aptGet, args: ['update', '-q', ...apt], environment, logFile });
  await runToEnd({
    command: aptGet,
    args: ['download', '-q', ...apt, ...packages],
    environment,
    logFile,
    cwd: downloads,
  });
  const unpacked = place('unpacked');
  for (const file of readdirSync(downloads)) {
    await runToEnd({ command: dpkg, args: ['-x', path.join(downloads, file), unpacked], environment, logFile });
  }
  if (!existsSync(target)) renameSync(unpacked, target);
  rmSync(work, { recursive: true, force: true });
};

/**
 * What has to stand before `node …` on the command line of the engine's process.
 * @returns an empty list when the system's own library will do; undefined when no suitable library can be had here
 */
export const loaderPrefix = async (report: (line: string) => void): Promise<LoaderPrefix | undefined> => {
  if (process.platform === 'darwin') return [];
  const version = systemVersion();
  const names = triplets[process.arch];
  if (version === undefined || names === undefined) return undefined;
  if (isRecentEnough(version)) return [];
  const osRelease = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const release = releaseFor(osRelease);
  const aptGet = findExecutable('apt-get');
  const dpkg = findExecutable('dpkg');
  if (release === undefined || aptGet === undefined || dpkg === undefined) return undefined;
  const target = path.join(cacheDirectory(), `glibc-${release.suite}-${process.arch}`);
  const libraries = path.join(target, 'usr/lib', names.triplet);
  const loader = path.join(libraries, names.loader);
  if (!existsSync(loader)) {
    report(`glibc ${version} is older than the MongoDB engine needs; fetching a newer one into ${target}`);
    await fetchInto(target, release, aptGet, dpkg);
  }
  return [loader, '--library-path', libraries];
};
