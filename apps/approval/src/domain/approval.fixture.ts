import type { ReserveUse } from '@reenact/contracts';
import type { ApprovalRecord } from './approval.js';

const hash = (digit: string): string => `sha256:${digit.repeat(64)}`;
const id = (prefix: string, end = '2q'): string => `${prefix}_01h455vb4pex5vsknk084sn0${end}`;

export const NOW = '2026-11-23T12:00:00.000Z';
export const REPLAY = id('rpl', '4q');
export const OTHER_REPLAY = id('rpl', '5q');
export const [REQUESTER, APPROVER, SECOND] = [id('usr', '2q'), id('usr', '3q'), id('usr', '4q')];

export const later = (milliseconds: number): string => new Date(Date.parse(NOW) + milliseconds).toISOString();

/** A pending request, for tests. */
export function sampleApproval(change: Partial<ApprovalRecord> = {}): ApprovalRecord {
  return {
    id: id('apr'),
    orgId: id('org'),
    projectId: id('prj'),
    environmentId: id('env'),
    tier: 'prod',
    action: 'replay_execute',
    state: 'pending',
    version: 1,
    artifactId: id('art'),
    artifactSha256: hash('a'),
    specHash: hash('b'),
    runSpecHash: hash('b'),
    dryRunId: id('rpl', '3q'),
    planDigest: hash('c'),
    capabilities: ['http:triage'],
    postureRevision: 1,
    requestedBy: { kind: 'user', id: REQUESTER },
    reason: 'Make the missing tickets',
    needed: 1,
    ttlMs: 3_600_000,
    decideBy: later(86_400_000),
    decisions: [],
    createdAt: NOW,
    ...change,
  };
}

export function reserveCommand(approval: ApprovalRecord, change: Partial<ReserveUse> = {}): ReserveUse {
  const { id: approvalId, action, environmentId, artifactId, dryRunId, planDigest, postureRevision, runSpecHash } = approval;
  return {
    approvalId,
    replayId: REPLAY,
    action,
    requesterId: REQUESTER,
    environmentId,
    artifactId,
    dryRunId,
    planDigest,
    ...(runSpecHash !== null && { runSpecHash }),
    postureRevision,
    ...change,
  };
}
