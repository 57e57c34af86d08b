import type { Tier } from './organisation.js';

/** From weakest to strictest. */
export const DECISIONS = ['allow', 'require_approval', 'dry_run_only', 'deny'] as const;
export type Decision = (typeof DECISIONS)[number];

export interface Freeze {
  from: string;
  to: string;
  reason: string;
}

/** What an environment allows. Read and written by the strict decoder of `@reenact/posture`. */
export interface Posture {
  tier: Tier;
  replay: {
    dryRun: 'allow' | 'require_approval' | 'deny';
    execute: Decision;
    otherVersion: Decision;
  };
  requireDryRun: boolean;
  dryRunMaxAge: string;
  approval: { approvers: number; maxTtl: string };
  capabilities: Record<string, Decision>;
  freezes: Freeze[];
  maxConcurrentExecutes: number;
  retention: { artifacts: string };
}

/** A posture with the revision it has. */
export interface PostureRecord {
  environmentId: string;
  revision: number;
  posture: Posture;
  changedAt: string;
}

export interface PostureChange {
  id: string;
  environmentId: string;
  state: 'pending' | 'confirmed' | 'refused' | 'superseded';
  baseRevision: number;
  posture: Posture;
  requestedBy: { kind: string; id: string };
  decidedBy?: { kind: string; id: string };
  createdAt: string;
  decidedAt?: string;
}
