import { type AuditRule, defineEvent } from '../define.js';
import { Hash, Id, Int, Nested, OneOf, Text } from '../field.js';
import { APPROVAL_ACTIONS, APPROVAL_STATES, type ApprovalAction, type ApprovalState } from '../shapes/approval.js';
import { ActorPayload } from '../shapes/replay.js';

export class ApprovalFact {
  @Id('approval') approvalId: string;
  @OneOf(APPROVAL_ACTIONS) action: ApprovalAction;
  @OneOf(APPROVAL_STATES) state: ApprovalState;
  @Id('artifact') artifactId: string;
  @Id('replay', { optional: true }) dryRunId?: string;
  @Hash({ optional: true }) planDigest?: string;
  @Nested(() => ActorPayload) requestedBy: ActorPayload;
  @OneOf(['approve', 'deny'], { optional: true }) decision?: 'approve' | 'deny';
  @Int({ optional: true }) approvals?: number;
  @Int({ optional: true }) needed?: number;
  @Text({ max: 2000, optional: true }) reason?: string;
}

const sample: ApprovalFact = {
  approvalId: 'apr_01h455vb4pex5vsknk084sn02q',
  action: 'replay_execute',
  state: 'pending',
  artifactId: 'art_01h455vb4pex5vsknk084sn02q',
  requestedBy: { kind: 'user', id: 'usr_01h455vb4pex5vsknk084sn02q' },
};

const approvalEvent = (fact: string, outcome: AuditRule['outcome'] = 'succeeded') =>
  defineEvent({
    service: 'approval',
    noun: 'approval',
    fact,
    payload: ApprovalFact,
    audit: { category: 'approval', outcome, personal: ['reason', 'requestedBy.name'] },
    sample,
  });

export const approvalRequested = approvalEvent('requested');
/** One person's decision; the state may still be pending. */
export const approvalDecided = approvalEvent('decided');
export const approvalExpired = approvalEvent('expired', 'failed');
export const approvalWithdrawn = approvalEvent('withdrawn');
export const approvalRevoked = approvalEvent('revoked');

/** The use of an approval by a replay. */
export class ApprovalUseFact {
  @Id('approval') approvalId: string;
  @Id('replay') replayId: string;
  /** Why a reserve was refused. */
  @Text({ max: 64, optional: true }) code?: string;
}
const useSample: ApprovalUseFact = { approvalId: sample.approvalId, replayId: 'rpl_01h455vb4pex5vsknk084sn02q' };

const useEvent = (fact: string, outcome: AuditRule['outcome']) =>
  defineEvent({
    service: 'approval',
    noun: 'use',
    fact,
    payload: ApprovalUseFact,
    audit: { category: 'approval', type: `approval.${fact.replaceAll('-', '_')}`, outcome },
    sample: useSample,
  });

export const useReserved = useEvent('reserved', 'succeeded');
export const useRefused = useEvent('refused', 'denied');
export const useReleased = useEvent('released', 'succeeded');
export const useSettled = useEvent('settled', 'succeeded');
