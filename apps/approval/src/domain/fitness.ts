import { type ApprovalState, type CheckApproval, canonicalJson, type RejectionCode } from '@reenact/contracts';
import { type ApprovalRecord, stateAt } from './approval.js';

const BY_STATE: Record<ApprovalState, RejectionCode | undefined> = {
  pending: 'approval_pending',
  approved: undefined,
  denied: 'approval_denied',
  expired: 'approval_expired',
  withdrawn: 'approval_revoked',
  used: 'approval_used',
  revoked: 'approval_revoked',
};

/** What a replay wants to use an approval for. */
export type Purpose = Omit<CheckApproval, 'approvalId'>;

/** Why the approval does not cover this replay, or not now: every reason, none when it can be reserved. */
export function unfitness(approval: ApprovalRecord, wanted: Purpose, at: string, replayId?: string): RejectionCode[] {
  const codes: RejectionCode[] = [];
  if (!covers(approval, wanted)) codes.push('approval_scope_mismatch');
  else if (approval.postureRevision !== wanted.postureRevision) codes.push('posture_changed');
  if (approval.requestedBy.id !== wanted.requesterId) codes.push('approval_requester_mismatch');
  const held = approval.state === 'approved' && approval.replayId !== undefined && approval.replayId !== replayId;
  const code = BY_STATE[stateAt(approval, at)] ?? (held ? 'approval_used' : undefined);
  if (code) codes.push(code);
  if (isEarly(approval, at)) codes.push('approval_not_yet_valid');
  return codes;
}

/** Same act, same place, same evidence, same plan. */
function covers(approval: ApprovalRecord, wanted: Purpose): boolean {
  return (
    approval.action === wanted.action &&
    approval.environmentId === wanted.environmentId &&
    approval.artifactId === wanted.artifactId &&
    approval.dryRunId === wanted.dryRunId &&
    approval.planDigest === wanted.planDigest &&
    (approval.action !== 'replay_dry_run' || opens(approval, wanted))
  );
}

/** A dry run has no plan before it is made: what it may be made of is what was approved. */
function opens(approval: ApprovalRecord, { selection, runSpecHash }: Purpose): boolean {
  const sameRecords = !approval.selection || canonicalJson(approval.selection) === canonicalJson(selection ?? {});
  return sameRecords && approval.runSpecHash === (runSpecHash ?? null);
}

/** Why the use that this replay holds cannot be settled now; undefined when it can. */
export function unsettleable(approval: ApprovalRecord, at: string): RejectionCode | undefined {
  return BY_STATE[stateAt(approval, at)] ?? (isEarly(approval, at) ? 'approval_not_yet_valid' : undefined);
}

function isEarly({ state, notBefore }: ApprovalRecord, at: string): boolean {
  return state === 'approved' && notBefore !== undefined && Date.parse(at) < Date.parse(notBefore);
}
