import type { KeyObject } from 'node:crypto';
import { canonicalJson, type SignedKeySet, type SigningKey } from '@reenact/contracts';
import { CredentialError } from './credential-error.js';
import { type DsseSigner, signEnvelope, verifyEnvelope } from './dsse.js';
import { keyIdOf, publicKeyOf } from './ed25519.js';
import { exactMembers, parseCanonical } from './strict-object.js';

/** Payload type of a signed key set. */
export const KEY_SET_PAYLOAD_TYPE = 'application/vnd.reenact.key-set.v1+json';

const MEMBERS = ['kid', 'use', 'alg', 'publicKey', 'status', 'notBefore'];

/** A key set as the root key vouches for it; `issuedAt` (RFC 3339) lets readers refuse one older than they have. */
export function signKeySet(keys: SigningKey[], issuedAt: string, root: DsseSigner): SignedKeySet {
  const payload = Buffer.from(canonicalJson({ v: 1, issuedAt, keys: keys.map(checkedKey) }));
  return { keys, envelope: signEnvelope(KEY_SET_PAYLOAD_TYPE, payload, [root]) };
}

/** The keys that the root key signed; the copy beside the envelope is not looked at. Throws a CredentialError. */
export function verifyKeySet(set: { envelope: unknown }, rootPublicKey: KeyObject): { keys: SigningKey[]; issuedAt: string } {
  const root = { keyid: keyIdOf(rootPublicKey), publicKey: rootPublicKey };
  const { payload } = verifyEnvelope(set.envelope, { payloadType: KEY_SET_PAYLOAD_TYPE, keys: [root] });
  const { v, issuedAt, keys } = exactMembers(parseCanonical(payload), ['v', 'issuedAt', 'keys'], 'payload_invalid');
  if (v !== 1 || !isTime(issuedAt) || !Array.isArray(keys))
    throw new CredentialError('payload_invalid', 'not a key set of version 1');
  return { keys: keys.map(checkedKey), issuedAt };
}

function checkedKey(value: unknown): SigningKey {
  const hasEnd = typeof value === 'object' && value !== null && 'notAfter' in value;
  const key = exactMembers(value, hasEnd ? [...MEMBERS, 'notAfter'] : MEMBERS, 'payload_invalid') as unknown as SigningKey;
  const { kid, use, alg, status, notBefore, notAfter } = key;
  const texts = [kid, use].every((text) => typeof text === 'string' && text.length > 0);
  const times = isTime(notBefore) && (!hasEnd || isTime(notAfter));
  if (
    !texts ||
    !times ||
    alg !== 'Ed25519' ||
    !['active', 'retiring', 'retired'].includes(status) ||
    !isPublicKey(key.publicKey)
  ) {
    throw new CredentialError('payload_invalid', 'a key of the set is malformed');
  }
  return key;
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) && !Number.isNaN(Date.parse(value));
}

function isPublicKey(text: unknown): boolean {
  try {
    return publicKeyOf(text as string) !== undefined;
  } catch {
    return false;
  }
}
