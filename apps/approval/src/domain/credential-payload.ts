import type { ApprovalPayload } from '@reenact/credentials';
import type { ApprovalRecord } from './approval.js';

const ISSUER = 'reenact-approval';

/** What the credential of an approval that was just given says. */
export function credentialPayload(approval: ApprovalRecord): ApprovalPayload {
  const { approvedAt, useBy, notBefore } = approval;
  if (approvedAt === undefined || useBy === undefined) throw new Error(`approval ${approval.id} is not approved`);
  return {
    v: 1,
    approvalId: approval.id,
    action: approval.action,
    orgId: approval.orgId,
    projectId: approval.projectId,
    environmentId: approval.environmentId,
    environmentPosture: approval.tier,
    postureRevision: approval.postureRevision,
    artifactSha256: approval.artifactSha256,
    specHash: approval.specHash,
    runSpecHash: approval.runSpecHash,
    planDigest: approval.planDigest ?? null,
    capabilities: [...new Set(approval.capabilities)].sort(),
    requestedBy: approval.requestedBy.id,
    approvedBy: [...new Set(approval.decisions.map(({ by }) => by.id))].sort(),
    notBefore: new Date(notBefore ?? approvedAt).toISOString(),
    issuedAt: approvedAt,
    expiresAt: useBy,
    issuedBy: ISSUER,
  };
}
