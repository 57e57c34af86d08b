import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** The RFC 8785 (JCS) text of a JSON value. Throws a TypeError on values JSON cannot hold (undefined, NaN, functions). */
export function canonicalJson(value: unknown): string {
  const text = (canonicalize as unknown as (input: unknown) => string | undefined)(value);
  if (text === undefined) throw new TypeError('value has no canonical JSON form');
  return text;
}

/** `sha256:<64 lower-case hex>` of bytes; text is hashed as UTF-8. */
export function sha256(bytes: Uint8Array | string): Sha256 {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** `sha256:<hex>` of the canonical JSON text of a value. */
export function canonicalSha256(value: unknown): Sha256 {
  return sha256(canonicalJson(value));
}

/** How every digest is written outside of the programs. */
export type Sha256 = `sha256:${string}`;

export const SHA256_PATTERN = /^sha256:[0-9a-f]{64}$/;
