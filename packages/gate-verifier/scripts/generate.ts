// Writes what is made from the sources: the built modules and the test vectors. The spec fails when they are not in step.
//
//   node packages/gate-verifier/scripts/generate.ts
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { builtFiles } from './built-files.ts';
import { makeVectors } from './test-vectors.ts';

const home = path.dirname(import.meta.dirname);
rmSync(path.join(home, 'built'), { recursive: true, force: true });
for (const folder of ['built', 'vectors']) mkdirSync(path.join(home, folder), { recursive: true });
for (const [name, text] of builtFiles()) writeFileSync(path.join(home, 'built', name), text);
writeFileSync(path.join(home, 'vectors/vectors.json'), `${JSON.stringify(makeVectors(), undefined, 1)}\n`);
