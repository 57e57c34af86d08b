import type {
  CallContext,
  DryRun,
  Execute,
  MessageDraft,
  PlanHeader,
  PostureRecord,
  ReplayMode,
  RunFact,
  RunFactName,
  RunState,
} from '@reenact/contracts';
import {
  runCancelled,
  runFailed,
  runIndeterminate,
  runProgressed,
  runRefused,
  runStarted,
  runSucceeded,
  runUnconfirmed,
  runWithdrawn,
} from '@reenact/contracts';

/** A row of `runner.run`. One that a withdraw left behind before its command has no command. */
export interface RunRow {
  replay_id: string;
  mode: ReplayMode;
  state: RunState;
  org_id: string;
  project_id: string | null;
  environment_id: string | null;
  command: DryRun | Execute | null;
  command_digest: string | null;
  correlation_id: string;
  causation_id: string;
  traceparent: string | null;
  attempt: number;
  strikes: number;
  withdraw: 'cancel' | 'start_by' | null;
  unconfirmed: boolean;
  posture: PostureRecord | null;
  plan_digest: string | null;
  header: PlanHeader | null;
  records: number;
  records_total: number | null;
  actions_done: number;
  actions_total: number | null;
  codes: string[] | null;
  detail: string | null;
  version: number;
  created_at: Date;
  started_at: Date | null;
  ended_at: Date | null;
}

const FACTS = {
  started: runStarted,
  refused: runRefused,
  unconfirmed: runUnconfirmed,
  withdrawn: runWithdrawn,
  succeeded: runSucceeded,
  failed: runFailed,
  cancelled: runCancelled,
  indeterminate: runIndeterminate,
  progressed: runProgressed,
} as const;

/** The event that tells a run as its row is now. */
export function runFact(row: RunRow, fact: RunFactName | 'progressed'): MessageDraft<RunFact> {
  return {
    contract: FACTS[fact],
    data: {
      replayId: row.replay_id,
      mode: row.mode,
      attempt: row.attempt,
      ...(row.plan_digest !== null && { planDigest: row.plan_digest }),
      ...(row.codes !== null && { codes: row.codes }),
      ...(row.detail !== null && { detail: row.detail }),
      records: row.records,
      ...(row.records_total !== null && { recordsTotal: row.records_total }),
      actionsDone: row.actions_done,
      ...(row.actions_total !== null && { actionsTotal: row.actions_total }),
    },
    ...scopeOf(row),
    aggregate: { id: row.replay_id, version: row.version },
  };
}

export function scopeOf(row: RunRow): { orgId: string; projectId?: string; environmentId?: string } {
  return {
    orgId: row.org_id,
    ...(row.project_id !== null && { projectId: row.project_id }),
    ...(row.environment_id !== null && { environmentId: row.environment_id }),
  };
}

/** In whose name the runner asks and tells: its own, within the replay's story. */
export function contextOf(row: RunRow): CallContext {
  return {
    actor: { kind: 'service', id: 'runner' },
    correlationId: row.correlation_id,
    causationId: row.causation_id,
    ...(row.traceparent !== null && { traceparent: row.traceparent }),
  };
}
