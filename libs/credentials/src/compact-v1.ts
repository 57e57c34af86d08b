import { sign } from 'node:crypto';
import { canonicalJson } from '@reenact/contracts';
import type { ApprovalPayload } from './approval-payload.js';
import type { DsseSigner } from './dsse.js';

/**
 * The approval as `base64url(payload).base64url(signature)` with the field names of the ByteOr v1 credential. Output only: it binds less
 * than the envelope, so nothing here reads it. It can never pass for a DSSE signature, whose message begins with `DSSEv1`.
 */
export function renderCompactV1(payload: ApprovalPayload, { keyid, privateKey }: DsseSigner): string {
  const bytes = Buffer.from(
    canonicalJson({
      v: 1,
      kid: keyid,
      org_id: payload.orgId,
      project_id: payload.projectId,
      environment_id: payload.environmentId,
      environment_posture: payload.environmentPosture,
      spec_hash: payload.specHash,
      capabilities: payload.capabilities,
      issued_at: payload.issuedAt,
      expires_at: payload.expiresAt,
      issued_by: payload.issuedBy,
      approval_id: payload.approvalId,
    }),
  );
  return `${bytes.toString('base64url')}.${sign(null, bytes, privateKey).toString('base64url')}`;
}
