import { generateKeyPairSync } from 'node:crypto';
import type { DsseEnvelope, SignedKeySet } from '@reenact/contracts';
import {
  APPROVAL_KEY_USE,
  type ApprovalPayload,
  issueApprovalCredential,
  keyIdOf,
  publicKeyText,
  signKeySet,
} from '@reenact/credentials';

/** The keys of an approval service of the test's own: a root, and one that signs credentials. */
export class SigningKeys {
  private readonly root = generateKeyPairSync('ed25519');
  private readonly signing = generateKeyPairSync('ed25519');

  get rootPublicKey(): string {
    return publicKeyText(this.root.publicKey);
  }

  /** As it was signed at that time. */
  set(at = new Date()): SignedKeySet {
    const { publicKey } = this.signing;
    const key = {
      kid: keyIdOf(publicKey),
      use: APPROVAL_KEY_USE,
      alg: 'Ed25519' as const,
      publicKey: publicKeyText(publicKey),
      status: 'active' as const,
      notBefore: '2026-01-01T00:00:00.000Z',
    };
    return signKeySet([key], at.toISOString(), { keyid: keyIdOf(this.root.publicKey), privateKey: this.root.privateKey });
  }

  issue(payload: ApprovalPayload): DsseEnvelope {
    return issueApprovalCredential(payload, { keyid: keyIdOf(this.signing.publicKey), privateKey: this.signing.privateKey });
  }
}

/** The same set, as somebody without the root key would have signed it. */
export function unsigned(keys: SignedKeySet): SignedKeySet {
  const [signature] = keys.envelope.signatures;
  return { ...keys, envelope: { ...keys.envelope, signatures: [{ ...signature, sig: 'A'.repeat(86).concat('==') }] } };
}
