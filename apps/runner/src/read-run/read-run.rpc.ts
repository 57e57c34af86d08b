import { Controller } from '@nestjs/common';
import {
  type ActionRecord,
  type BlobReference,
  type CallContext,
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
  planReference({ replayId }: ReadRun, context: CallContext): Promise<PlanReference> {
    return this.runs.planReference(replayId, context);
  }

  @Rpc(readPlanPage)
  planPage(
    query: ReadPlanPage,
    context: CallContext,
  ): Promise<{ planDigest: string; header: PlanHeader; items: object[]; nextCursor: string | null }> {
    return this.runs.planPage(query.replayId, query, context);
  }

  @Rpc(referPayload)
  payload({ replayId, index }: ReferPayload, context: CallContext): Promise<BlobReference> {
    return this.runs.payload(replayId, index, context);
  }

  @Rpc(referReport)
  report({ replayId, format }: ReadReport, context: CallContext): Promise<BlobReference> {
    return this.runs.report(replayId, format, context);
  }

  @Rpc(listActions)
  list(query: ListActions, context: CallContext): Promise<Page<ActionRecord>> {
    return this.actions.list(query, context);
  }
}
