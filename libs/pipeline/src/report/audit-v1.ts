import type { Decision, PlanHeader } from '../plan/plan.js';
import { type PipelineSpec, actionStages } from '../spec/spec-model.js';
import type { ReplayReport } from './report.js';

/** A replay under the field names of replay audit v1. */
export interface AuditV1 {
  audit_v: 1;
  created_unix_ms: number;
  bundle_dir: string;
  spec_sha256: string;
  input: {
    journal_lane: string;
    journal_path: string;
    last_n: number | null;
    scanned_records: number;
    selected_bytes: number;
    sample_sha256: string[];
  };
  /** `env` is the tier of the environment's posture. */
  policy: { env: string; approval_provided: boolean; mode: 'dry_run' | 'execute' };
  actions: AuditV1Action[];
}

export interface AuditV1Action {
  action: string;
  role: string;
  input_lane: string;
  output_lane: string | null;
  stage: string;
  target: string;
  decision: Decision;
}

export interface AuditV1Input {
  spec: PipelineSpec;
  header: PlanHeader;
  report: ReplayReport;
  createdUnixMs: number;
  /** What stands for the directory: the artifact's id. */
  bundle: string;
  /** As the manifest names them. */
  journal: { lane: string; path: string };
  /** Tier of its posture. */
  environment: string;
  approvalProvided: boolean;
  mode: 'dry_run' | 'execute';
  decide?: (capability: string) => Decision;
}

/** Renders a report as replay audit v1; actions are those of the spec, one per stage that acts. */
export function auditV1(input: AuditV1Input): AuditV1 {
  const { spec, header, report, decide = () => 'allow' as const } = input;
  return {
    audit_v: 1,
    created_unix_ms: input.createdUnixMs,
    bundle_dir: input.bundle,
    spec_sha256: header.runSpecHash.slice('sha256:'.length),
    input: {
      journal_lane: input.journal.lane,
      journal_path: input.journal.path,
      last_n: header.selection.lastN,
      scanned_records: report.input.scanned,
      selected_bytes: report.input.bytes,
      sample_sha256: report.samples.map(({ sha256 }) => sha256.slice('sha256:'.length)),
    },
    policy: { env: input.environment, approval_provided: input.approvalProvided, mode: input.mode },
    actions: actionStages(spec).map(({ id, from, to, action }) => ({
      action: action.kind,
      role: 'sink',
      input_lane: from[0],
      output_lane: to ?? null,
      stage: id,
      target: action.target,
      decision: decide(`${action.kind}:${action.target}`),
    })),
  };
}
