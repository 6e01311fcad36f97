// What the QR code of a ticket says, as text: everything that a gate needs to judge it without the network, and nothing about the
// person. Signing is not done here; see the shell's ticket token.
//
// The text uses only the 45 characters of a QR code's alphanumeric mode, where a character costs 5.5 bits instead of 8. With the
// version, a key id of 8, the signature in base 32 and one site, a token has about 275 characters; two sites make about 300. That is
// QR version 10 at level M (up to 311 characters), which a phone screen or an 80 mm slip shows large enough for cheap scanners.
// The same token in base64url would need byte mode and version 12.
import {
  shardOf,
  type Id,
  type ProductId,
  type RightId,
  type SessionId,
  type SiteId,
  type TenantId,
  type TicketTypeId,
} from './ids.ts';
import { parseTicketNumber, ticketShardOf, type TicketNumber } from './ticket-number.ts';

export type TicketPayload = {
  readonly v: 1;
  readonly tenantId: TenantId;
  /** Where it opens, at most two. None: wherever the gate's own manifest admits the product. */
  readonly siteIds: readonly SiteId[];
  readonly number: TicketNumber;
  /** Of the stub (票根), from 1; a gate that knows a later one refuses this one as superseded. */
  readonly revision: number;
  readonly rightId: RightId;
  /** Absent for tickets without a session, such as annual cards. */
  readonly sessionId?: SessionId;
  readonly productId: ProductId;
  readonly ticketTypeId: TicketTypeId;
  /** Epoch seconds, included. */
  readonly validFromEpochSeconds: number;
  /** Epoch seconds, excluded. */
  readonly validUntilEpochSeconds: number;
  /** How many times it opens a gate, 1 … 9,999 (an annual card's days). */
  readonly entries: number;
  /** 实名制: the gate asks for the document. */
  readonly realName: boolean;
};

/** Alphanumeric capacity of QR version 10 at error correction level M. Source: ISO/IEC 18004, table of capacities. */
export const MAX_TICKET_TOKEN_LENGTH = 311;
/** What the longest key id (12), the version, the signature (103) and three dots leave of it. */
export const MAX_TICKET_PAYLOAD_LENGTH = 190;
export const MAX_SITES_IN_TICKET = 2;
const MAX_ENTRIES = 9_999;
/** The year 2100 or so; more is a mistake of units (ms for s). */
const MAX_EPOCH_SECONDS = 4_200_000_000;

/** Prefixes that need not be written in the code. Ids with other prefixes work and take a few characters more. */
export const TICKET_ID_PREFIXES = {
  tenant: 'ten',
  site: 'site',
  right: 'rgt',
  session: 'ses',
  product: 'prd',
  ticketType: 'tty',
} as const;

const SEPARATOR = '*';
const SITE_SEPARATOR = '$';

/**
 * Three spellings: `REST` when prefix and shard are the expected ones, `PREFIX:REST` when only the shard is, `/PREFIX:REST` for any
 * other id of lower-case letters, digits, `_` (written `:`) and `-`.
 * @throws RangeError when the id holds other characters
 */
function writeId(id: string, prefix: string, shard: string): string {
  const match = /^([a-z]+)_([0-9a-z]+)$/.exec(id);
  const [idPrefix, rest] = [match?.[1], match?.[2]];
  if (idPrefix !== undefined && rest !== undefined && rest.startsWith(shard) && rest.length > shard.length) {
    const short = rest.slice(shard.length).toUpperCase();
    return idPrefix === prefix ? short : `${idPrefix.toUpperCase()}:${short}`;
  }
  if (!/^[0-9a-z_-]+$/.test(id)) throw new RangeError('an id in a ticket has lower-case letters, digits, _ and - only');
  return `/${id.toUpperCase().replaceAll('_', ':')}`;
}

/** The inverse of `writeId`; the text has passed `PAYLOAD_PATTERN`, and re-encoding proves the rest. */
function readId<Name extends string>(text: string, prefix: string, shard: string): Id<Name> {
  const lower = text.toLowerCase();
  if (lower.startsWith('/')) return lower.slice(1).replaceAll(':', '_') as Id<Name>;
  const [before, after] = lower.split(':', 2);
  return (after === undefined ? `${prefix}_${shard}${lower}` : `${before ?? ''}_${shard}${after}`) as Id<Name>;
}

const writeNumber = (value: number) => value.toString(36).toUpperCase();
const readNumber = (text: string) => (/^[0-9A-Z]{1,8}$/.test(text) ? Number.parseInt(text, 36) : NaN);

const isWhole = (value: number, min: number, max: number) =>
  Number.isSafeInteger(value) && value >= min && value <= max;

