// Facts about a request that come from outside: believed only as far as our own proxies have said them.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

const REQUEST_ID = /^[\w-]{8,80}$/;

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value;
}

/** A request keeps the id that our gateway gave it; what strangers call their requests is not believed. */
export function requestIdOf(incoming: IncomingMessage, trustedHops: number): string {
  const given = trustedHops > 0 ? single(incoming.headers['x-request-id']) : undefined;
  return given !== undefined && REQUEST_ID.test(given) ? given : `req_${randomUUID()}`;
}

/**
 * The client's address. Every proxy appends the address of its peer to X-Forwarded-For, so the entry that our outermost own
 * proxy wrote is `trustedHops` from the end; everything before it is hearsay.
 */
export function addressOf(incoming: IncomingMessage, trustedHops: number): string {
  const peer = incoming.socket.remoteAddress ?? 'unknown';
  const header = trustedHops > 0 ? single(incoming.headers['x-forwarded-for']) : undefined;
  const said = header?.split(',').at(-trustedHops)?.trim();
  const address = said !== undefined && isIP(said) !== 0 ? said : peer;
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
