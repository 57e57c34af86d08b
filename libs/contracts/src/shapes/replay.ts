import { Int, OneOf, Text } from '../field.js';
import type { RejectionCode } from '../rejections.js';

export const REPLAY_STATES = [
  'requested',
  'checking',
  'reserving',
  'dispatching',
  'running',
  'succeeded',
  'failed',
  'rejected',
  'cancelled',
  'expired',
  'indeterminate',
] as const;
export type ReplayState = (typeof REPLAY_STATES)[number];

export const TERMINAL_STATES: readonly ReplayState[] = [
  'succeeded',
  'failed',
  'rejected',
  'cancelled',
  'expired',
  'indeterminate',
];

export const REPLAY_MODES = ['dry_run', 'execute'] as const;
export type ReplayMode = (typeof REPLAY_MODES)[number];

export const CHECK_NAMES = ['environment', 'posture', 'version', 'capabilities', 'dry_run', 'approval', 'start'] as const;
export type CheckName = (typeof CHECK_NAMES)[number];
export type CheckOutcome = 'pending' | 'passed' | 'failed' | 'not_needed' | 'not_evaluated';

/** One check of the verdict. `evidence` names what it looked at: ids, revisions, digests. */
export interface Check {
  name: CheckName;
  outcome: CheckOutcome;
  code?: RejectionCode;
  evidence: Record<string, unknown>;
  at?: string;
}

/** Which records of the journal take part; everything by default. */
export class Selection {
  @Int({ optional: true }) fromOffset?: number;
  @Int({ optional: true }) toOffset?: number;
  @Int({ min: 1, optional: true }) lastN?: number;
  /** A CEL condition over the record. */
  @Text({ min: 1, max: 4096, optional: true }) where?: string;
}

export class ActorPayload {
  @OneOf(['user', 'agent', 'token', 'service']) kind: 'user' | 'agent' | 'token' | 'service';
  @Text({ max: 64 }) id: string;
  @Text({ max: 256, optional: true }) name?: string;
}

export interface Rejection {
  codes: RejectionCode[];
  /** The first of them. */
  code: RejectionCode;
  detail: string;
  remedy: string;
}

/** That it was asked to stop, or was stopped with its environment; the replay's state says whether that came in time. */
export interface Cancellation {
  /** Who asked for it, and why. */
  requestedBy?: { kind: string; id: string; name?: string };
  reason?: string;
  /** Why the runner stopped it where nobody had asked for this replay's cancel: who stopped the environment, and why. */
  detail?: string;
  at: string;
}

/** Why it expired, and what to do. */
export interface Expiry {
  detail: string;
  remedy: string;
}

/** Why a replay that was handed to the runner does not go on: somebody paused the executes of its environment. */
export interface WaitingFor {
  execution: 'paused';
  reason: string;
  by: { kind: string; id: string; name?: string };
  since: string;
  /** Who can let it go on. */
  remedy: string;
}

export interface ReplayProgress {
  records: number;
  recordsTotal: number;
  actions: number;
  actionsTotal: number;
}

export interface Replay {
  id: string;
  mode: ReplayMode;
  state: ReplayState;
  orgId: string;
  projectId: string;
  artifactId: string;
  incidentId?: string;
  environmentId: string;
  versionId?: string;
  selection: Selection;
  include: 'undone' | 'all';
  again: boolean;
  dryRunId?: string;
  approvalId?: string;
  planDigest?: string;
  checks: Check[];
  rejection?: Rejection;
  /** Why it failed or is indeterminate, as the runner said, and what to do about it while there is something to do. */
  failure?: { codes: string[]; detail?: string; remedy?: string };
  cancellation?: Cancellation;
  expiry?: Expiry;
  waitingFor?: WaitingFor;
  progress?: ReplayProgress;
  attempt: number;
  reason: string;
  requestedBy: { kind: string; id: string; name?: string };
  startBy?: string;
  startedAt?: string;
  endedAt?: string;
  resolution?: object;
  createdAt: string;
}

export interface Verdict {
  replayId: string;
  state: ReplayState;
  final: boolean;
  checks: Check[];
}
