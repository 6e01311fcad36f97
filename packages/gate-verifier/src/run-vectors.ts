// Runs the test vectors against a gate: in Node, in a browser, on the device of somebody who wrote a gate of their own. Each case has a
// gate of its own; its steps come one after another.
import { openGate, type GateOptions } from './gate.ts';
import type { ManifestPage } from './manifest.ts';
import type { Credential } from './words.ts';

export type Step = {
  /** RFC 3339 */
  readonly at: string;
  readonly shown: Credential;
  readonly people?: number;
  /** Each member is compared with the verdict's member of that name. */
  readonly expect: Readonly<Record<string, unknown>>;
};
export type Case = {
  readonly title: string;
  readonly gateId: string;
  readonly pages: readonly ManifestPage[];
  readonly steps: readonly Step[];
};
export type Vectors = { readonly about: string; readonly cases: readonly Case[] };

async function faultsOf({ title, gateId, pages, steps }: Case, crypto: GateOptions['crypto']): Promise<string[]> {
  let nowMs = 0;
  const gate = await openGate({ gateId, now: () => nowMs, ...(crypto === undefined ? {} : { crypto }) });
  for (const page of pages) {
    nowMs = Date.parse(page.serverTime);
    await gate.learn(page);
  }
  const faults: string[] = [];
  for (const [index, { at, shown, people, expect }] of steps.entries()) {
    nowMs = Date.parse(at);
    const verdict = new Map(Object.entries(await gate.scan(shown, people === undefined ? {} : { people })));
    for (const [name, wanted] of Object.entries(expect)) {
      const got: unknown = verdict.get(name);
      if (JSON.stringify(got) !== JSON.stringify(wanted))
        faults.push(`${title}, step ${index + 1}: ${name} is ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
    }
  }
  return faults;
}

/** @returns what is wrong; nothing when every case is judged as expected */
export async function runVectors(
  vectors: Vectors,
  options: Pick<GateOptions, 'crypto'> = {},
): Promise<{ readonly cases: number; readonly faults: readonly string[] }> {
  const faults: string[] = [];
  for (const one of vectors.cases) faults.push(...(await faultsOf(one, options.crypto)));
  return { cases: vectors.cases.length, faults };
}
