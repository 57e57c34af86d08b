import type { Decision } from './posture.js';

/** What the plan fixes; `planDigest` is the hash of its canonical form. */
export interface PlanHeader {
  v: 1;
  engine: 1;
  artifactSha256: string;
  specHash: string;
  runSpecHash: string;
  environmentId: string;
  selection: object;
  include: 'undone' | 'all';
  again: boolean;
  targets: { id: string; name: string; revision: number }[];
  capabilities: string[];
  records: number;
  actions: number;
  alreadyDone: number;
  /** Actions that are never performed, since they would carry a redacted value. */
  inputRedacted?: number;
  actionsRoot: string;
}

export const ACTION_STATES = ['not_started', 'started', 'done', 'failed', 'indeterminate', 'already_done'] as const;
export type ActionState = (typeof ACTION_STATES)[number];

/** One action of a plan with what became of it. */
export interface ActionRecord {
  index: number;
  state: ActionState;
  attempts: number;
  status?: number;
  error?: string;
  startedAt?: string;
  endedAt?: string;
  /** The earlier replay that had done it. */
  byReplay?: string;
  /** Who said what became of it, where it was indeterminate. */
  resolvedBy?: { kind: string; id: string; name?: string };
}

/** What a dry run left, as checks and approvals need it. */
export interface DryRunFacts {
  replayId: string;
  orgId: string;
  projectId: string;
  environmentId: string;
  artifactId: string;
  artifactSha256: string;
  state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  planDigest?: string;
  header?: PlanHeader;
  /** What the posture of that time said of each capability of the plan: it is part of every action, and so of the digest. */
  decisions?: Record<string, Decision>;
  endedAt?: string;
}
