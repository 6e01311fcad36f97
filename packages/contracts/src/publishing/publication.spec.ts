import { expect } from 'chai';
import { z } from 'zod';
import { defineEvent, type MessageDefinition } from '../define.ts';
import { planPublication, recordedExamples, type Files } from './publication.ts';

const data = z.object({ holdId: z.string(), places: z.int().optional() });
const granted = (changes: Partial<MessageDefinition> = {}): MessageDefinition => ({
  ...defineEvent({ type: 'inventory.hold.granted.v1', summary: 'Granted.', data, example: { holdId: 'one' } }),
  ...changes,
});

const publish = (catalogue: readonly MessageDefinition[], recorded: Files = new Map()): Files => {
  const { writes, refusals } = planPublication(catalogue, recorded);
  expect(refusals).to.deep.equal([]);
  return new Map([...recorded, ...writes]);
};

describe('publication', () => {
  it('PLA-43 records the example, the schemas and the AsyncAPI document of a new message', () => {
    expect([...publish([granted()]).keys()].sort()).to.deep.equal([
      'examples/inventory.hold.granted.v1.json',
      'generated/asyncapi.json',
      'generated/schemas/envelope.json',
      'generated/schemas/inventory.hold.granted.v1.json',
    ]);
  });

  it('PLA-43 has nothing to write a second time', () => {
    expect([...planPublication([granted()], publish([granted()])).writes.keys()]).to.deep.equal([]);
  });

  it('PLA-43 records a changed example under the next number and leaves the old ones alone', () => {
    const one = publish([granted()]);
    const two = publish([granted({ example: { holdId: 'two' } })], one);
    const three = publish([granted({ example: { holdId: 'three', places: 2 } })], two);
    expect(recordedExamples(three).map(({ path, number }) => [path, number])).to.deep.equal([
      ['examples/inventory.hold.granted.v1.json', 1],
      ['examples/inventory.hold.granted.v1.2.json', 2],
      ['examples/inventory.hold.granted.v1.3.json', 3],
    ]);
    for (const [path, text] of one) if (path.startsWith('examples/')) expect(three.get(path)).to.equal(text);
    expect(
      [...planPublication([granted()], three).writes.keys()].filter((path) => path.startsWith('examples/')),
    ).to.deep.equal([]);
  });

  it('PLA-43 writes an optional field into the schema', () => {
    const published = publish([granted()]);
    const wider = publish([granted({ data: data.extend({ hint: z.string().optional() }) })], published);
    expect(wider.get('generated/schemas/inventory.hold.granted.v1.json')).to.include('hint');
  });

  it('PLA-43 refuses what would break a published message', () => {
    const narrowed = granted({ data: z.object({ holdId: z.string() }) });
    expect(planPublication([narrowed], publish([granted()])).refusals).to.deep.equal([
      'inventory.hold.granted.v1.places is gone; within a version only optional fields may be added',
    ]);
  });

  it('PLA-43 refuses a published message without a definition', () => {
    const next = granted({ type: 'inventory.hold.granted.v2' });
    expect(planPublication([next], publish([granted()])).refusals).to.deep.equal([
      'inventory.hold.granted.v1 was published and is not defined any more',
    ]);
  });

  it('PLA-43 refuses an example that does not fit', () => {
    const [refusal] = planPublication([granted({ example: { holdId: 1 } })], new Map()).refusals;
    expect(refusal).to.match(/^inventory\.hold\.granted\.v1: its example does not fit its schema \(holdId: /);
  });
});
