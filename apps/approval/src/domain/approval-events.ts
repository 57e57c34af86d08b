import {
  type ApprovalFact,
  approvalDecided,
  approvalExpired,
  approvalRequested,
  approvalRevoked,
  approvalWithdrawn,
  type MessageDraft,
  useRefused,
  useReleased,
  useReserved,
  useSettled,
} from '@reenact/contracts';
import type { ApprovalRecord, UseRecord } from './approval.js';

const APPROVAL_FACTS = {
  requested: approvalRequested,
  decided: approvalDecided,
  expired: approvalExpired,
  withdrawn: approvalWithdrawn,
  revoked: approvalRevoked,
};
const USE_FACTS = { reserved: useReserved, refused: useRefused, released: useReleased, settled: useSettled };

type Detail = Pick<ApprovalFact, 'decision' | 'reason'>;

export function approvalEvent(fact: keyof typeof APPROVAL_FACTS, approval: ApprovalRecord, detail: Detail = {}): MessageDraft {
  const { id, action, state, artifactId, dryRunId, planDigest, requestedBy, decisions, needed } = approval;
  return {
    contract: APPROVAL_FACTS[fact],
    data: {
      approvalId: id,
      action,
      state,
      artifactId,
      ...(dryRunId !== undefined && { dryRunId }),
      ...(planDigest !== undefined && { planDigest }),
      requestedBy,
      approvals: decisions.filter(({ decision }) => decision === 'approve').length,
      needed,
      ...detail,
    },
    ...scope(approval),
    aggregate: { id, version: approval.version },
  };
}

export function useEvent(fact: keyof typeof USE_FACTS, approval: ApprovalRecord, use: UseRecord): MessageDraft {
  const { approvalId, replayId, code, version } = use;
  return {
    contract: USE_FACTS[fact],
    data: { approvalId, replayId, ...(fact === 'refused' && code !== undefined && { code }) },
    ...scope(approval),
    aggregate: { id: replayId, version },
  };
}

const scope = ({ orgId, projectId, environmentId }: ApprovalRecord) => ({ orgId, projectId, environmentId });
