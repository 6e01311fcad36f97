// What of a message's head passes through the gateway, in both directions. Pure, because this is where requests are smuggled and
// addresses are forged: everything that only means something between two neighbours stays behind, everything that says who the
// client is we say ourselves.
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** RFC 9110, section 7.6.1, and the older ones that are still met. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

const NOT_FORWARDED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  // Framing is made anew for the connection behind us.
  'content-length',
  'expect',
  'host',
  // What strangers say about the way of a request is hearsay.
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-real-ip',
  'x-request-id',
  'traceparent',
]);

const NOT_RETURNED: ReadonlySet<string> = new Set([...HOP_BY_HOP, 'server', 'x-powered-by']);
const NOTHING: ReadonlySet<string> = new Set();

/** Headers that `Connection` names belong to this hop alone. */
function named(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return NOTHING;
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
}

export type Way = {
  readonly address: string;
  readonly proto: string;
  readonly requestId: string;
  readonly traceparent: string;
};

/** Name, value, name, value … for the upstream. */
export function forwardedHeaders(headers: IncomingHttpHeaders, way: Way): string[] {
  const result: string[] = [];
  const ours = named(headers.connection);
  for (const name in headers) {
    if (NOT_FORWARDED.has(name) || ours.has(name)) continue;
    const value = headers[name];
    if (typeof value === 'string') result.push(name, value);
    else if (value !== undefined) for (const item of value) result.push(name, item);
  }
  const host = headers.host;
  if (host !== undefined) result.push('x-forwarded-host', host);
  result.push('x-forwarded-for', way.address, 'x-forwarded-proto', way.proto);
  result.push('x-request-id', way.requestId, 'traceparent', way.traceparent);
  return result;
}

/** Name, value, name, value … for the caller. */
export function returnedHeaders(headers: IncomingHttpHeaders): string[] {
  const result: string[] = [];
  const theirs = named(headers.connection);
  for (const name in headers) {
    if (NOT_RETURNED.has(name) || theirs.has(name)) continue;
    const value = headers[name];
    if (typeof value === 'string') result.push(name, value);
    else if (value !== undefined) for (const item of value) result.push(name, item);
  }
  return result;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value;
}

function plain(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

/**
 * The client's address: every proxy appends its peer to X-Forwarded-For, so what our outermost own proxy wrote stands
 * `trustedHops` from the end, and all before it is hearsay.
 * @param trustedHops own proxies in front of the gateway
 */
export function clientAddress(headers: IncomingHttpHeaders, peer: string | undefined, trustedHops: number): string {
  if (trustedHops > 0) {
    const said = single(headers['x-forwarded-for'])?.split(',').at(-trustedHops)?.trim();
    if (said !== undefined && isIP(said) !== 0) return plain(said);
  }
  return plain(peer ?? 'unknown');
}

const REQUEST_ID = /^[\w-]{8,80}$/;

/** What our own proxy calls the request, or undefined for one that has no name yet. */
export function givenRequestId(headers: IncomingHttpHeaders, trustedHops: number): string | undefined {
  if (trustedHops === 0) return undefined;
  const given = single(headers['x-request-id']);
  return given !== undefined && REQUEST_ID.test(given) ? given : undefined;
}

/** http or https, as the client sees it. */
export function clientProto(headers: IncomingHttpHeaders, trustedHops: number, otherwise: string): string {
  if (trustedHops === 0) return otherwise;
  const said = single(headers['x-forwarded-proto'])?.split(',').at(-trustedHops)?.trim();
  return said === 'https' || said === 'http' ? said : otherwise;
}

/** Seconds that the caller is ready to wait (`Prefer: wait=N`), at most 30. */
export function waitSeconds(prefer: string | string[] | undefined): number {
  if (prefer === undefined) return 0;
  const match = /(?:^|[\s,;])wait=(\d{1,6})(?:$|[\s,;])/.exec(single(prefer) ?? '');
  return match === null ? 0 : Math.min(Number(match[1]), 30);
}
