import { Int } from '../field.js';

export const TARGET_KINDS = ['http', 'nats'] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

/** A header a target is sent: a literal value, or the name of a secret in the server's directory. */
export type TargetHeader = { value: string } | { secretRef: string };

/** What a target bears, from all processes of the execute pool together. */
export class TargetLimits {
  /** Requests under way at once. */
  @Int({ min: 1, max: 1000, optional: true }) concurrency?: number;
  /** Requests begun within any second. */
  @Int({ min: 1, max: 1000, optional: true }) perSecond?: number;
  /** Patience with an answer, milliseconds; the runner's own is the most. */
  @Int({ min: 100, max: 120_000, optional: true }) timeoutMs?: number;
}

export interface Target {
  id: string;
  environmentId: string;
  orgId: string;
  projectId: string;
  name: string;
  kind: TargetKind;
  url: string;
  headers: Record<string, TargetHeader>;
  limits?: TargetLimits;
  revision: number;
  createdAt: string;
}
