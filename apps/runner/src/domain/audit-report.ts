import type { PlanHeader } from '@reenact/contracts';
import type { ReplayReport } from '@reenact/pipeline';

/** What of a run the report names. */
export interface ReportedRun {
  replay_id: string;
  mode: 'dry_run' | 'execute';
  environment_id: string | null;
  command: object | null;
  header: PlanHeader | null;
}

/** The report under ByteOr's replay-audit v1 field names, for tools that read those; actions are summed up. */
export function auditReport(run: ReportedRun, report: ReplayReport, at: Date): object {
  const command = (run.command ?? {}) as { specHash?: string; selection?: { lastN?: number }; credential?: object };
  return {
    audit_v: 1,
    created_unix_ms: at.getTime(),
    bundle_dir: null,
    spec_sha256: command.specHash?.slice('sha256:'.length) ?? null,
    input: {
      journal_lane: null,
      journal_path: null,
      last_n: command.selection?.lastN ?? null,
      scanned_records: report.input.scanned,
      selected_bytes: report.input.bytes,
      sample_sha256: report.samples.map(({ sha256 }) => sha256.slice('sha256:'.length)),
    },
    policy: { env: run.environment_id, approval_provided: command.credential !== undefined, mode: run.mode },
    actions: report.stages.map(({ id, in: input, out, errors }) => ({ action: id, stage: id, input, output: out, errors })),
    totals: report.actions,
  };
}
