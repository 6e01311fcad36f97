import { expect } from 'chai';
import { z } from 'zod';
import { breakingChanges } from './schema-changes.ts';
import { wireSchema } from './wire-schema.ts';

const line = z.object({ sessionId: z.string(), quantity: z.int().min(1).max(500), note: z.string().optional() });
const before = z.object({
  status: z.enum(['open', 'closed']),
  name: z.string().max(200),
  lines: z.array(line).max(20),
});

const changes = (was: z.ZodType, is: z.ZodType): readonly string[] =>
  breakingChanges('thing', wireSchema(was, 'draft-2020-12'), wireSchema(is, 'draft-2020-12'));

describe('changes of a schema within a version', () => {
  it('PLA-43 allows what changes nothing for anybody', () => {
    expect(changes(before, before)).to.deep.equal([]);
    expect(changes(before, before.extend({ name: z.string().max(200).describe('As printed.') }))).to.deep.equal([]);
    expect(changes(before, before.extend({ status: z.enum(['closed', 'open']) }))).to.deep.equal([]);
  });

  it('PLA-43 allows an optional field, at the top and deep inside', () => {
    const deep = line.extend({ seat: z.object({ row: z.int() }).optional() });
    expect(changes(before, before.extend({ hint: z.string().optional() }))).to.deep.equal([]);
    expect(changes(before, before.extend({ lines: z.array(deep).max(20) }))).to.deep.equal([]);
  });

  it('PLA-43 refuses a field that is gone, at the top and deep inside', () => {
    expect(changes(before, before.omit({ name: true }))).to.deep.equal(['thing.name is gone']);
    expect(changes(before, before.extend({ lines: z.array(line.omit({ note: true })).max(20) }))).to.deep.equal([
      'thing.lines[].note is gone',
    ]);
  });

  it('PLA-43 refuses a new field that is required', () => {
    expect(changes(before, before.extend({ hint: z.string() }))).to.deep.equal(['thing.hint is new and required']);
  });

  it('PLA-43 refuses that an optional field becomes required, or a required one optional', () => {
    const wanted = before.extend({ lines: z.array(line.required({ note: true })).max(20) });
    expect(changes(before, wanted)).to.deep.equal(['thing.lines[].note was optional, is required']);
    expect(changes(before, before.partial({ name: true }))).to.deep.equal(['thing.name was required, is optional']);
  });

  it('PLA-43 refuses another type', () => {
    expect(changes(before, before.extend({ name: z.boolean() }))).to.include(
      'thing.name: type was "string", is "boolean"',
    );
  });

  it('PLA-43 refuses a choice that narrows, and one that older consumers do not know', () => {
    expect(changes(before, before.extend({ status: z.enum(['open']) }))).to.deep.equal([
      'thing.status no longer takes "closed"',
    ]);
    expect(changes(before, before.extend({ status: z.enum(['open', 'closed', 'full']) }))).to.deep.equal([
      'thing.status now takes "full", which older consumers refuse',
    ]);
  });

  it('PLA-43 refuses bounds that move', () => {
    expect(changes(before, before.extend({ name: z.string().max(100) }))).to.deep.equal([
      'thing.name: maxLength was 200, is 100',
    ]);
    expect(changes(before, before.extend({ name: z.string() }))).to.deep.equal([
      'thing.name: maxLength was 200, is not set',
    ]);
    expect(changes(before, before.extend({ name: z.string().max(200).regex(/^a/) }))).to.deep.equal([
      'thing.name: pattern was not set, is "^a"',
    ]);
  });

  it('PLA-43 refuses an object that begins to refuse unknown fields', () => {
    const closed = z.strictObject(before.shape);
    expect(changes(before, closed)).to.deep.equal(['thing: additionalProperties was not set, is false']);
  });

  it('PLA-43 compares alternatives one by one', () => {
    const paid = z.object({ status: z.literal('paid'), amount: z.int() });
    const open = z.object({ status: z.literal('open') });
    const union = z.discriminatedUnion('status', [paid, open]);
    expect(changes(union, z.discriminatedUnion('status', [paid.omit({ amount: true }), open]))).to.deep.equal([
      'thing(oneOf)[0].amount is gone',
    ]);
    expect(changes(union, z.discriminatedUnion('status', [paid]))).to.deep.equal(['thing(oneOf) had 2 forms, has 1']);
  });
});
