import { canonicalJson } from '@reenact/contracts';
import { CredentialError, type CredentialFault } from './credential-error.js';

/** The members of a JSON object that has exactly these and no others. Throws a CredentialError of the fault given. */
export function exactMembers(value: unknown, names: readonly string[], fault: CredentialFault): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new CredentialError(fault, 'not a JSON object');
  const has = Object.keys(value);
  const missing = names.find((name) => !has.includes(name));
  if (missing !== undefined) throw new CredentialError(fault, `member ${missing} is missing`);
  const unknown = has.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new CredentialError(fault, `member ${unknown} is unknown`);
  return value as Record<string, unknown>;
}

/** The value of JSON bytes in their canonical form only, so that repeated members and other spellings are refused. */
export function parseCanonical(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CredentialError('payload_invalid', 'the payload is not JSON');
  }
  // Bytes are compared, not texts: malformed UTF-8 decodes to text that looks canonical.
  if (!Buffer.from(canonicalJson(value)).equals(bytes))
    throw new CredentialError('payload_invalid', 'the payload is not canonical JSON');
  return value;
}
