import { Inject, Injectable } from '@nestjs/common';
import type { ObjectStore } from '@reenact/object-store';
import type { ReplayReport, ReportActions } from '@reenact/pipeline';
import { Clock } from '@reenact/service-kit';
import { auditReport } from '../domain/audit-report.js';
import { OBJECTS } from '../runner.config.js';
import type { RunRow } from '../store/run-row.js';
import { runKeys } from './run-keys.js';

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
    const keys = runKeys(row.replay_id);
    await this.objects.put(keys.report, Buffer.from(JSON.stringify(report)));
    await this.objects.put(keys.auditReport, Buffer.from(JSON.stringify(auditReport(row, report, endedAt))));
  }
}
