import { Injectable } from '@nestjs/common';
import {
  type Artifact,
  type CallContext,
  isId,
  newId,
  openArtifact,
  Problem,
  type Replay,
  type RequestReplay,
  type Selection,
} from '@reenact/contracts';
import { Outbox, RpcClient } from '@reenact/messaging';
import { IdempotencyStore, UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { CheckReplaysTimer } from '../check-replays/check-replays.timer.js';
import type { ReplayRecord } from '../domain/replay.js';
import { pendingChecks } from '../domain/replay-checks.js';
import { enteredEvent } from '../domain/replay-events.js';
import { toReplay } from '../domain/to-replay.js';
import { JournalStore } from '../store/journal.store.js';
import { ReplayStore } from '../store/replay.store.js';
import { checkRequest } from './request-rules.js';

const UNREMEMBERED = { caller: '', route: '', requestHash: '' };

@Injectable()
export class RequestReplayHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly idempotency: IdempotencyStore,
    private readonly rpc: RpcClient,
    private readonly outbox: Outbox,
    private readonly replays: ReplayStore,
    private readonly journal: JournalStore,
    private readonly checks: CheckReplaysTimer,
    private readonly clock: Clock,
  ) {}

  /** Whatever governance says against it is found out later and kept with the replay; here it only has to make sense. */
  async request(request: RequestReplay, context: CallContext): Promise<Replay> {
    if (!isId('user', context.actor.id)) throw new Problem('forbidden', { detail: 'Only people ask for replays' });
    // First of all: what was asked before is answered as before, also when it could not be asked for now.
    const known = request.idempotency && (await this.idempotency.answered<Replay>(this.work, request.idempotency));
    if (known) return known.value;
    const { startBy } = checkRequest(request, this.clock.now());
    const artifact = await this.open(request.artifactId, context);
    const record = await this.newRecord(request, startBy, artifact, context);
    return this.work.together(record.id, (tx) =>
      this.idempotency.once(tx, request.idempotency ?? UNREMEMBERED, async () => {
        const { id, version, state, createdAt: at } = record;
        await this.replays.insert(tx, record);
        await this.journal.append(tx, [{ replayId: id, version, state, message: { type: 'requested', at, replay: record } }]);
        await this.outbox.add(tx, { ...context, correlationId: id }, [enteredEvent(record, undefined, at, false)]);
        tx.afterCommit(() => this.checks.nudge());
        return toReplay(record, null);
      }),
    );
  }

  private async open(artifactId: string, context: CallContext): Promise<Artifact> {
    try {
      return (await this.rpc.call(openArtifact, { artifactId }, context)).artifact;
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'not_found') throw error;
      throw new Problem('validation_failed', { errors: [{ path: '/artifactId', message: 'names no artifact' }] });
    }
  }

  private async newRecord(
    request: RequestReplay,
    startBy: string,
    artifact: Artifact,
    { actor, traceparent }: CallContext,
  ): Promise<ReplayRecord> {
    const createdAt = this.clock.now().toISOString();
    const { dryRunId, approvalId } = request;
    const { orgId, projectId, environmentId, incidentId, sha256, agentId, state, specHash, replayable } = artifact;
    return {
      id: newId('replay'),
      orgId,
      projectId,
      environmentId,
      artifactId: artifact.id,
      ...(incidentId !== undefined && { incidentId }),
      mode: request.mode,
      state: 'requested',
      version: 1,
      artifact: { sha256, agentId, state, ...(specHash !== undefined && { specHash }), replayable },
      ...(dryRunId === undefined ? ownScope(request) : await this.scopeOf(dryRunId, environmentId)),
      ...(dryRunId !== undefined && { dryRunId }),
      ...(approvalId !== undefined && { approvalId }),
      checks: pendingChecks(),
      holdsSlot: false,
      attempt: 0,
      reason: request.reason,
      requestedBy: { ...actor },
      ...(traceparent !== undefined && { traceparent }),
      startBy,
      createdAt,
    };
  }

  /** An execute takes over what its dry run was about; one that is not there is said by the check. */
  private async scopeOf(dryRunId: string, environmentId: string): Promise<Scope> {
    const dryRun = (await this.replays.read(this.work, dryRunId))?.record;
    if (dryRun?.mode !== 'dry_run' || dryRun.environmentId !== environmentId) return ownScope({});
    const { selection, include, again, otherVersionId } = dryRun;
    return { selection, include, again, ...(otherVersionId !== undefined && { otherVersionId }) };
  }
}

type Scope = Pick<ReplayRecord, 'selection' | 'include' | 'again' | 'otherVersionId'>;

function ownScope({ selection, include, again, versionId }: Partial<RequestReplay>): Scope {
  return {
    selection: { ...selection } satisfies Selection,
    include: include ?? 'undone',
    again: again ?? false,
    ...(versionId !== undefined && { otherVersionId: versionId }),
  };
}
