import { defineRpc } from '../define.js';
import { Duration, Hash, Id, Int, Nested, OneOf, Text, Time } from '../field.js';
import type { RejectionCode } from '../rejections.js';
import {
  APPROVAL_ACTIONS,
  APPROVAL_STATES,
  type Approval,
  type ApprovalAction,
  type ApprovalState,
  type DsseEnvelope,
  type SignedKeySet,
} from '../shapes/approval.js';
import { IdempotencyClaim, type Page, PageQuery } from '../shapes/common.js';
import { Selection } from '../shapes/replay.js';

const APR = 'apr_01h455vb4pex5vsknk084sn02q';
const RPL = 'rpl_01h455vb4pex5vsknk084sn02q';
const HASH = `sha256:${'0'.repeat(64)}`;

export class RequestApproval {
  @OneOf(APPROVAL_ACTIONS) action: ApprovalAction;
  @Id('replay', { optional: true }) dryRunId?: string;
  @Id('artifact', { optional: true }) artifactId?: string;
  /** Of a dry run: the records that it may take, and the version that it may run instead of the recorded one. */
  @Nested(() => Selection, { optional: true }) selection?: Selection;
  @Id('version', { optional: true }) versionId?: string;
  @Duration() ttl: string;
  @Duration({ optional: true }) decideWithin?: string;
  @Time({ optional: true }) notBefore?: string;
  @Text({ min: 1, max: 2000 }) reason: string;
  @Nested(() => IdempotencyClaim, { optional: true }) idempotency?: IdempotencyClaim;
}
export const requestApproval = defineRpc<Approval>()({
  service: 'approval',
  noun: 'approval',
  verb: 'request',
  request: RequestApproval,
  sample: { action: 'replay_execute', dryRunId: RPL, ttl: 'PT1H', reason: 'Make the missing tickets' },
});

export class ListApprovals extends PageQuery {
  @Id('organisation') orgId: string;
  /** The projects that the caller may see; absent: the whole organisation. */
  @Id('project', { array: true, maxItems: 1000, optional: true }) projectIds?: string[];
  @Id('environment', { optional: true }) environmentId?: string;
  @OneOf(APPROVAL_STATES, { optional: true }) state?: ApprovalState;
  @Id('artifact', { optional: true }) artifactId?: string;
  /** Only those that an execute of this dry run could use now. */
  @Id('replay', { optional: true }) eligibleFor?: string;
}
export const listApprovals = defineRpc<Page<Approval>>()({
  service: 'approval',
  noun: 'approval',
  verb: 'list',
  request: ListApprovals,
  sample: { orgId: 'org_01h455vb4pex5vsknk084sn02q' },
});

export class ReadApproval {
  @Id('approval') approvalId: string;
}
export const readApproval = defineRpc<Approval>()({
  service: 'approval',
  noun: 'approval',
  verb: 'read',
  request: ReadApproval,
  sample: { approvalId: APR },
});

export class DecideApproval {
  @Id('approval') approvalId: string;
  @OneOf(['approve', 'deny']) decision: 'approve' | 'deny';
  @Text({ min: 1, max: 2000 }) reason: string;
}
export const decideApproval = defineRpc<Approval>()({
  service: 'approval',
  noun: 'approval',
  verb: 'decide',
  request: DecideApproval,
  sample: { approvalId: APR, decision: 'approve', reason: 'The plan makes the tickets that are missing' },
});

export class RevokeApproval {
  @Id('approval') approvalId: string;
  @Text({ min: 1, max: 2000 }) reason: string;
}
export const revokeApproval = defineRpc<Approval>()({
  service: 'approval',
  noun: 'approval',
  verb: 'revoke',
  request: RevokeApproval,
  sample: { approvalId: APR, reason: 'Not now' },
});

export const withdrawApproval = defineRpc<Approval>()({
  service: 'approval',
  noun: 'approval',
  verb: 'withdraw',
  request: ReadApproval,
  sample: { approvalId: APR },
});

export const CREDENTIAL_FORMATS = ['dsse', 'compact-v1'] as const;
export class ReadCredential {
  @Id('approval') approvalId: string;
  /** With `compact-v1` the answer has that rendering beside the envelope. */
  @OneOf(CREDENTIAL_FORMATS, { optional: true }) format?: (typeof CREDENTIAL_FORMATS)[number];
}
/** The signed credential; `approval_not_approved` before the last approver said yes. */
export const readCredential = defineRpc<{ envelope: DsseEnvelope; compact?: string }>()({
  service: 'approval',
  noun: 'credential',
  verb: 'read',
  request: ReadCredential,
  sample: { approvalId: APR },
});

export class ListSigningKeys {
  @Id('organisation', { optional: true }) orgId?: string;
}
export const listSigningKeys = defineRpc<SignedKeySet>()({
  service: 'approval',
  noun: 'signing-key',
  verb: 'list',
  request: ListSigningKeys,
  sample: {},
});

export class CheckApproval {
  @Id('approval') approvalId: string;
  @Id('user') requesterId: string;
  @OneOf(APPROVAL_ACTIONS) action: ApprovalAction;
  @Id('environment') environmentId: string;
  @Id('artifact') artifactId: string;
  @Id('replay', { optional: true }) dryRunId?: string;
  @Hash({ optional: true }) planDigest?: string;
  /** Of a dry run: its records, and the spec that it runs. */
  @Nested(() => Selection, { optional: true }) selection?: Selection;
  @Hash({ optional: true }) runSpecHash?: string;
  @Int({ min: 1 }) postureRevision: number;
}
export interface ApprovalFacts {
  approval: Approval | null;
  /** Empty when it can be reserved for that request now. */
  codes: RejectionCode[];
}
/** The saga's read: reserves nothing. */
export const checkApproval = defineRpc<ApprovalFacts>()({
  service: 'approval',
  noun: 'approval',
  verb: 'check',
  request: CheckApproval,
  sample: {
    approvalId: APR,
    requesterId: 'usr_01h455vb4pex5vsknk084sn02q',
    action: 'replay_execute',
    environmentId: 'env_01h455vb4pex5vsknk084sn02q',
    artifactId: 'art_01h455vb4pex5vsknk084sn02q',
    planDigest: HASH,
    postureRevision: 1,
  },
});

export class SettleUse {
  @Id('approval') approvalId: string;
  @Id('replay') replayId: string;
}
export interface SettledUse {
  settled: boolean;
  /** Why not. */
  code?: RejectionCode;
}
/** The start of the run: not revoked, not expired, reserved for this replay, unused. Idempotent per replay. */
export const settleUse = defineRpc<SettledUse>()({
  service: 'approval',
  noun: 'use',
  verb: 'settle',
  request: SettleUse,
  sample: { approvalId: APR, replayId: RPL },
});
