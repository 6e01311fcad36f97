// Reads per second of one address with a fixed number of keep-alive connections; the same load for every server that is compared.
import { Pool } from 'undici';
import { spread, type Spread } from './statistics.ts';

export type ReadResult = { readonly perSecond: number; readonly failures: number; readonly spread: Spread };

export async function measureReads(
  origin: string,
  path: string,
  options: { connections: number; seconds: number; headers?: Readonly<Record<string, string>> },
): Promise<ReadResult> {
  const pool = new Pool(origin, { connections: options.connections, pipelining: 1 });
  const end = performance.now() + options.seconds * 1_000;
  const latencies: number[] = [];
  let failures = 0;
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      const begun = performance.now();
      const response = await pool.request({ path, method: 'GET', headers: options.headers ?? {} });
      await response.body.dump();
      if (response.statusCode === 200) latencies.push(performance.now() - begun);
      else failures += 1;
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: options.connections }, one));
  const seconds = (performance.now() - begun) / 1_000;
  await pool.close();
  return { perSecond: latencies.length / seconds, failures, spread: spread(latencies) };
}
