import { Inject, Injectable } from '@nestjs/common';
import type { ObjectStore } from '@reenact/object-store';
import type { ReplayReport, ReportActions } from '@reenact/pipeline';
import { Clock } from '@reenact/service-kit';
import { auditReport } from '../domain/audit-report.js';
import { OBJECTS } from '../runner.config.js';
import type { RunRow } from '../store/run-row.js';
import { encodeReportHead, reportKey } from './run-objects.js';

/** Stores what a run found, in both forms that readers ask for. */
@Injectable()
export class RunReports {
  constructor(
    private readonly clock: Clock,
    @Inject(OBJECTS) private readonly objects: ObjectStore,
  ) {}

  async store(row: RunRow, found: ReplayReport, actions: ReportActions = found.actions): Promise<void> {
    const endedAt = this.clock.now();
    const startedAt = row.started_at ?? endedAt;
    const times = { startedAt: startedAt.toISOString(), endedAt: endedAt.toISOString() };
    const report: ReplayReport = { ...found, actions, times };
    const own = Buffer.from(JSON.stringify(report));
    const other = Buffer.from(JSON.stringify(auditReport(row, report, endedAt)));
    await this.objects.put(reportKey(row.replay_id), Buffer.concat([encodeReportHead(own.length), own, other]));
  }
}
