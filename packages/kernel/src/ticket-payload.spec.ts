import { expect } from 'chai';
import fc from 'fast-check';
import { formatId, PLATFORM_TENANT, type Id, type TenantId } from './ids.ts';
import { ticketNumberOf } from './ticket-number.ts';
import {
  decodeTicketPayload,
  encodeTicketPayload,
  MAX_TICKET_PAYLOAD_LENGTH,
  TICKET_ID_PREFIXES,
  type TicketPayload,
} from './ticket-payload.ts';

const bytes = (fill: number) => new Uint8Array(12).fill(fill);
const tenantId = formatId<'Tenant'>('ten', PLATFORM_TENANT, bytes(0xa7));
const id = <Name extends string>(prefix: string, fill = 0xff) => formatId<Name>(prefix, tenantId, bytes(fill));

const payload: TicketPayload = {
  v: 1,
  tenantId,
  siteIds: [id('site')],
  number: ticketNumberOf(tenantId, bytes(0x5a)),
  revision: 2,
  rightId: id('rgt'),
  sessionId: id('ses'),
  productId: id('prd'),
  ticketTypeId: id('tty'),
  validFromEpochSeconds: 1_790_000_000,
  validUntilEpochSeconds: 1_790_086_400,
  entries: 1,
  realName: true,
};

const someId = <Name extends string>(prefix: string) =>
  fc
    .oneof(
      fc.uint8Array({ minLength: 10, maxLength: 12 }).map((seed) => formatId<Name>(prefix, tenantId, seed)),
      fc.uint8Array({ minLength: 10, maxLength: 12 }).map((seed) => formatId<Name>('x', tenantId, seed)),
      fc.stringMatching(/^[0-9a-z_-]{1,14}$/),
    )
    .map((text) => text as Id<Name>);

const anyPayload: fc.Arbitrary<TicketPayload> = fc
  .record({
    siteIds: fc.array(someId<'Site'>('site'), { maxLength: 2 }),
    seed: fc.uint8Array({ minLength: 8, maxLength: 8 }),
    revision: fc.integer({ min: 1, max: 999 }),
    rightId: someId<'Right'>('rgt'),
    sessionId: fc.option(someId<'Session'>('ses'), { nil: undefined }),
    productId: someId<'Product'>('prd'),
    ticketTypeId: someId<'TicketType'>('tty'),
    from: fc.integer({ min: 0, max: 2_000_000_000 }),
    duration: fc.integer({ min: 0, max: 100_000_000 }),
    entries: fc.integer({ min: 1, max: 9_999 }),
    realName: fc.boolean(),
  })
  .map(({ seed, from, duration, sessionId, ...rest }) => ({
    v: 1,
    tenantId,
    number: ticketNumberOf(tenantId, seed),
    validFromEpochSeconds: from,
    validUntilEpochSeconds: from + duration,
    ...(sessionId === undefined ? {} : { sessionId }),
    ...rest,
  }));

describe('ticket payload', () => {
  it('SAL-30 reads back what it wrote', () => {
    fc.assert(
      fc.property(anyPayload, (any) => {
        expect(decodeTicketPayload(encodeTicketPayload(any))).to.deep.equal(any);
      }),
    );
    const platform: TicketPayload = {
      ...payload,
      tenantId: PLATFORM_TENANT,
      number: ticketNumberOf(PLATFORM_TENANT, bytes(1)),
    };
    expect(decodeTicketPayload(encodeTicketPayload(platform))).to.deep.equal(platform);
  });

  it('SAL-30 stays small enough for QR version 10 at level M, in its alphanumeric characters', () => {
    const one = encodeTicketPayload(payload);
    const two = encodeTicketPayload({
      ...payload,
      siteIds: [id('site'), id('site', 1)],
      entries: 9_999,
      revision: 999,
    });
    const otherPrefixes = encodeTicketPayload({
      ...payload,
      siteIds: [id('place')],
      rightId: id('right'),
      sessionId: id('sess'),
      productId: id('prod'),
      ticketTypeId: id('type'),
    });
    expect([one.length, two.length, otherPrefixes.length]).to.deep.equal([159, 183, 186]);
    for (const text of [one, two, otherPrefixes]) expect(text).to.match(/^[0-9A-Z$%*+./:-]+$/);
    expect(MAX_TICKET_PAYLOAD_LENGTH).to.be.at.least(186);
  });

  it('SAL-30 names nobody: the same ticket for another traveller has the same fields', () => {
    expect(Object.keys(payload).sort()).to.deep.equal([
      'entries',
      'number',
      'productId',
      'realName',
      'revision',
      'rightId',
      'sessionId',
      'siteIds',
      'tenantId',
      'ticketTypeId',
      'v',
      'validFromEpochSeconds',
      'validUntilEpochSeconds',
    ]);
  });

  const refused: readonly [string, Partial<TicketPayload>][] = [
    ['a number of another tenant', { number: ticketNumberOf('ten_00zz' as TenantId, bytes(1)) }],
    ['three sites', { siteIds: [id('site'), id('site', 1), id('site', 2)] }],
    ['revision 0', { revision: 0 }],
    ['no entries', { entries: 0 }],
    ['an end before the beginning', { validUntilEpochSeconds: payload.validFromEpochSeconds - 1 }],
    ['milliseconds for seconds', { validUntilEpochSeconds: 1_790_086_400_000 }],
    ['an id with capitals', { productId: 'prd_ABC' as TicketPayload['productId'] }],
    ['an endless id', { productId: `prd_${'a'.repeat(80)}` as TicketPayload['productId'] }],
  ];
  for (const [what, change] of refused) {
    it(`SAL-30 refuses to write ${what}`, () => {
      expect(() => encodeTicketPayload({ ...payload, ...change })).to.throw(RangeError);
    });
  }

  it('SAL-30 never throws on reading, and accepts one spelling only', () => {
    const written = encodeTicketPayload(payload);
    const characters = fc.constantFrom(...Array.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ$*:/-ab._ é'));
    fc.assert(
      fc.property(
        fc.nat({ max: written.length - 1 }),
        fc.integer({ min: 0, max: 2 }),
        characters,
        (at, drop, other) => {
          const changed = written.slice(0, at) + other + written.slice(at + drop);
          const read = decodeTicketPayload(changed);
          if (read !== undefined) expect(encodeTicketPayload(read)).to.equal(changed);
        },
      ),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc
            .array(fc.string({ unit: characters, maxLength: 14 }), { minLength: 12, maxLength: 12 })
            .map((parts) => parts.join('*')),
        ),
        (text) => {
          decodeTicketPayload(text);
        },
      ),
    );
    for (const text of ['', '*'.repeat(11), `${written}*`, written.toLowerCase(), `0${written}`.repeat(3)])
      expect(decodeTicketPayload(text)).to.equal(undefined);
  });

  it('SAL-30 leaves out the prefixes that the platform uses', () => {
    expect(encodeTicketPayload(payload)).to.not.include(':');
    expect(Object.values(TICKET_ID_PREFIXES)).to.deep.equal(['ten', 'site', 'rgt', 'ses', 'prd', 'tty']);
  });
});
