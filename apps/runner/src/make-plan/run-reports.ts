import { Inject, Injectable } from '@nestjs/common';
import type { ObjectStore } from '@reenact/object-store';
import { auditV1, type ReplayReport, type ReportActions } from '@reenact/pipeline';
import { Clock } from '@reenact/service-kit';
import { OBJECTS } from '../runner.config.js';
import type { RunRow } from '../store/run-row.js';
import type { MadePlan } from './plan-maker.js';
import { encodeReportHead, reportKey } from './run-objects.js';

/** Stores what a run found, in both forms that readers ask for. */
@Injectable()
export class RunReports {
  constructor(
    private readonly clock: Clock,
    @Inject(OBJECTS) private readonly objects: ObjectStore,
  ) {}

  async store(row: RunRow, made: MadePlan, actions: ReportActions = made.report.actions): Promise<void> {
    const endedAt = this.clock.now();
    const startedAt = row.started_at ?? endedAt;
    const times = { startedAt: startedAt.toISOString(), endedAt: endedAt.toISOString() };
    const report: ReplayReport = { ...made.report, actions, times };
    const own = Buffer.from(JSON.stringify(report));
    const audit = auditV1({
      ...made.audited,
      header: made.header,
      report,
      createdUnixMs: endedAt.getTime(),
      approvalProvided: 'credential' in (row.command ?? {}),
      mode: row.mode,
    });
    const other = Buffer.from(JSON.stringify(audit));
    await this.objects.put(reportKey(row.replay_id), Buffer.concat([encodeReportHead(own.length), own, other]));
  }
}
