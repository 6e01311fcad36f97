// The catalogue against the services that use it: read from their source, because a message that nobody says or hears compiles.
import { expect } from 'chai';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { MessageDefinition } from './define.ts';
import * as contracts from './index.ts';
import { ownerOf } from './publishing/owner.ts';

const services = path.resolve(import.meta.dirname, '../../../services');

type Source = {
  readonly file: string;
  readonly service: string;
  readonly names: ReadonlySet<string>;
  readonly text: string;
};

const IMPORT = /import (?:type )?\{(?<names>[^}]*)\} from '@tongpiao\/contracts'/g;

const namesImportedBy = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(IMPORT)].flatMap((match) => match.groups?.['names']?.match(/\w+/g) ?? []));

const sources: readonly Source[] = globSync('*/src/**/*.ts', { cwd: services })
  .filter((file) => !/\.(spec|fixture)\.ts$/.test(file))
  .map((file) => {
    const text = readFileSync(path.join(services, file), 'utf8');
    return { file, service: file.split(path.sep)[0] ?? '', names: namesImportedBy(text), text };
  });

const running = new Set(sources.map(({ service }) => service));

const isDefinition = (value: unknown): value is MessageDefinition =>
  contracts.CATALOGUE.some((definition) => definition === value);

const definitions = new Map(
  Object.entries<unknown>(contracts).flatMap(([name, value]) => (isDefinition(value) ? [[name, value] as const] : [])),
);

/** What is said in a source: the first argument of `say`, the third of `remind`. */
const saidIn = ({ text }: Source): readonly MessageDefinition[] => {
  const names = [...text.matchAll(/\bsay\(\s*(\w+)/g), ...text.matchAll(/\bremind\([^,]+,[^,]+,\s*(\w+)/g)];
  return names.flatMap(([, name = '']) => definitions.get(name) ?? []);
};

describe('use of the catalogue', () => {
  it('PLA-40 every message is known to the service that it belongs to: an event to be said, a command to be heard', () => {
    const orphans = [...definitions].filter(([name, definition]) => {
      const owner = ownerOf(definition);
      const place = (file: string): boolean => definition.kind === 'event' || !file.endsWith('.messages.ts');
      return (
        running.has(owner) &&
        !sources.some(({ service, names, file }) => service === owner && names.has(name) && place(file))
      );
    });
    expect(orphans.map(([, { type }]) => type)).to.deep.equal([]);
  });

  it('PLA-40 nobody says an event of somebody else', () => {
    const said = sources.flatMap((source) => saidIn(source).map((definition) => ({ source, definition })));
    expect(said).to.have.length.greaterThan(10);
    const foreign = said.filter(
      ({ source, definition }) => definition.kind === 'event' && ownerOf(definition) !== source.service,
    );
    expect(foreign.map(({ source, definition }) => `${source.file} says ${definition.type}`)).to.deep.equal([]);
  });
});
