import {
  type AgentHeardFact,
  type AgentSequenceGap,
  type ArtifactQuarantined,
  type EscalationKind,
  REJECTIONS,
  type ReplayChanged,
  type Scope,
} from '@reenact/contracts';

/** Something that needs a person. One escalation is open for each kind and subject, however often it is found. */
export interface Finding {
  kind: EscalationKind;
  /** What it is about; equal findings have equal subjects. */
  subject: string;
  agentId?: string;
  incidentId?: string;
  artifactId?: string;
  evidence: object;
  remedy: string;
}

const REJECTION_KINDS = ['environment_unresolved', 'spec_hash_unresolved', 'approval_missing'] as const;
type RejectionKind = (typeof REJECTION_KINDS)[number];

/** A replay, where it belongs, and the spec hash of its artifact as far as it is known. */
export interface ReplaySeen {
  replay: ReplayChanged;
  scope: Scope;
  specHash?: string;
  incidentId?: string;
}

/** What of a replay needs a person: governance that only somebody else can mend, or an end that nobody knows. */
export function findingsOf(seen: ReplaySeen): Finding[] {
  const { replay, specHash, incidentId } = seen;
  const { replayId, artifactId, mode, dryRunId, state, codes = [] } = replay;
  const about = { artifactId, ...(incidentId !== undefined && { incidentId }) };
  const evidence = { replayId, artifactId, mode, ...(dryRunId && { dryRunId }), ...(specHash && { specHash }) };
  if (state === 'indeterminate') {
    const remedy = 'An operator looks at the target and resolves the replay';
    return [{ kind: 'replay_indeterminate', subject: replayId, ...about, evidence, remedy }];
  }
  if (state !== 'rejected') return [];
  return REJECTION_KINDS.filter((kind) => codes.includes(kind)).map((kind) => ({
    kind,
    subject: rejectionSubject(kind, seen),
    ...about,
    evidence,
    remedy: REJECTIONS[kind].remedy,
  }));
}

/** What a replay that passed its checks shows to be in order. */
export function healedBy(seen: ReplaySeen): { kind: EscalationKind; subject: string }[] {
  return REJECTION_KINDS.map((kind) => ({ kind, subject: rejectionSubject(kind, seen) }));
}

function rejectionSubject(kind: RejectionKind, { replay: { artifactId, mode }, scope, specHash }: ReplaySeen): string {
  if (kind === 'approval_missing') return approvalSubject(artifactId, mode);
  if (kind === 'environment_unresolved') return scope.environmentId ?? artifactId;
  return specHash === undefined ? artifactId : specSubject(scope.projectId, specHash);
}

export const approvalSubject = (artifactId: string, mode: ReplayChanged['mode']) => `${artifactId} ${mode}`;
export const specSubject = (projectId: string | undefined, specHash: string) => `${projectId ?? '-'} ${specHash}`;

export function corruption({ artifactId, agentId, ...digests }: ArtifactQuarantined, incidentId: string | undefined): Finding {
  return {
    kind: 'evidence_corrupt',
    subject: artifactId,
    agentId,
    artifactId,
    ...(incidentId !== undefined && { incidentId }),
    evidence: { artifactId, ...digests },
    remedy: 'Look at the object store, and upload the evidence again',
  };
}

export function silence({ agentId, name, lastHeartbeatAt }: AgentHeardFact): Finding {
  return {
    kind: 'heartbeats_missing',
    subject: agentId,
    agentId,
    evidence: { agentId, name, lastHeartbeatAt },
    remedy: 'Look whether the agent runs and reaches ingest; disable it if it is gone for good',
  };
}

export function sequenceGap({ agentId, kind, bootId, from, to }: AgentSequenceGap): Finding {
  return {
    kind: 'sequence_gap',
    subject: gapSubject(agentId, kind, bootId),
    agentId,
    evidence: { sequence: kind, bootId, missing: [{ from, to }] },
    remedy:
      kind === 'upload'
        ? 'Look into the spool of the agent for evidence that was set aside, and into its refusals'
        : 'Look at the connection between the agent and ingest',
  };
}

export const gapSubject = (agentId: string, kind: AgentSequenceGap['kind'], bootId: string) => `${agentId} ${kind} ${bootId}`;

export function refusals(agentId: string, codes: readonly { status: number; code: string; count: number }[]): Finding {
  return {
    kind: 'agent_refusals',
    subject: agentId,
    agentId,
    evidence: { refusals: codes },
    remedy:
      'Look at the codes: an expired or revoked key needs a new one, a limit needs a slower agent, malformed evidence a fix',
  };
}
