import { Controller } from '@nestjs/common';
import {
  type ActionRecord,
  type BlobReference,
  type DryRunFacts,
  type ListActions,
  listActions,
  type Page,
  type PlanHeader,
  type PlanReference,
  type ReadPlanPage,
  type ReadReport,
  type ReadRun,
  type ReferPayload,
  readDryRun,
  readPlanPage,
  referPayload,
  referPlan,
  referReport,
} from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { ListActionsHandler } from './list-actions.handler.js';
import { ReadRunHandler } from './read-run.handler.js';

/** Reads, answered by whichever pool is asked. */
@Controller()
export class ReadRunRpc {
  constructor(
    private readonly runs: ReadRunHandler,
    private readonly actions: ListActionsHandler,
  ) {}

  @Rpc(readDryRun)
  dryRun({ replayId }: ReadRun): Promise<{ dryRun: DryRunFacts | null }> {
    return this.runs.dryRun(replayId);
  }

  @Rpc(referPlan)
  planReference({ replayId }: ReadRun): Promise<PlanReference> {
    return this.runs.planReference(replayId);
  }

  @Rpc(readPlanPage)
  planPage(query: ReadPlanPage): Promise<{ planDigest: string; header: PlanHeader; items: object[]; nextCursor: string | null }> {
    return this.runs.planPage(query.replayId, query);
  }

  @Rpc(referPayload)
  payload({ replayId, index }: ReferPayload): Promise<BlobReference> {
    return this.runs.payload(replayId, index);
  }

  @Rpc(referReport)
  report({ replayId, format }: ReadReport): Promise<BlobReference> {
    return this.runs.report(replayId, format);
  }

  @Rpc(listActions)
  list(query: ListActions): Promise<Page<ActionRecord>> {
    return this.actions.list(query);
  }
}
