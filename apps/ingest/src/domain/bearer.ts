import { Problem } from '@reenact/contracts';
import { parseSecret, type SecretKind, secretFamily } from '@reenact/credentials';

/** The secret in an `Authorization` header. Throws `credential_missing`, `credential_kind_mismatch` or `credential_invalid`. */
export function bearerSecret(header: string | undefined, kind: SecretKind): string {
  const text = /^bearer +(\S+) *$/i.exec(header ?? '')?.[1];
  if (text === undefined) {
    if (header === undefined) throw new Problem('credential_missing');
    throw new Problem('credential_invalid', { detail: 'The Authorization header is not of the form "Bearer <credential>"' });
  }
  const family = secretFamily(text);
  if (family !== undefined && family !== kind) {
    throw new Problem('credential_kind_mismatch', { detail: `This call takes ${NAMES[kind]}, not ${NAMES[family]}` });
  }
  if (parseSecret(text)?.kind !== kind) throw new Problem('credential_invalid');
  return text;
}

const NAMES: Record<SecretKind, string> = {
  agent_key: 'an agent key',
  enrolment_token: 'an enrolment token',
  api_token: 'an API token',
};
