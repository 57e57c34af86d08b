import { createHash, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type IdKind, isId, type Sha256, sha256 } from '@reenact/contracts';

const FAMILIES = {
  api_token: { prefix: 'rnt_pat_', id: 'token' },
  enrolment_token: { prefix: 'rnt_enr_', id: 'enrolment' },
  agent_key: { prefix: 'rnt_agt_', id: 'key' },
} as const satisfies Record<string, { prefix: string; id: IdKind }>;

/** The families of secrets; none opens what another opens. */
export type SecretKind = keyof typeof FAMILIES;

const KINDS = Object.keys(FAMILIES) as SecretKind[];
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_BYTES = 32;
const RANDOM_DIGITS = 43;
const CHECK_DIGITS = 6;

/**
 * A secret `<prefix><id>_<random><check>`: 32 random bytes as 43 base-62 digits and the CRC-32 of all before it as 6, so that
 * scanners and typing errors are told apart without a look-up. Throws a RangeError on an id of another kind or other than 32 bytes.
 */
export function generateSecret(kind: SecretKind, id: string, randomBytes: Uint8Array): string {
  const family = FAMILIES[kind];
  if (!isId(family.id, id)) throw new RangeError(`not the id of a ${family.id}`);
  if (randomBytes.length !== RANDOM_BYTES) throw new RangeError(`a secret needs ${RANDOM_BYTES} random bytes`);
  const body = `${family.prefix}${id}_${base62(BigInt(`0x${Buffer.from(randomBytes).toString('hex')}`), RANDOM_DIGITS)}`;
  return body + check(body);
}

/** The kind and id that a well-formed secret states, or undefined. Says nothing about its being known. */
export function parseSecret(text: string): { kind: SecretKind; id: string } | undefined {
  const kind = secretFamily(text);
  if (!kind) return undefined;
  const { prefix, id: idKind } = FAMILIES[kind];
  const match = /^([a-z]{3}_[0-9a-z]{26})_([0-9A-Za-z]{49})$/.exec(text.slice(prefix.length));
  const body = text.slice(0, -CHECK_DIGITS);
  return match && isId(idKind, match[1]) && check(body) === text.slice(-CHECK_DIGITS) ? { kind, id: match[1] } : undefined;
}

/** The family that a text claims by its prefix, well-formed or not: enough to say `credential_kind_mismatch`. */
export function secretFamily(text: string): SecretKind | undefined {
  return KINDS.find((kind) => text.startsWith(FAMILIES[kind].prefix));
}

/** What is stored of a secret. */
export function secretHash(text: string): Sha256 {
  return sha256(text);
}

/** Compares two texts in a time that tells nothing about where they differ, or how long they are. */
export function constantTimeEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function check(body: string): string {
  return base62(BigInt(crc32(body)), CHECK_DIGITS);
}

function base62(value: bigint, digits: number): string {
  let text = '';
  for (let rest = value; text.length < digits; rest /= 62n) text = ALPHABET[Number(rest % 62n)] + text;
  return text;
}
