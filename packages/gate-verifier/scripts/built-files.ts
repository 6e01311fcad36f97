// The package as plain JavaScript modules, for browsers and for Node 18: the sources with their types taken out and nothing else done
// to them, so that what was read in review is what runs on the gate.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const source = path.join(import.meta.dirname, '../src');

/** File name → text. */
export function builtFiles(): ReadonlyMap<string, string> {
  const names = globSync('*.ts', { cwd: source }).filter((name) => !/\.(spec|fixture)\.ts$/.test(name));
  return new Map(
    names.sort().map((name) => {
      const { outputText } = ts.transpileModule(readFileSync(path.join(source, name), 'utf8'), {
        fileName: name,
        compilerOptions: {
          module: ts.ModuleKind.ESNext,
          target: ts.ScriptTarget.ES2022,
          verbatimModuleSyntax: true,
          rewriteRelativeImportExtensions: true,
        },
      });
      return [name.replace(/\.ts$/, '.js'), `// Made from src/${name} by scripts/generate.ts.\n${outputText}`] as const;
    }),
  );
}
