import { Inject, Injectable } from '@nestjs/common';
import {
  type BlobReference,
  type DryRunFacts,
  type PlanHeader,
  type PlanReference,
  Problem,
  type RunState,
} from '@reenact/contracts';
import type { ObjectStore } from '@reenact/object-store';
import { plannedActions } from '@reenact/pipeline';
import { encodePosition, positionsOf } from '@reenact/service-kit';
import { decodeReportHead, REPORT_HEAD_BYTES, reportKey } from '../make-plan/run-objects.js';
import { OBJECTS } from '../runner.config.js';
import { RunStore } from '../store/run.store.js';
import type { RunRow } from '../store/run-row.js';
import { StoredPlan } from './stored-plan.js';

type PlannedRow = RunRow & { header: PlanHeader; plan_digest: string };

const DRY_RUN_STATES: Partial<Record<RunState, DryRunFacts['state']>> = {
  queued: 'queued',
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  withdrawn: 'cancelled',
  cancelled: 'cancelled',
};

/** What runs left, for those who may see it: that is decided before it comes here. */
@Injectable()
export class ReadRunHandler {
  constructor(
    private readonly runs: RunStore,
    private readonly plan: StoredPlan,
    @Inject(OBJECTS) private readonly objects: ObjectStore,
  ) {}

  async dryRun(replayId: string): Promise<{ dryRun: DryRunFacts | null }> {
    const row = await this.runs.find(replayId);
    if (!row || row.mode !== 'dry_run' || !row.command || !row.project_id || !row.environment_id) return { dryRun: null };
    const { artifactId, artifactSha256 } = row.command;
    return {
      dryRun: {
        replayId,
        orgId: row.org_id,
        projectId: row.project_id,
        environmentId: row.environment_id,
        artifactId,
        artifactSha256,
        state: DRY_RUN_STATES[row.state] ?? 'failed',
        ...(row.plan_digest !== null && { planDigest: row.plan_digest }),
        ...(row.header !== null && { header: row.header }),
        ...(row.ended_at !== null && { endedAt: row.ended_at.toISOString() }),
      },
    };
  }

  async planReference(replayId: string): Promise<PlanReference> {
    const { plan_digest, header } = await this.planned(replayId);
    return { planDigest: plan_digest, header, actions: await this.plan.lines(replayId) };
  }

  async planPage(replayId: string, page: { limit?: number; cursor?: string }) {
    const { from, limit } = positionsOf(page);
    const { plan_digest, header } = await this.planned(replayId);
    const items = await this.plan.actions(replayId, from, limit);
    const next = from + items.length;
    const more = items.length > 0 && next < plannedActions(header);
    return { planDigest: plan_digest, header, items, nextCursor: more ? encodePosition(next) : null };
  }

  async payload(replayId: string, index: number): Promise<BlobReference> {
    await this.planned(replayId);
    return this.plan.payload(replayId, index);
  }

  async report(replayId: string, format: 'v1' | 'audit_v1' = 'v1'): Promise<BlobReference> {
    const row = await this.planned(replayId);
    const key = reportKey(replayId);
    const stored = row.ended_at && (await this.objects.stat(key));
    if (!stored) throw notPlanned(row.state);
    const head = Buffer.concat(await (await this.objects.read(key, { start: 0, end: REPORT_HEAD_BYTES })).toArray());
    const middle = REPORT_HEAD_BYTES + decodeReportHead(head);
    const range = format === 'v1' ? { start: REPORT_HEAD_BYTES, end: middle } : { start: middle, end: stored.size };
    return { key, size: range.end - range.start, range, mediaType: 'application/json' };
  }

  /** Throws `replay_not_planned` where there is no plan yet, or never will be. */
  async planned(replayId: string): Promise<PlannedRow> {
    const row = await this.runs.find(replayId);
    if (!row?.header || !row.plan_digest) throw notPlanned(row?.state ?? 'unknown');
    return row as PlannedRow;
  }
}

function notPlanned(state: RunState | 'unknown'): Problem {
  return new Problem('replay_not_planned', { members: { state, allowed: [] } });
}
