import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { z } from 'zod';
import { CATALOGUE } from './catalogue.ts';
import { defineCommand, defineEvent, type MessageDefinition } from './define.ts';
import { envelopeSchema } from './envelope.ts';
import * as finance from './finance.ts';
import * as identity from './identity.ts';
import * as inventory from './inventory.ts';
import * as notification from './notification.ts';
import * as reissue from './reissue.ts';
import { isJsonObject } from './publishing/json.ts';
import { ownerOf } from './publishing/owner.ts';
import { planPublication, recordedExamples, type RecordedExample } from './publishing/publication.ts';
import { readRecorded } from './publishing/recorded-files.ts';
import * as sales from './sales.ts';
import * as trust from './trust.ts';

const recorded = readRecorded();
const definitions = new Map(CATALOGUE.map((definition) => [definition.type, definition]));

const definitionOf = ({ path, type }: RecordedExample): MessageDefinition => {
  const definition = definitions.get(type);
  if (definition === undefined) throw new Error(`${path} was recorded, and ${type} is not defined any more`);
  return definition;
};

/** As a newer producer might say it: one more field in every object. */
const withUnknownFields = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withUnknownFields);
  if (!isJsonObject(value)) return value;
  const fields = Object.entries(value).map(([name, field]) => [name, withUnknownFields(field)]);
  return { ...Object.fromEntries(fields), 'field-of-tomorrow': { nested: true } };
};

/** What a consumer gets to see of a message. */
const hear = (definition: MessageDefinition, message: unknown): unknown => {
  const envelope = envelopeSchema.parse(message);
  return { ...envelope, data: definition.data.parse(envelope.data) };
};

describe('catalogue', () => {
  it('PLA-43 names every message <owner>.<entity>.<verb>.v<n>, once', () => {
    expect([...definitions.keys()]).to.have.lengthOf(CATALOGUE.length);
    for (const { type } of CATALOGUE) expect(type).to.match(/^[a-z]+\.[a-z-]+\.[a-z-]+\.v[1-9][0-9]*$/);
  });

  it('docs/messages.md has every message, and no other', () => {
    const page = readFileSync(new URL('../../../docs/messages.md', import.meta.url), 'utf8');
    // `….thaw.v1` beside `sales.ticket.freeze.v1` is of the same owner and entity.
    let entity = '';
    const named = [...page.matchAll(/`(?:…|([a-z]+\.[a-z-]+))(\.[a-z-]+\.v\d+)`/g)].map(([, prefix, rest = '']) => {
      entity = prefix ?? entity;
      return `${entity}${rest}`;
    });
    expect(new Set(named)).to.deep.equal(new Set(definitions.keys()));
  });

  it('PLA-43 refuses a message whose name does not follow the rule', () => {
    const rest = { summary: 'A thing.', data: z.object({}), example: {} };
    const wrong = [
      'sales.order.placed',
      'sales.order.placed.v0',
      'sales.placed.v1',
      'Sales.order.placed.v1',
      'sales.order.placed.v1.x',
      'sales.order.placed_.v1',
      '',
    ];
    for (const type of wrong) {
      expect(() => defineEvent({ type, ...rest }), type).to.throw('naming rule');
      expect(() => defineCommand({ type, ...rest }), type).to.throw('naming rule');
    }
  });

  it('PLA-40 an event is said, and a command is heard, by the service that its type begins with', () => {
    const files = {
      identity: [identity, trust],
      inventory: [inventory],
      sales: [sales],
      finance: [finance],
      notification: [notification],
      reissue: [reissue],
    };
    const owners = new Map(
      Object.entries(files).flatMap(([owner, modules]) =>
        modules.flatMap((module) => Object.values<unknown>(module)).map((value) => [value, owner] as const),
      ),
    );
    for (const definition of CATALOGUE) expect(owners.get(definition), definition.type).to.equal(ownerOf(definition));
  });

  it('PLA-44 no message goes without id, type, source, subject, time, tenant, correlation and cause', () => {
    const [example] = recordedExamples(recorded);
    const envelope = envelopeSchema.parse(JSON.parse(example?.text ?? '{}'));
    for (const name of ['id', 'type', 'source', 'subject', 'time', 'tenantid', 'correlationid', 'causationid'])
      expect(envelopeSchema.safeParse({ ...envelope, [name]: undefined }).success, name).to.equal(false);
    expect(envelope.traceparent).to.match(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
  });

  it('PLA-43 nothing that was published breaks', () => {
    expect(planPublication(CATALOGUE, recorded).refusals).to.deep.equal([]);
  });

  it('PLA-43 the recorded files are up to date (else: npm run generate)', () => {
    const { writes } = planPublication(CATALOGUE, recorded);
    expect([...writes.keys()], 'run `npm run generate` and commit these').to.deep.equal([]);
  });
});

describe('recorded examples', () => {
  for (const example of recordedExamples(recorded)) {
    it(`PLA-43 ${example.path} is still understood, also when a newer producer says more`, () => {
      const definition = definitionOf(example);
      const message: unknown = JSON.parse(example.text);
      const heard = hear(definition, message);
      expect(heard).to.have.property('type', example.type);
      expect(hear(definition, withUnknownFields(message))).to.deep.equal(heard);
    });
  }
});
