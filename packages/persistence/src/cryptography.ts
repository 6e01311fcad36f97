// Authenticated encryption and keyed hashes in one place, so that every sealed value has the same form:
// base64url( nonce 12 | tag 16 | ciphertext ) under AES-256-GCM.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

/** Key objects, because a Buffer is turned into one at every call, which costs more than the cipher. */
export type SecretKey = KeyObject;

export function secretKey(bytes: Buffer): SecretKey {
  return createSecretKey(bytes);
}

export function seal(key: SecretKey, plain: Buffer | string, associated: string): string {
  return sealBytes(key, plain, associated).toString('base64url');
}

/** The same without the spelling: files are a third smaller. */
export function sealBytes(key: SecretKey, plain: Buffer | string, associated: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(associated));
  const head = cipher.update(plain);
  const tail = cipher.final();
  return Buffer.concat([nonce, cipher.getAuthTag(), head, tail]);
}

/** @throws Error when the key, the associated data or a single bit of the value is not the one it was sealed with. */
export function unseal(key: SecretKey, sealed: string, associated: string): Buffer {
  return unsealBytes(key, Buffer.from(sealed, 'base64url'), associated);
}

/** @throws Error as `unseal` does */
export function unsealBytes(key: SecretKey, bytes: Buffer, associated: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(associated));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
}

export function keyFromBase64(text: string, name: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length !== KEY_BYTES) throw new Error(`${name} must be ${KEY_BYTES} bytes in base64`);
  return key;
}

export function derivedKey(root: Buffer | SecretKey, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', root, Buffer.alloc(0), info, KEY_BYTES));
}

export function mac(key: SecretKey, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
