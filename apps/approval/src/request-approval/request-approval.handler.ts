import { Injectable } from '@nestjs/common';
import {
  type Approval,
  type CallContext,
  durationMs,
  isId,
  newId,
  type PostureRecord,
  Problem,
  type RequestApproval,
  readPosture,
} from '@reenact/contracts';
import { Outbox, RpcClient } from '@reenact/messaging';
import { IdempotencyStore, UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { type ApprovalRecord, toApproval } from '../domain/approval.js';
import { approvalEvent } from '../domain/approval-events.js';
import { ApprovalStore } from '../store/approval.store.js';
import { type Covered, coverArtifact, coverPlan } from './covered.js';
import { checkRequest } from './request-rules.js';

const DECIDE_WITHIN = 'PT24H';

@Injectable()
export class RequestApprovalHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly idempotency: IdempotencyStore,
    private readonly rpc: RpcClient,
    private readonly outbox: Outbox,
    private readonly approvals: ApprovalStore,
    private readonly clock: Clock,
  ) {}

  async request(request: RequestApproval, context: CallContext): Promise<Approval> {
    if (!isId('user', context.actor.id)) throw new Problem('forbidden', { detail: 'Only people request approval' });
    const known = request.idempotency && (await this.idempotency.answered<Approval>(this.work, request.idempotency));
    if (known) return known.value;
    checkRequest(request, this.clock.now());
    const covered = await this.cover(request, context);
    const posture = await this.rpc.call(readPosture, { environmentId: covered.environmentId }, context);
    checkTtl(request.ttl, posture);
    const record = this.newRecord(request, context, covered, posture);
    return this.work.run((tx) =>
      this.idempotency.once(tx, request.idempotency ?? UNREMEMBERED, async () => {
        await this.approvals.insert(tx, record);
        await this.outbox.add(tx, { ...context, correlationId: record.id }, [
          approvalEvent('requested', record, { reason: record.reason }),
        ]);
        return toApproval(record, record.createdAt);
      }),
    );
  }

  private cover(request: RequestApproval, context: CallContext): Promise<Covered> {
    const { action, dryRunId, artifactId } = request;
    if (action === 'replay_execute' && dryRunId !== undefined) return coverPlan(this.rpc, dryRunId, context);
    if (artifactId === undefined) throw new Error('the request was not checked');
    return coverArtifact(this.rpc, { ...request, artifactId }, context);
  }

  private newRecord(request: RequestApproval, { actor }: CallContext, covered: Covered, posture: PostureRecord): ApprovalRecord {
    const now = this.clock.now();
    return {
      id: newId('approval'),
      ...covered,
      tier: posture.posture.tier,
      action: request.action,
      state: 'pending',
      version: 1,
      postureRevision: posture.revision,
      requestedBy: { ...actor },
      reason: request.reason,
      needed: posture.posture.approval.approvers,
      ttlMs: durationMs(request.ttl),
      decideBy: new Date(now.getTime() + durationMs(request.decideWithin ?? DECIDE_WITHIN)).toISOString(),
      ...(request.notBefore !== undefined && { notBefore: new Date(request.notBefore).toISOString() }),
      decisions: [],
      createdAt: now.toISOString(),
    };
  }
}

const UNREMEMBERED = { caller: '', route: '', requestHash: '' };

function checkTtl(ttl: string, { posture }: PostureRecord): void {
  const { maxTtl } = posture.approval;
  if (durationMs(ttl) > durationMs(maxTtl)) {
    throw new Problem('ttl_too_long', { members: { maxTtl }, errors: [{ path: '/ttl', message: `must be at most ${maxTtl}` }] });
  }
}
