import { Inject, Injectable } from '@nestjs/common';
import {
  type BlobReference,
  type CallContext,
  type DryRunFacts,
  type PlanHeader,
  type PlanReference,
  type PostureRecord,
  type Problem,
  type RunState,
  readReplay,
} from '@reenact/contracts';
import { RpcClient } from '@reenact/messaging';
import type { ObjectStore } from '@reenact/object-store';
import { plannedActions } from '@reenact/pipeline';
import { resolveCapability } from '@reenact/posture';
import { encodePosition, positionsOf } from '@reenact/service-kit';
import { notPlanned, type Planned } from '../domain/not-planned.js';
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

/** A conflict without its state is better than an answer too late. */
const STATE_WITHIN_MS = 2_000;

/** What runs left, for those who may see it: that is decided before it comes here. */
@Injectable()
export class ReadRunHandler {
  constructor(
    private readonly runs: RunStore,
    private readonly plan: StoredPlan,
    private readonly rpc: RpcClient,
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
        ...(row.header !== null && row.posture !== null && { decisions: decisionsOn(row.header, row.posture) }),
        ...(row.ended_at !== null && { endedAt: row.ended_at.toISOString() }),
      },
    };
  }

  async planReference(replayId: string, context: CallContext): Promise<PlanReference> {
    const { plan_digest, header } = await this.planned(replayId, context);
    return { planDigest: plan_digest, header, actions: await this.plan.lines(replayId) };
  }

  async planPage(replayId: string, page: { limit?: number; cursor?: string }, context: CallContext) {
    const { from, limit } = positionsOf(page);
    const { plan_digest, header } = await this.planned(replayId, context);
    const items = await this.plan.actions(replayId, from, limit);
    const next = from + items.length;
    const more = items.length > 0 && next < plannedActions(header);
    return { planDigest: plan_digest, header, items, nextCursor: more ? encodePosition(next) : null };
  }

  async payload(replayId: string, index: number, context: CallContext): Promise<BlobReference> {
    await this.planned(replayId, context);
    return this.plan.payload(replayId, index);
  }

  async report(replayId: string, format: 'v1' | 'audit_v1' = 'v1', context: CallContext): Promise<BlobReference> {
    const row = await this.planned(replayId, context, 'report');
    const key = reportKey(replayId);
    const stored = row.ended_at && (await this.objects.stat(key));
    if (!stored) throw await this.missing('report', replayId, context);
    const head = Buffer.concat(await (await this.objects.read(key, { start: 0, end: REPORT_HEAD_BYTES })).toArray());
    const middle = REPORT_HEAD_BYTES + decodeReportHead(head);
    const range = format === 'v1' ? { start: REPORT_HEAD_BYTES, end: middle } : { start: middle, end: stored.size };
    return { key, size: range.end - range.start, range, mediaType: 'application/json' };
  }

  /** Throws `replay_not_planned` where there is no plan yet, or never will be. */
  async planned(replayId: string, context: CallContext, wanted: Planned = 'plan'): Promise<PlannedRow> {
    const row = await this.runs.find(replayId);
    if (!row?.header || !row.plan_digest) throw await this.missing(wanted, replayId, context);
    return row as PlannedRow;
  }

  /** A run that was never commanded is none that the runner knows; what became of its replay, the orchestrator does. */
  private async missing(wanted: Planned, replayId: string, context: CallContext): Promise<Problem> {
    const replay = await this.rpc.call(readReplay, { replayId }, context, { timeoutMs: STATE_WITHIN_MS }).catch(() => undefined);
    return notPlanned(wanted, replay?.state);
  }
}

function decisionsOn({ capabilities }: PlanHeader, { posture }: PostureRecord): DryRunFacts['decisions'] {
  return Object.fromEntries(capabilities.map((capability) => [capability, resolveCapability(posture, capability).decision]));
}
