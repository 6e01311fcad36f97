// Chooses TCP ports and writes them down. The usual port is taken when it is free, then the one from last time, then any;
// a reservation file keeps two checkouts that start in the same second from choosing alike.
import { mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { isAlive } from './process-identity.ts';

const lowest = 20_000;
// Linux hands out 32768 and above to outgoing connections; a restarted server must find its port free again.
const highest = 32_000;
const mostTries = 200;

const Written = z.record(z.string(), z.int().min(1).max(65_535));

/** The order in which ports are tried: the usual one, the one from last time, then random ones. */
export const candidates = (
  preferred: number | undefined,
  lastTime: number | undefined,
  random: () => number,
  count = mostTries,
): readonly number[] => {
  const first = [preferred, lastTime].filter((port) => port !== undefined);
  const others = Array.from({ length: count }, () => lowest + Math.floor(random() * (highest - lowest)));
  return [...new Set([...first, ...others])];
};

const canListen = (port: number, host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve('code' in error && error.code !== 'EADDRINUSE' && error.code !== 'EACCES'));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });

// Both loopbacks, because `localhost` may lead to either; a machine without IPv6 fails for another reason than "in use".
const isFree = async (port: number): Promise<boolean> =>
  (await canListen(port, '127.0.0.1')) && (await canListen(port, '::1'));

const reservations = (): string => path.join(tmpdir(), `tongpiao-ports-${process.getuid?.() ?? 'user'}`);

const reserve = (port: number): boolean => {
  const file = path.join(reservations(), String(port));
  mkdirSync(reservations(), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const owner = Number(readFileSync(file, 'utf8'));
    if (owner === process.pid || isAlive(owner)) return false;
    writeFileSync(file, String(process.pid));
    return true;
  }
};

export type Ports = {
  /** A free port, kept for `name` in the ports file. */
  choose(name: string, preferred?: number): Promise<number>;
  /** Gives the reservations back; the ports file stays for next time. */
  release(): void;
};

const readWritten = (file: string): Record<string, number> => {
  try {
    return Written.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
};

export const openPorts = (stateDirectory: string): Ports => {
  const file = path.join(stateDirectory, 'ports.json');
  const lastTime = readWritten(file);
  const chosen = new Map<string, number>();
  const choose = async (name: string, preferred?: number): Promise<number> => {
    for (const port of candidates(preferred, lastTime[name], Math.random)) {
      if ((await isFree(port)) && reserve(port)) {
        chosen.set(name, port);
        writeFileSync(file, `${JSON.stringify({ ...lastTime, ...Object.fromEntries(chosen) }, undefined, 2)}\n`);
        return port;
      }
    }
    throw new Error(`no free port for ${name} between ${lowest} and ${highest}`);
  };
  return {
    choose,
    release: () => {
      for (const port of chosen.values()) {
        try {
          unlinkSync(path.join(reservations(), String(port)));
        } catch {
          // Somebody tidied the temporary folder; nothing is lost.
        }
      }
    },
  };
};
