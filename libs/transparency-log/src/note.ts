import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

const ED25519 = 1;
const MAX_NOTE_BYTES = 1_000_000;
const MAX_SIGNATURES = 100;

/** Why a note was refused. */
export class NoteError extends Error {
  override readonly name = 'NoteError';
}

/** Who signs: a key name and an Ed25519 private key. */
export interface NoteSigner {
  name: string;
  privateKey: KeyObject;
}

/** A public key under a name, as `verifierKey` writes it. */
export interface NoteVerifier {
  name: string;
  keyHash: Buffer;
  publicKey: KeyObject;
}

/** The C2SP signed note of a text: the text, an empty line, one signature line per signer. The text ends with a newline. */
export function signNote(text: string, signers: NoteSigner[]): string {
  if (!isNoteText(text)) throw new NoteError('a note is text without control characters that ends with a newline');
  const lines = signers.map(({ name, privateKey }) => {
    const keyHash = keyHashOf(name, rawPublicKey(createPublicKey(privateKey)));
    const signature = Buffer.concat([keyHash, sign(null, Buffer.from(text), privateKey)]);
    return `\u2014 ${checkedName(name)} ${signature.toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/**
 * The text of a note that at least one of the verifiers signed, and the names of those that did.
 * Signatures of others are ignored; a false one of a known key, a malformed note or none at all throws a NoteError.
 */
export function openNote(note: string, verifiers: NoteVerifier[]): { text: string; names: string[] } {
  const { text, signatures } = splitNote(note);
  const names = new Set<string>();
  for (const { name, keyHash, signature } of signatures) {
    const known = verifiers.find((verifier) => verifier.name === name && verifier.keyHash.equals(keyHash));
    if (!known) continue;
    if (!verify(null, Buffer.from(text), known.publicKey, signature))
      throw new NoteError(`the signature of ${name} does not hold`);
    names.add(name);
  }
  if (names.size === 0) throw new NoteError('no known key signed the note');
  return { text, names: [...names] };
}

/** The C2SP verifier key `<name>+<key hash, 8 hex>+<base64 of type and key>`. */
export function verifierKey(name: string, publicKey: KeyObject): string {
  const raw = rawPublicKey(publicKey);
  return `${checkedName(name)}+${keyHashOf(name, raw).toString('hex')}+${Buffer.concat([Buffer.of(ED25519), raw]).toString('base64')}`;
}

/** Reads a verifier key. Throws a NoteError when it is malformed, not Ed25519, or its hash is not that of its name and key. */
export function parseVerifierKey(text: string): NoteVerifier {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text);
  const bytes = match && strictBase64(match[3]);
  if (!match || bytes?.length !== 33 || bytes[0] !== ED25519) throw new NoteError('not an Ed25519 verifier key');
  const raw = bytes.subarray(1);
  const keyHash = keyHashOf(match[1], raw);
  if (keyHash.toString('hex') !== match[2]) throw new NoteError('the hash of the verifier key is not that of its name and key');
  return {
    name: match[1],
    keyHash,
    publicKey: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' }),
  };
}

function splitNote(note: string) {
  const end = note.lastIndexOf('\n\n');
  const text = note.slice(0, end + 1);
  const lines = note.slice(end + 2).split('\n');
  if (end < 0 || note.length > MAX_NOTE_BYTES || !isNoteText(text) || lines.pop() !== '' || lines.length > MAX_SIGNATURES) {
    throw new NoteError('not a signed note');
  }
  const signatures = lines.map((line) => {
    const match = /^\u2014 ([^+\s]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line);
    const bytes = match && strictBase64(match[2]);
    if (!match || !bytes || bytes.length < 5) throw new NoteError('a signature line is malformed');
    return { name: match[1], keyHash: bytes.subarray(0, 4), signature: bytes.subarray(4) };
  });
  return { text, signatures };
}

function isNoteText(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- the format forbids exactly these
  return text.endsWith('\n') && !/[\u0000-\u0009\u000b-\u001f]/.test(text) && !/\p{Surrogate}/u.test(text);
}

function checkedName(name: string): string {
  if (!/^[^+\s]+$/u.test(name)) throw new NoteError('a key name has no spaces and no plus');
  return name;
}

function keyHashOf(name: string, raw: Buffer): Buffer {
  return createHash('sha256').update(`${name}\n`).update(Buffer.of(ED25519)).update(raw).digest().subarray(0, 4);
}

function rawPublicKey(key: KeyObject): Buffer {
  const { crv, x } = key.export({ format: 'jwk' });
  if (crv !== 'Ed25519' || !x) throw new NoteError('not an Ed25519 key');
  return Buffer.from(x, 'base64url');
}

function strictBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