/** Why a payload cannot be written, or undefined. */
function faultOf(payload: TicketPayload): string | undefined {
  const { validFromEpochSeconds: from, validUntilEpochSeconds: until } = payload;
  const shard = ticketShardOf(payload.tenantId);
  if (shard === undefined || !payload.number.startsWith(shard)) return 'the ticket number is not of this tenant';
  if (payload.siteIds.length > MAX_SITES_IN_TICKET) return `more than ${MAX_SITES_IN_TICKET} sites do not fit`;
  if (!isWhole(payload.revision, 1, 999_999)) return `not a revision: ${payload.revision}`;
  if (!isWhole(payload.entries, 1, MAX_ENTRIES)) return `not a number of entries: ${payload.entries}`;
  if (!isWhole(from, 0, MAX_EPOCH_SECONDS) || !isWhole(until, from, MAX_EPOCH_SECONDS))
    return 'not a validity in epoch seconds';
  return undefined;
}

function write(payload: TicketPayload): string {
  const shard = shardOf(payload.tenantId);
  const prefixes = TICKET_ID_PREFIXES;
  return [
    writeId(payload.tenantId, prefixes.tenant, ''),
    payload.siteIds.map((siteId) => writeId(siteId, prefixes.site, shard)).join(SITE_SEPARATOR),
    payload.number.slice(2),
    writeNumber(payload.revision),
    writeId(payload.rightId, prefixes.right, shard),
    payload.sessionId === undefined ? '' : writeId(payload.sessionId, prefixes.session, shard),
    writeId(payload.productId, prefixes.product, shard),
    writeId(payload.ticketTypeId, prefixes.ticketType, shard),
    writeNumber(payload.validFromEpochSeconds),
    writeNumber(payload.validUntilEpochSeconds - payload.validFromEpochSeconds),
    writeNumber(payload.entries),
    payload.realName ? '1' : '0',
  ].join(SEPARATOR);
}

/**
 * Writes a payload as text for a QR code's alphanumeric mode. Source: SAL-30.
 * @returns at most 190 characters
 * @throws RangeError when the number is another tenant's, a figure is out of range, an id holds unusual characters, or all is too long
 */
export function encodeTicketPayload(payload: TicketPayload): string {
  const fault = faultOf(payload);
  if (fault !== undefined) throw new RangeError(fault);
  const text = write(payload);
  if (text.length > MAX_TICKET_PAYLOAD_LENGTH)
    throw new RangeError(`a payload of ${text.length} characters is too long`);
  return text;
}

const PAYLOAD_PATTERN = /^[0-9A-Z$*:/-]+$/;
const FIELD_COUNT = 12;

function read(text: string): TicketPayload | undefined {
  const fields = text.split(SEPARATOR);
  if (fields.length !== FIELD_COUNT) return undefined;
  const [tenant = '', sites = '', number = '', revision = '', right = '', session = ''] = fields;
  const [product = '', ticketType = '', from = '', duration = '', entries = '', realName = ''] = fields.slice(6);
  const prefixes = TICKET_ID_PREFIXES;
  const tenantId: TenantId = readId(tenant, prefixes.tenant, '');
  const shard = shardOf(tenantId);
  const parsedNumber = parseTicketNumber((ticketShardOf(tenantId) ?? '') + number);
  if (!parsedNumber.ok) return undefined;
  return {
    v: 1,
    tenantId,
    siteIds: sites === '' ? [] : sites.split(SITE_SEPARATOR).map((site) => readId(site, prefixes.site, shard)),
    number: parsedNumber.number,
    revision: readNumber(revision),
    rightId: readId(right, prefixes.right, shard),
    ...(session === '' ? {} : { sessionId: readId(session, prefixes.session, shard) }),
    productId: readId(product, prefixes.product, shard),
    ticketTypeId: readId(ticketType, prefixes.ticketType, shard),
    validFromEpochSeconds: readNumber(from),
    validUntilEpochSeconds: readNumber(from) + readNumber(duration),
    entries: readNumber(entries),
    realName: realName === '1',
  };
}

/**
 * Reads what `encodeTicketPayload` wrote, and only that: a text that would be written differently is refused.
 * @returns undefined for anything else; never throws
 */
export function decodeTicketPayload(text: string): TicketPayload | undefined {
  if (text.length > MAX_TICKET_PAYLOAD_LENGTH || !PAYLOAD_PATTERN.test(text)) return undefined;
  const payload = read(text);
  if (payload === undefined || faultOf(payload) !== undefined) return undefined;
  const { tenantId, siteIds, rightId, sessionId, productId, ticketTypeId } = payload;
  const ids: readonly string[] = [tenantId, ...siteIds, rightId, sessionId ?? '-', productId, ticketTypeId];
  return ids.every((id) => /^[0-9a-z_-]+$/.test(id)) && write(payload) === text ? payload : undefined;
}
