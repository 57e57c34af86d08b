import { Inject, Injectable } from '@nestjs/common';
import type { ObjectStore } from '@reenact/object-store';
import { type AuditV1, auditV1, type ReplayReport, type ReportActions } from '@reenact/pipeline';
import { Clock } from '@reenact/service-kit';
import { OBJECTS } from '../runner.config.js';
import type { RunRow } from '../store/run-row.js';
import type { MadePlan } from './plan-maker.js';
import { decodeReportHead, encodeReportHead, REPORT_HEAD_BYTES, reportKey } from './run-objects.js';

/** What a run found, in both forms that readers ask for. */
interface StoredReport {
  report: ReplayReport;
  audit: AuditV1;
}

/** Stores what runs found. */
@Injectable()
export class RunReports {
  constructor(
    private readonly clock: Clock,
    @Inject(OBJECTS) private readonly objects: ObjectStore,
  ) {}

  async store(row: RunRow, made: MadePlan, actions: ReportActions = made.report.actions): Promise<void> {
    const { report, header, audited } = made;
    const audit = auditV1({
      ...audited,
      header,
      report,
      createdUnixMs: this.clock.now().getTime(),
      approvalProvided: isApproved(row),
      mode: row.mode,
    });
    await this.put(row, { report, audit }, actions);
  }

  /** For a run that cannot make its plan again: what an earlier one found (or itself, while it could) holds for it too. */
  async storeAs(row: RunRow, earlierId: string, actions: ReportActions): Promise<void> {
    const found = await this.find(earlierId);
    if (!found) return;
    const policy = { ...found.audit.policy, approval_provided: isApproved(row), mode: row.mode };
    const audit = { ...found.audit, created_unix_ms: this.clock.now().getTime(), policy };
    await this.put(row, { ...found, audit }, actions);
  }

  private async find(replayId: string): Promise<StoredReport | undefined> {
    const key = reportKey(replayId);
    if (!(await this.objects.stat(key))) return undefined;
    const bytes = Buffer.concat(await (await this.objects.read(key)).toArray());
    const end = REPORT_HEAD_BYTES + decodeReportHead(bytes);
    return {
      report: JSON.parse(bytes.toString('utf8', REPORT_HEAD_BYTES, end)) as ReplayReport,
      audit: JSON.parse(bytes.toString('utf8', end)) as AuditV1,
    };
  }

  private async put(row: RunRow, { report, audit }: StoredReport, actions: ReportActions): Promise<void> {
    const endedAt = this.clock.now();
    const startedAt = row.started_at ?? endedAt;
    const times = { startedAt: startedAt.toISOString(), endedAt: endedAt.toISOString() };
    const own = Buffer.from(JSON.stringify({ ...report, actions, times } satisfies ReplayReport));
    const other = Buffer.from(JSON.stringify(audit));
    await this.objects.put(reportKey(row.replay_id), Buffer.concat([encodeReportHead(own.length), own, other]));
  }
}

function isApproved({ command }: RunRow): boolean {
  return 'credential' in (command ?? {});
}
