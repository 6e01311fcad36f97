// Personal data on the bus is encrypted per tenant and recipient, with the message's id as associated data: a value cut
// out of one message does not open in another, nor at another service (PLA-10).
import { derivedKey, seal, secretKey, unseal, type SecretKey } from './cryptography.ts';

export type BusSeal = {
  sealFor(recipient: string, tenantId: string, messageId: string, plain: string): string;
  openAs(recipient: string, tenantId: string, messageId: string, sealed: string): string;
};

/** Enough for every tenant × recipient of a large installation. */
const KEY_CACHE_MAX = 20_000;

export function createBusSeal(busKey: Buffer): BusSeal {
  const keys = new Map<string, SecretKey>();
  const keyFor = (recipient: string, tenantId: string): SecretKey => {
    const name = `bus|1|${tenantId}|${recipient}`;
    const known = keys.get(name);
    if (known !== undefined) return known;
    if (keys.size >= KEY_CACHE_MAX) keys.clear();
    const key = secretKey(derivedKey(busKey, name));
    keys.set(name, key);
    return key;
  };
  return {
    sealFor: (recipient, tenantId, messageId, plain) => `b1.${seal(keyFor(recipient, tenantId), plain, messageId)}`,
    openAs(recipient, tenantId, messageId, sealed) {
      if (!sealed.startsWith('b1.')) throw new Error('not a value sealed for the bus');
      return unseal(keyFor(recipient, tenantId), sealed.slice(3), messageId).toString('utf8');
    },
  };
}
