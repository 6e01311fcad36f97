// Makes the test vectors: tickets signed by the platform's own signer with a key that is published here, and so is worth nothing
// anywhere else. Every case says what a gate must answer; a gate of another make can be measured by the same file.
import { createHmac, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import {
  formatId,
  PLATFORM_TENANT,
  ticketNumberOf,
  type SiteId,
  type TicketNumber,
  type TicketPayload,
} from '@tongpiao/kernel';
import { signTicket } from '@tongpiao/service-shell';
import type { Kind, ManifestPage, TicketRow } from '../src/manifest.ts';
import type { Case, Step, Vectors } from '../src/run-vectors.ts';

const SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const OTHER_SEED = '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb';
const PKCS8_OF_ED25519 = '302e020100300506032b657004220420';

const keyOf = (seed: string): KeyObject =>
  createPrivateKey({ key: Buffer.from(PKCS8_OF_ED25519 + seed, 'hex'), format: 'der', type: 'pkcs8' });
const key = keyOf(SEED);
const KID = 'TEST2026';
const publicKeyPem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();

const bytes = (fill: number): Uint8Array => new Uint8Array(12).fill(fill);
const tenantId = formatId<'Tenant'>('ten', PLATFORM_TENANT, bytes(0xa7));
const foreignTenantId = formatId<'Tenant'>('ten', PLATFORM_TENANT, bytes(0x11));
const site = (fill: number, of = tenantId): SiteId => formatId<'Site'>('sit', of, bytes(fill));
const siteId = site(1);
const gateId = formatId<'Gate'>('gat', tenantId, bytes(2));
const otherGateId = formatId<'Gate'>('gat', tenantId, bytes(3));

const at = (time: string): string => `2026-12-02T${time}+08:00`;
const seconds = (text: string): number => Date.parse(text) / 1_000;

const KIND: Kind = {
  date: '2026-12-02',
  validFrom: at('08:30:00'),
  validUntil: at('11:00:00'),
  entries: 1,
  admits: 1,
  realName: false,
  showAtGate: [],
  product: { zh: '门票', en: 'Admission' },
  ticketType: { zh: '成人票', en: 'Adult' },
};

let made = 0;
function newNumber(of = tenantId): TicketNumber {
  made += 1;
  return ticketNumberOf(
    of,
    Uint8Array.from({ length: 12 }, (_, index) => (made * 37 + index * 11) % 256),
  );
}

function payload(number: TicketNumber, change: Partial<TicketPayload> = {}): TicketPayload {
  const { tenantId: of = tenantId } = change;
  return {
    v: 1,
    tenantId: of,
    siteIds: [site(1, of)],
    number,
    revision: 1,
    rightId: formatId('rgt', of, bytes(4)),
    sessionId: formatId('ses', of, bytes(5)),
    productId: formatId('prd', of, bytes(6)),
    ticketTypeId: formatId('tty', of, bytes(7)),
    validFromEpochSeconds: seconds(KIND.validFrom),
    validUntilEpochSeconds: seconds(KIND.validUntil),
    entries: 1,
    realName: false,
    ...change,
  };
}
const signed = (number: TicketNumber, change: Partial<TicketPayload> = {}): string =>
  signTicket(payload(number, change), key, KID);

function page(change: Partial<ManifestPage> = {}): ManifestPage {
  return {
    tenantId,
    siteId,
    gateId,
    date: KIND.date,
    timeZone: 'Asia/Shanghai',
    serverTime: at('08:00:00'),
    begins: true,
    more: false,
    cursor: 'cursor',
    light: 'green',
    policy: { scansPerUploadMax: 500, lightValidMinutes: 15, listStaleMinutes: 60 },
    keys: [{ kid: KID, publicKeyPem }],
    kinds: [KIND],
    tickets: [],
    revocations: [],
    ...change,
  };
}

const NINE = at('09:00:00');
const step = (shown: Step['shown'], expect: Step['expect'], more: Partial<Step> = {}): Step => ({
  at: NINE,
  shown,
  expect,
  ...more,
});
const admitted = (more: Step['expect'] = {}): Step['expect'] => ({ admitted: true, ...more });
const refused = (reason: string, more: Step['expect'] = {}): Step['expect'] => ({ admitted: false, reason, ...more });

type Wish = { readonly kind?: Partial<Kind>; readonly page?: Partial<ManifestPage>; readonly row?: TicketRow };

/** A ticket that is on the list, and what happens when it is shown. */
function listed(title: string, wish: Wish, steps: (qr: string, number: TicketNumber) => readonly Step[]): Case {
  const number = newNumber();
  const kinds = [{ ...KIND, ...wish.kind }];
  const [{ entries, validFrom, validUntil }] = kinds as [Kind];
  const qr = signed(number, {
    entries,
    validFromEpochSeconds: seconds(validFrom),
    validUntilEpochSeconds: seconds(validUntil),
  });
  const tickets: readonly TicketRow[] = [wish.row ?? [number, 1, 0]];
  const spelled = tickets.map((row): TicketRow => [number, ...row.slice(1)] as unknown as TicketRow);
  return { title, gateId, pages: [page({ kinds, tickets: spelled, ...wish.page })], steps: steps(qr, number) };
}

/** A code that no list has. */
function unlisted(
  title: string,
  steps: (number: TicketNumber) => readonly Step[],
  more: Partial<ManifestPage> = {},
): Case {
  return { title, gateId, pages: [page(more)], steps: steps(newNumber()) };
}

function revoked(title: string, reason: ManifestPage['revocations'][number][2]): Case {
  const number = newNumber();
  return {
    title,
    gateId,
    pages: [page({ revocations: [[number, 1, reason]] })],
    steps: [step({ qr: signed(number) }, refused(reason)), step({ ticketNumber: number }, refused(reason))],
  };
}

/** The lowest bit of one character of the payload. */
function oneBitChanged(qr: string): string {
  const index = qr.lastIndexOf('.') - 3;
  return qr.slice(0, index) + String.fromCharCode(qr.charCodeAt(index) ^ 1) + qr.slice(index + 1);
}

const VALID: readonly Case[] = [
  listed('valid, once', {}, (qr) => [
    step({ qr }, admitted({ people: 1, peopleLeft: 0, listed: true })),
    step({ qr }, refused('already-used')),
  ]),
  listed('valid, by its number as people type it', {}, (_, number) => [
    step(
      {
        ticketNumber: number
          .toLowerCase()
          .replace(/0/g, 'o')
          .replace(/(.{4})(?=.)/g, '$1 '),
      },
      admitted(),
    ),
    step({ ticketNumber: number }, refused('already-used')),
  ]),
  listed('valid from its first to its last moment', { kind: { entries: 2 } }, (qr) => [
    step({ qr }, refused('too-early'), { at: at('08:29:59.999') }),
    step({ qr }, admitted(), { at: KIND.validFrom }),
    step({ qr }, admitted(), { at: KIND.validUntil }),
  ]),
  listed(
    'valid after midnight',
    { kind: { validFrom: at('22:00:00'), validUntil: '2026-12-03T01:00:00+08:00' } },
    (qr) => [step({ qr }, admitted(), { at: '2026-12-03T00:30:00+08:00' })],
  ),
  unlisted('sold after the last sync: its code is enough', (number) => [
    step({ qr: signed(number) }, admitted({ listed: false })),
    step({ qr: signed(number) }, refused('already-used')),
  ]),
  listed('named: the document is to be looked at', { kind: { realName: true, showAtGate: ['student'] } }, (qr) => [
    step({ qr }, admitted({ realName: true, showAtGate: ['student'] })),
  ]),
];

const TIMES: readonly Case[] = [
  listed('not yet', {}, (qr) => [step({ qr }, refused('too-early'), { at: at('08:00:00') })]),
  listed('expired', {}, (qr) => [step({ qr }, refused('too-late'), { at: at('11:00:01') })]),
  listed('another day', {}, (qr) => [step({ qr }, refused('wrong-day'), { at: '2026-12-03T09:00:00+08:00' })]),
  unlisted('another day, not listed', (number) => [
    step({ qr: signed(number) }, refused('wrong-day'), { at: '2026-12-04T09:00:00+08:00' }),
  ]),
];

const PLACES: readonly Case[] = [
  unlisted('wrong site', (number) => [step({ qr: signed(number, { siteIds: [site(9)] }) }, refused('wrong-site'))]),
  listed('wrong gate', { kind: { gateIds: [otherGateId] } }, (qr) => [step({ qr }, refused('wrong-gate'))]),
  listed('one of its gates', { kind: { gateIds: [otherGateId, gateId] } }, (qr) => [step({ qr }, admitted())]),
  unlisted('a ticket of another tenant', () => [
    step({ qr: signed(newNumber(foreignTenantId), { tenantId: foreignTenantId }) }, refused('unknown')),
  ]),
  listed(
    'the site is full; a red light that is too old says nothing',
    { page: { light: 'red', serverTime: at('08:46:00') } },
    (qr) => [step({ qr }, refused('capacity')), step({ qr }, admitted(), { at: at('09:01:01') })],
  ),
];

const DEAD: readonly Case[] = [
  revoked('revoked: refunded', 'refunded'),
  revoked('revoked: exchanged', 'exchanged'),
  revoked('revoked: void', 'voided'),
  revoked('revoked: frozen', 'frozen'),
  revoked('revoked: expired', 'expired'),
  revoked('revoked: its session was cancelled', 'session-cancelled'),
  listed('superseded: an older code of a number that was issued again', { row: ['', 2, 0] }, (qr) => [
    step({ qr }, refused('superseded')),
  ]),
  ((): Case => {
    const number = newNumber();
    return {
      title: 'frozen, and living again with a later page',
      gateId,
      pages: [page({ revocations: [[number, 1, 'frozen']] }), page({ begins: false, tickets: [[number, 1, 0]] })],
      steps: [step({ qr: signed(number) }, admitted())],
    };
  })(),
  ((): Case => {
    const number = newNumber();
    return {
      title: 'on the list, and refunded with a later page',
      gateId,
      pages: [
        page({ tickets: [[number, 1, 0]] }),
        page({ begins: false, kinds: [], revocations: [[number, 1, 'refunded']] }),
      ],
      steps: [step({ qr: signed(number) }, refused('refunded'))],
    };
  })(),
];

const FORGED: readonly Case[] = [
  unlisted('forged: signed with another key under a known name', (number) => [
    step(
      { qr: signTicket(payload(number), keyOf(OTHER_SEED), KID) },
      refused('forged', { because: 'wrong-signature' }),
    ),
  ]),
  unlisted('forged: one bit is another', (number) => [
    step({ qr: oneBitChanged(signed(number)) }, refused('forged', { because: 'wrong-signature' })),
  ]),
  unlisted('forged: a key that nobody published', (number) => [
    step({ qr: signTicket(payload(number), key, 'OTHERKEY') }, refused('forged', { because: 'unknown-key' })),
  ]),
  unlisted('malformed', (number) => [
    step({ qr: 'https://example.com/pay' }, refused('forged', { because: 'malformed' })),
    step({ qr: signed(number).slice(0, -1) }, refused('forged', { because: 'malformed' })),
    step({ qr: `${signed(number).slice(0, -1)}1` }, refused('forged', { because: 'malformed' })),
    step({ qr: signed(number).toLowerCase() }, refused('forged', { because: 'malformed' })),
    step({ qr: '' }, refused('forged', { because: 'malformed' })),
  ]),
  unlisted('numbers that lead nowhere', (number) => [
    step({ ticketNumber: number }, refused('unknown')),
    step({ ticketNumber: number.slice(0, -1) + (number.endsWith('2') ? '3' : '2') }, refused('unknown')),
    step({ ticketNumber: '' }, refused('unknown')),
  ]),
];

const COUNTS: readonly Case[] = [
  listed('several entries, until they are used up', { kind: { entries: 3 } }, (qr) => [
    step({ qr }, admitted({ peopleLeft: 2 })),
    step({ qr }, admitted({ peopleLeft: 1 })),
    step({ qr }, admitted({ peopleLeft: 0 })),
    step({ qr }, refused('already-used')),
  ]),
  listed(
    'several entries, most of them used elsewhere',
    { kind: { entries: 3 }, row: ['', 1, 0, 2, 1, otherGateId] },
    (qr) => [step({ qr }, admitted({ peopleLeft: 0 })), step({ qr }, refused('already-used'))],
  ),
  listed('used at another gate before the sync', { row: ['', 1, 0, 1, seconds(at('08:40:00')), otherGateId] }, (qr) => [
    step({ qr }, refused('already-used', { lastUse: { atMs: Date.parse(at('08:40:00')), gateId: otherGateId } })),
  ]),
  listed('a pause between entries', { kind: { entries: 2, minutesBetweenEntries: 30 } }, (qr) => [
    step({ qr }, admitted()),
    step({ qr }, refused('too-soon-again'), { at: at('09:29:59') }),
    step({ qr }, admitted(), { at: at('09:30:00') }),
  ]),
  listed('a group that comes in two parts', { kind: { admits: 30 } }, (qr) => [
    step({ qr }, admitted({ people: 20, peopleLeft: 10 }), { people: 20 }),
    step({ qr }, refused('too-many-people', { peopleLeft: 10 }), { people: 11 }),
    step({ qr }, admitted({ people: 10, peopleLeft: 0 })),
    step({ qr }, refused('already-used'), { people: 1 }),
  ]),
  unlisted('people of an entry are not in the code: one at a time', (number) => [
    step({ qr: signed(number) }, refused('too-many-people', { peopleLeft: 1 }), { people: 2 }),
    step({ qr: signed(number) }, admitted({ people: 1 })),
  ]),
];

const DOCUMENT_KEYS = {
  '2026-12-01': Buffer.alloc(32, 0xd1).toString('base64url'),
  '2026-12-02': Buffer.alloc(32, 0xd2).toString('base64url'),
};
type Day = keyof typeof DOCUMENT_KEYS;
const tagOf = (document: string, day: Day = '2026-12-02'): string =>
  createHmac('sha256', Buffer.from(DOCUMENT_KEYS[day], 'base64url'))
    .update(document)
    .digest()
    .subarray(0, 3)
    .toString('base64url');
const CARD = { idType: 'id_card', idNumber: '11010519491231002X' } as const;

/** Tickets of people whose documents the platform knows, each with its kind. */
function named(
  title: string,
  wishes: readonly (Partial<Kind> & { readonly document?: string; readonly day?: Day })[],
  steps: (numbers: readonly TicketNumber[]) => readonly Step[],
  later: (numbers: readonly TicketNumber[]) => readonly ManifestPage[] = () => [],
): Case {
  const numbers = wishes.map(() => newNumber());
  const kinds = wishes.map(({ document: _document, day = '2026-12-02', ...kind }) => ({
    ...KIND,
    realName: true,
    ...kind,
    date: day,
  }));
  const first = page({
    kinds,
    tickets: numbers.map((number, index) => [number, 1, index]),
    documentKeys: DOCUMENT_KEYS,
    documentTags: wishes.map(({ document = `id_card:${CARD.idNumber}`, day }) => tagOf(document, day)),
  });
  return { title, gateId, pages: [first, ...later(numbers)], steps: steps(numbers) };
}

const DOCUMENTS: readonly Case[] = [
  named('found by the document of its traveller, once', [{}, { document: 'passport:E12345678' }], ([first]) => [
    step(CARD, admitted({ number: first, realName: true })),
    step(CARD, refused('already-used')),
    step({ idType: 'id_card', idNumber: '110105 19491231 002x' }, refused('already-used')),
    step({ idType: 'passport', idNumber: 'ｅ12345678' }, admitted()),
  ]),
  named('brackets of a Taiwan permit are ornament', [{ document: 'taiwan_permit:0012345601B' }], () => [
    step({ idType: 'taiwan_permit', idNumber: '0012345601（b）' }, admitted()),
  ]),
  named('the same number of another kind of document is another document', [{}], () => [
    step({ ...CARD, idType: 'passport' }, refused('unknown')),
    step({ idType: 'id_card', idNumber: '110105194912310021' }, refused('unknown')),
    step({ idType: 'id_card', idNumber: '' }, refused('unknown')),
  ]),
  named(
    'of several tickets of a person the one that opens now',
    [{ validFrom: at('12:00:00'), validUntil: at('14:00:00') }, {}],
    ([, second]) => [
      step(CARD, admitted({ number: second })),
      step(CARD, refused('too-early'), { at: at('11:30:00') }),
      step(CARD, admitted(), { at: at('12:30:00') }),
    ],
  ),
  named(
    'of yesterday’s night, with the key of its day',
    [{ day: '2026-12-01', validFrom: '2026-12-01T22:00:00+08:00', validUntil: at('09:30:00') }],
    () => [step(CARD, admitted())],
  ),
  named(
    'found, and refunded meanwhile',
    [{}],
    () => [step(CARD, refused('refunded'))],
    ([number = newNumber()]) => [
      page({ begins: false, kinds: [], revocations: [[number, 1, 'refunded']], documentKeys: DOCUMENT_KEYS }),
    ],
  ),
  named('a document shown with a ticket is its traveller’s, or opens nothing', [{}], ([ticketNumber = newNumber()]) => [
    step({ ticketNumber, idType: 'passport', idNumber: 'E12345678' }, refused('wrong-person')),
    step({ qr: signed(ticketNumber), ...CARD, idNumber: '440524188001010014' }, refused('wrong-person')),
    step({ qr: signed(ticketNumber), ...CARD }, refused('too-early'), { at: at('08:00:00') }),
    step({ qr: signed(ticketNumber), ...CARD }, admitted()),
  ]),
  unlisted('a document shown with a code that is not listed is not compared', (number) => [
    step({ qr: signed(number), ...CARD }, admitted({ listed: false })),
  ]),
  listed('a document shown with a ticket without a name is not compared', {}, (qr) => [
    step({ qr, ...CARD }, admitted()),
  ]),
  unlisted('a document where the list knows none', () => [step(CARD, refused('unknown'))]),
];

export function makeVectors(): Vectors {
  return {
    about: `Tickets signed with the Ed25519 seed ${SEED}, which is published and worth nothing. Learn the pages at their serverTime, then scan step by step.`,
    cases: [...VALID, ...TIMES, ...PLACES, ...DEAD, ...FORGED, ...COUNTS, ...DOCUMENTS],
  };
}
