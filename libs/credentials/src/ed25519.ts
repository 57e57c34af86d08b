import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { strictBase64 } from './base64.js';

const KEY_BYTES = 32;
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The Ed25519 public key whose 32 raw bytes are given in base64. Throws a RangeError when they are not. */
export function publicKeyOf(base64: string): KeyObject {
  const raw = strictBase64(base64);
  if (raw?.length !== KEY_BYTES) throw new RangeError('an Ed25519 public key is 32 bytes of base64');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' });
}

/** The 32 raw bytes of an Ed25519 public key in base64; the public half of a private key. Throws a RangeError on other kinds. */
export function publicKeyText(key: KeyObject): string {
  const { crv, x } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  if (crv !== 'Ed25519' || !x) throw new RangeError('not an Ed25519 key');
  return Buffer.from(x, 'base64url').toString('base64');
}

/** The Ed25519 private key with this seed: 32 bytes in base64, as configuration keeps it. Throws a RangeError when they are not. */
export function privateKeyOf(base64Seed: string): KeyObject {
  const seed = strictBase64(base64Seed);
  if (seed?.length !== KEY_BYTES) throw new RangeError('an Ed25519 seed is 32 bytes of base64');
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
}

/** The name of a key, made of the key itself: `ed25519-` and 16 hex digits of the SHA-256 of its raw bytes. */
export function keyIdOf(key: KeyObject): string {
  const raw = Buffer.from(publicKeyText(key), 'base64');
  return `ed25519-${createHash('sha256').update(raw).digest('hex').slice(0, 16)}`;
}
