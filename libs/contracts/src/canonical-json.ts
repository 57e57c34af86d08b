import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** The RFC 8785 (JCS) text of a JSON value. Throws a TypeError on values JSON cannot hold (undefined, NaN, functions). */
export function canonicalJson(value: unknown): string {
  // Written natively, several times faster than member by member.
  if (isInOrder(value)) return JSON.stringify(value);
  const text = (canonicalize as unknown as (input: unknown) => string | undefined)(value);
  if (text === undefined) throw new TypeError('value has no canonical JSON form');
  return text;
}

/** Whether a value is plain data whose members are in canonical order as they stand. */
function isInOrder(value: unknown): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.every(isInOrder);
  const object = value as Record<string, unknown>;
  if (object.constructor !== Object) return false;
  let previous = '';
  for (const name in object) {
    if (name < previous || !isInOrder(object[name])) return false;
    previous = name;
  }
  return true;
}

/** `sha256:<64 lower-case hex>` of bytes; text is hashed as UTF-8. */
export function sha256(bytes: Uint8Array | string): Sha256 {
  return `sha256:${hash('sha256', bytes, 'hex')}`;
}

/** `sha256:<hex>` of the canonical JSON text of a value. */
export function canonicalSha256(value: unknown): Sha256 {
  return sha256(canonicalJson(value));
}

/** How every digest is written outside of the programs. */
export type Sha256 = `sha256:${string}`;

export const SHA256_PATTERN = /^sha256:[0-9a-f]{64}$/;
