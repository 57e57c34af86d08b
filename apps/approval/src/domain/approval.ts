import type { Approval, ApprovalAction, ApprovalDecision, ApprovalState, Selection, Tier } from '@reenact/contracts';

/** An approval as this service knows it: what it covers is fixed at the request. */
export interface ApprovalRecord {
  id: string;
  orgId: string;
  projectId: string;
  environmentId: string;
  tier: Tier;
  action: ApprovalAction;
  state: ApprovalState;
  /** Counts its events. */
  version: number;
  artifactId: string;
  artifactSha256: string;
  specHash: string | null;
  runSpecHash: string | null;
  dryRunId?: string;
  planDigest?: string;
  planActions?: number;
  selection?: Selection;
  capabilities: string[];
  postureRevision: number;
  requestedBy: { kind: string; id: string; name?: string };
  reason: string;
  needed: number;
  /** How long it can be used from its last approval on, in milliseconds. */
  ttlMs: number;
  decideBy: string;
  notBefore?: string;
  decisions: ApprovalDecision[];
  approvedAt?: string;
  useBy?: string;
  /** The replay that holds it or has used it. */
  replayId?: string;
  createdAt: string;
}

/** What one replay did with an approval; final per replay. */
export interface UseRecord {
  approvalId: string;
  replayId: string;
  state: 'reserved' | 'released' | 'refused' | 'used';
  version: number;
  /** Why it was refused. */
  code?: string;
}

/** The state at a time: what nobody decided or used in time has expired, whether the timer came by or not. */
export function stateAt(approval: ApprovalRecord, at: string): ApprovalState {
  const { state, decideBy, useBy } = approval;
  if (state === 'pending' && Date.parse(at) >= Date.parse(decideBy)) return 'expired';
  if (state === 'approved' && useBy !== undefined && Date.parse(at) >= Date.parse(useBy)) return 'expired';
  return state;
}

/** The approval as others see it. */
export function toApproval(record: ApprovalRecord, at: string): Approval {
  const {
    id,
    action,
    orgId,
    projectId,
    environmentId,
    artifactId,
    dryRunId,
    planDigest,
    planActions,
    notBefore,
    useBy,
    replayId,
  } = record;
  return {
    id,
    state: stateAt(record, at),
    action,
    orgId,
    projectId,
    environmentId,
    artifactId,
    ...(dryRunId !== undefined && { dryRunId }),
    ...(planDigest !== undefined && { planDigest }),
    ...(record.selection && { selection: record.selection }),
    ...(action === 'replay_dry_run' && record.runSpecHash !== null && { runSpecHash: record.runSpecHash }),
    ...(planActions !== undefined && { planActions }),
    capabilities: record.capabilities,
    postureRevision: record.postureRevision,
    requestedBy: record.requestedBy,
    reason: record.reason,
    needed: record.needed,
    decisions: record.decisions,
    decideBy: record.decideBy,
    ...(notBefore !== undefined && { notBefore }),
    ...(useBy !== undefined && { useBy }),
    ...(replayId !== undefined && { replayId }),
    createdAt: record.createdAt,
  };
}
