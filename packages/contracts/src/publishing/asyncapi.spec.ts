import { expect } from 'chai';
import { CATALOGUE } from '../catalogue.ts';
import { asyncApiDocument } from './asyncapi.ts';
import { isJsonObject } from './json.ts';

const document = asyncApiDocument(CATALOGUE);

const at = (...path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (isJsonObject(value) ? value[key] : undefined), document);

const referencesIn = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isJsonObject(value)) return [];
  const { $ref } = value;
  return [...(typeof $ref === 'string' ? [$ref] : []), ...Object.values(value).flatMap(referencesIn)];
};

describe('AsyncAPI document', () => {
  it('PLA-43 has one channel for each message, on the exchange of its kind', () => {
    expect(Object.keys(at('channels') ?? {})).to.deep.equal(CATALOGUE.map(({ type }) => type));
    expect(at('channels', 'inventory.hold.place.v1', 'bindings', 'amqp', 'exchange', 'name')).to.equal('commands');
    expect(at('channels', 'inventory.hold.granted.v1', 'bindings', 'amqp', 'exchange', 'name')).to.equal('events');
  });

  it('PLA-43 lets the owner send its events and receive commands to it', () => {
    expect(at('operations', 'inventory.send.inventory.hold.granted.v1', 'action')).to.equal('send');
    expect(at('operations', 'inventory.receive.inventory.hold.place.v1', 'action')).to.equal('receive');
    expect(Object.keys(at('operations') ?? {})).to.have.lengthOf(CATALOGUE.length);
  });

  it('PLA-44 describes every message with its envelope', () => {
    const envelope = at('components', 'schemas', 'envelope', 'required');
    expect(envelope).to.include.members(['id', 'type', 'source', 'subject', 'time', 'tenantid']);
    expect(envelope).to.include.members(['correlationid', 'causationid', 'sequence', 'data']);
    for (const { type } of CATALOGUE)
      expect(referencesIn(at('components', 'messages', type))).to.deep.equal([
        '#/components/schemas/envelope',
        `#/components/schemas/${type}`,
      ]);
  });

  it('PLA-43 refers to nothing that is not there', () => {
    for (const reference of referencesIn(document))
      expect(at(...reference.slice('#/'.length).split('/')), reference).to.be.an('object');
  });
});
