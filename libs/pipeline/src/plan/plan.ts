import { type Sha256, canonicalJson, canonicalSha256 } from '@reenact/contracts';
import type { ActionKind } from '../spec/spec-model.js';
import type { FullSelection } from './selection.js';

/** Number of the semantics that plans are computed with; a change of what a spec means is a new number. */
export const ENGINE = 1;

export type Include = 'undone' | 'all';
/** Only `perform` is ever performed; `input_redacted` would carry what the agent did not let out. */
export type Disposition = 'perform' | 'already_done' | 'input_redacted';
/** Posture's word about an action's capability, weakest to strictest. */
export type Decision = 'allow' | 'require_approval' | 'dry_run_only' | 'deny';

/** A target as the plan pins it. */
export interface PlanTarget {
  id: string;
  name: string;
  revision: number;
}

/** A target of the environment: with its kind where that is known, to be compared with what acts on it. */
export interface KnownTarget extends PlanTarget {
  kind?: ActionKind;
}

/** What an approval covers: the digest of its canonical JSON is the plan digest. */
export interface PlanHeader {
  v: 1;
  engine: number;
  artifactSha256: Sha256;
  /** Of the spec in the bundle. */
  specHash: Sha256;
  /** Of the spec that runs. */
  runSpecHash: Sha256;
  environmentId: string;
  selection: FullSelection;
  include: Include;
  again: boolean;
  /** Those that actions to perform use, sorted by name. */
  targets: PlanTarget[];
  /** Those that actions to perform use, sorted. */
  capabilities: string[];
  /** Records selected. */
  records: number;
  /** Actions to perform. */
  actions: number;
  alreadyDone: number;
  /** Actions that are not performed since they would carry a redacted value; absent when there are none. */
  inputRedacted?: number;
  /** RFC 6962 root over the canonical actions to perform. */
  actionsRoot: Sha256;
}

/** The lines of a plan: actions to perform, and those listed only. */
export function plannedActions(header: Pick<PlanHeader, 'actions' | 'alreadyDone' | 'inputRedacted'>): number {
  return header.actions + header.alreadyDone + (header.inputRedacted ?? 0);
}

/** One line of a plan. */
export interface PlanAction {
  /** Counts all actions of the plan, those not to perform too. */
  index: number;
  offset: number;
  stage: string;
  n: number;
  kind: ActionKind;
  target: string;
  method?: string;
  path?: string;
  subject?: string;
  headers?: Record<string, string>;
  payloadSha256: Sha256;
  payloadSize: number;
  idempotencyKey: string;
  disposition: Disposition;
  decision: Decision;
}

export interface PlanLimits {
  maxActions: number;
  maxPayloadBytes: number;
}

/** Limits over all actions of a plan, those not to perform too. */
export const PLAN_LIMITS: PlanLimits = { maxActions: 1_000_000, maxPayloadBytes: 1024 * 1024 * 1024 };

/** The digest that approvals and credentials name. */
export function planDigest(header: PlanHeader): Sha256 {
  return canonicalSha256(header);
}

/** The bytes of an action that are a leaf of `actionsRoot`. */
export function actionLeaf(action: PlanAction): Buffer {
  return Buffer.from(canonicalJson(action), 'utf8');
}
