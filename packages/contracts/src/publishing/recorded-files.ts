// The files of this package that are written by `npm run generate`, as they lie on disk.
import { globSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Files } from './publication.ts';

const root = path.resolve(import.meta.dirname, '../..');

export function readRecorded(): Files {
  const paths = globSync(['examples/*.json', 'generated/**/*.json'], { cwd: root });
  return new Map(
    paths.sort().map((name) => [name.replaceAll(path.sep, '/'), readFileSync(path.join(root, name), 'utf8')]),
  );
}

export async function writeRecorded(files: Files): Promise<void> {
  for (const [name, text] of files) {
    const file = path.join(root, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
