import { type KeyObject, sign, verify } from 'node:crypto';
import type { DsseEnvelope } from '@reenact/contracts';
import { strictBase64 } from './base64.js';
import { CredentialError } from './credential-error.js';
import { exactMembers } from './strict-object.js';

const MAX_SIGNATURES = 16;

export interface DsseSigner {
  keyid: string;
  privateKey: KeyObject;
}

export interface DsseVerifier {
  keyid: string;
  publicKey: KeyObject;
}

/** DSSE pre-authentication encoding: what is signed, the payload's type bound in. */
export function pae(payloadType: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** A DSSE envelope signed by each signer with Ed25519. */
export function signEnvelope(payloadType: string, payload: Uint8Array, signers: DsseSigner[]): DsseEnvelope {
  const message = pae(payloadType, payload);
  return {
    payloadType,
    payload: Buffer.from(payload).toString('base64'),
    signatures: signers.map(({ keyid, privateKey }) => ({ keyid, sig: sign(null, message, privateKey).toString('base64') })),
  };
}

export interface VerifyOptions {
  payloadType: string;
  keys: DsseVerifier[];
  /** Different keys that must have signed; default 1. */
  threshold?: number;
}

/**
 * The payload of an envelope that enough different keys signed, and their ids; nothing else of the envelope may be used.
 * Every signature is tried with every key: the `keyid` inside is only a hint. Throws a CredentialError.
 */
export function verifyEnvelope(
  envelope: unknown,
  { payloadType, keys, threshold = 1 }: VerifyOptions,
): { payload: Buffer; keyids: string[] } {
  const { payload, signatures } = readEnvelope(envelope, payloadType);
  const message = pae(payloadType, payload);
  const signers = keys.filter(({ publicKey }) => signatures.some(({ sig }) => verify(null, message, publicKey, sig)));
  // One key listed under two ids is still one key.
  const different = signers.filter((key, i) => signers.findIndex((other) => other.publicKey.equals(key.publicKey)) === i);
  if (different.length < Math.max(1, threshold)) {
    const known = signatures.some(({ keyid }) => keys.some((key) => key.keyid === keyid));
    throw known
      ? new CredentialError('signature_invalid', `${different.length} of ${threshold} signatures hold`)
      : new CredentialError('key_unknown', 'no known key signed');
  }
  return { payload, keyids: different.map(({ keyid }) => keyid) };
}

function readEnvelope(envelope: unknown, payloadType: string) {
  const {
    payloadType: stated,
    payload,
    signatures,
  } = exactMembers(envelope, ['payloadType', 'payload', 'signatures'], 'malformed');
  if (stated !== payloadType) throw new CredentialError('type_mismatch', 'the payload is of another type');
  const bytes = strictBase64(payload);
  if (!bytes) throw new CredentialError('malformed', 'the payload is not canonical base64');
  if (!Array.isArray(signatures) || signatures.length === 0 || signatures.length > MAX_SIGNATURES) {
    throw new CredentialError('malformed', `an envelope has 1 to ${MAX_SIGNATURES} signatures`);
  }
  return { payload: bytes, signatures: signatures.map(readSignature) };
}

function readSignature(signature: unknown): { keyid: string; sig: Buffer } {
  const { keyid, sig } = exactMembers(signature, ['keyid', 'sig'], 'malformed');
  const bytes = strictBase64(sig);
  if (typeof keyid !== 'string' || !bytes)
    throw new CredentialError('malformed', 'a signature is not a key id and canonical base64');
  return { keyid, sig: bytes };
}
