import type {
  Cancellation,
  Check,
  DsseEnvelope,
  Expiry,
  Rejection,
  RejectionCode,
  ReplayMode,
  ReplayState,
  Selection,
  TargetPin,
  Withdraw,
} from '@reenact/contracts';

/** What the request read of the artifact; the bytes never change, so these do not either. */
export interface ArtifactFacts {
  sha256: string;
  agentId: string;
  state: 'stored' | 'quarantined';
  specHash?: string;
  replayable: { ok: boolean; code?: RejectionCode };
}

/** What the checks resolved: all that the commands of the saga say. */
export interface Dispatch {
  recordedVersionId: string;
  specHash: string;
  runVersionId: string;
  runSpecHash: string;
  pipeline: string;
  planDigest?: string;
  targets: TargetPin[];
  postureRevision: number;
  /** The environment's execute slots when it was checked. */
  slots: number;
  credential?: DsseEnvelope;
}

export interface Resolution {
  outcome: 'performed' | 'not_performed';
  reason: string;
  by: { kind: string; id: string; name?: string };
  at: string;
}

/** A replay as the saga knows it. */
export interface ReplayRecord {
  id: string;
  orgId: string;
  projectId: string;
  environmentId: string;
  artifactId: string;
  incidentId?: string;
  mode: ReplayMode;
  state: ReplayState;
  /** Counts its events. */
  version: number;
  artifact: ArtifactFacts;
  selection: Selection;
  include: 'undone' | 'all';
  again: boolean;
  /** The version asked for in place of the one that ran. */
  otherVersionId?: string;
  /** The version that is run, once resolved. */
  versionId?: string;
  dryRunId?: string;
  approvalId?: string;
  planDigest?: string;
  checks: Check[];
  dispatch?: Dispatch;
  rejection?: Rejection;
  failure?: { codes: string[]; detail?: string };
  cancellation?: Cancellation;
  expiry?: Expiry;
  /** The strongest withdraw command that is out. */
  withdrawal?: Withdraw['reason'];
  holdsSlot: boolean;
  attempt: number;
  reason: string;
  requestedBy: { kind: 'user' | 'agent' | 'token' | 'service'; id: string; name?: string };
  /** The trace that its request was part of; all that it causes is. */
  traceparent?: string;
  startBy: string;
  startedAt?: string;
  endedAt?: string;
  resolution?: Resolution;
  createdAt: string;
}
