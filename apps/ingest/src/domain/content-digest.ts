import { Problem, type Sha256 } from '@reenact/contracts';

const MEMBER = /^([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):$/;
const SHA256_BYTES = 32;

/**
 * The sha-256 of a `Content-Digest` header (RFC 9530); undefined when it has none, since digests of other algorithms may be
 * ignored. Throws `validation_failed` for a header that is none.
 */
export function readContentDigest(header: string | string[] | undefined): Sha256 | undefined {
  if (header === undefined) return undefined;
  let digest: Sha256 | undefined;
  for (const member of String(header).split(',')) {
    const [, algorithm, base64] = MEMBER.exec(member.trim()) ?? [];
    if (algorithm === undefined) throw malformed('must be like sha-256=:<base64>:');
    if (algorithm !== 'sha-256') continue;
    const bytes = Buffer.from(base64, 'base64');
    if (bytes.length !== SHA256_BYTES) throw malformed('must have a sha-256 of 32 bytes');
    digest = `sha256:${bytes.toString('hex')}`;
  }
  return digest;
}

const malformed = (message: string) => new Problem('validation_failed', { errors: [{ path: 'Content-Digest', message }] });
