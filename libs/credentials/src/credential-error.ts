/** Why a credential was refused: what it is not, never what it should have been. */
export type CredentialFault = 'malformed' | 'type_mismatch' | 'key_unknown' | 'signature_invalid' | 'payload_invalid';

/** A signed credential that does not hold. Callers turn the fault into a problem or a rejection code of their own. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';

  constructor(
    readonly fault: CredentialFault,
    detail: string,
  ) {
    super(detail);
  }
}
