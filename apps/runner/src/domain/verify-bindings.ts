import type { Artifact, Execute, PlanHeader, PostureRecord, RejectionCode } from '@reenact/contracts';
import { type ApprovalPayload, bindingFaults, timeFaults } from '@reenact/credentials';

/** Where the command says that it belongs. */
export interface RunScope {
  orgId: string;
  projectId: string;
  environmentId: string;
}

/** Why the evidence is not what the command names; empty when it is. */
export function evidenceFaults(command: Execute, artifact: Artifact, scope: RunScope): RejectionCode[] {
  const { orgId, projectId, environmentId } = artifact;
  if (artifact.state === 'quarantined') return ['artifact_quarantined'];
  if (!artifact.replayable.ok) return [artifact.replayable.code ?? 'artifact_not_replayable'];
  const elsewhere = orgId !== scope.orgId || projectId !== scope.projectId || environmentId !== scope.environmentId;
  if (elsewhere || artifact.sha256 !== command.artifactSha256) return ['approval_scope_mismatch'];
  return [];
}

export interface PlanFacts {
  header: PlanHeader;
  planDigest: string;
}

/** Why the recomputed plan is not the one commanded; a command without a dry run names none. */
export function planFaults(command: Execute, { header, planDigest }: PlanFacts, scope: RunScope): RejectionCode[] {
  const same =
    header.artifactSha256 === command.artifactSha256 &&
    header.specHash === command.specHash &&
    header.runSpecHash === command.runSpecHash &&
    header.environmentId === scope.environmentId;
  return same && (command.planDigest === undefined || command.planDigest === planDigest) ? [] : ['plan_mismatch'];
}

export interface CredentialFacts extends PlanFacts {
  command: Execute;
  scope: RunScope;
  /** Undefined at a take-over: its clocks were judged when the run began. */
  now?: Date;
}

/** Why a verified credential does not cover this run: every reason, by the runner's own look and nobody else's word. */
export function credentialFaults(payload: ApprovalPayload, facts: CredentialFacts): RejectionCode[] {
  const { command, scope, header, planDigest, now } = facts;
  const faults = bindingFaults(payload, {
    action: 'replay_execute',
    ...scope,
    postureRevision: command.postureRevision,
    artifactSha256: command.artifactSha256,
    specHash: command.specHash,
    runSpecHash: command.runSpecHash,
    planDigest,
    capabilities: header.capabilities,
    requestedBy: command.requesterId,
  });
  if (payload.approvalId !== command.approvalId) faults.push('approval_scope_mismatch');
  if (now) faults.push(...timeFaults(payload, now));
  return [...new Set(faults)];
}

/** Why the posture of this moment does not let a run start that was checked under the command's revision. */
export function postureFaults(command: Execute, record: PostureRecord, payload: ApprovalPayload | undefined): RejectionCode[] {
  if (record.revision !== command.postureRevision) return ['posture_changed'];
  if (payload && payload.environmentPosture !== record.posture.tier) return ['posture_changed'];
  if (payload && payload.approvedBy.length < record.posture.approval.approvers) return ['approval_scope_mismatch'];
  return [];
}
